//! A sign-in that its caller may give up.

use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;

use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

/// Waits for a future, and drops it when `stop` rejects: with that reason.
pub(crate) async fn unless<T>(
    mut stop: JsFuture,
    future: impl Future<Output = T>,
) -> Result<T, JsValue> {
    let mut future = pin!(future);
    poll_fn(|context| {
        if let Poll::Ready(Err(reason)) = pin!(&mut stop).poll(context) {
            return Poll::Ready(Err(reason));
        }
        future.as_mut().poll(context).map(Ok)
    })
    .await
}
