//! A value that comes once, and everybody who waits for it.

use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::future::{Future, poll_fn};
#[cfg(feature = "page-vault")]
use core::pin::pin;
use core::task::{Poll, Waker};

/// Clones are handles to the same latch.
pub(super) struct Latch<T>(Rc<RefCell<Inner<T>>>);

struct Inner<T> {
    value: Option<T>,
    waiting: Vec<Waker>,
}

impl<T> Clone for Latch<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Clone> Latch<T> {
    pub(super) fn new() -> Self {
        Self(Rc::new(RefCell::new(Inner {
            value: None,
            waiting: Vec::new(),
        })))
    }

    #[cfg(feature = "page-vault")]
    pub(super) fn settled(value: T) -> Self {
        let latch = Self::new();
        latch.settle(value);
        latch
    }

    /// The first value counts.
    pub(super) fn settle(&self, value: T) {
        let mut inner = self.0.borrow_mut();
        if inner.value.is_some() {
            return;
        }
        inner.value = Some(value);
        let waiting = core::mem::take(&mut inner.waiting);
        drop(inner);
        for waker in waiting {
            waker.wake();
        }
    }

    pub(super) fn wait(&self) -> impl Future<Output = T> + use<T> {
        let latch = self.clone();
        poll_fn(move |context| {
            let mut inner = latch.0.borrow_mut();
            if let Some(value) = &inner.value {
                return Poll::Ready(value.clone());
            }
            if !inner
                .waiting
                .iter()
                .any(|waker| waker.will_wake(context.waker()))
            {
                inner.waiting.push(context.waker().clone());
            }
            Poll::Pending
        })
    }
}

/// Waits for one of two. The other is dropped.
#[cfg(feature = "page-vault")]
pub(super) async fn first<A, B>(
    one: impl Future<Output = A>,
    other: impl Future<Output = B>,
) -> Result<A, B> {
    let (mut one, mut other) = (pin!(one), pin!(other));
    poll_fn(|context| {
        // What ends the waiting wins over what was waited for.
        if let Poll::Ready(value) = other.as_mut().poll(context) {
            return Poll::Ready(Err(value));
        }
        one.as_mut().poll(context).map(Ok)
    })
    .await
}

#[cfg(all(test, feature = "page-vault"))]
mod tests {
    use core::task::Context;

    use super::*;

    fn poll<T>(future: &mut (impl Future<Output = T> + Unpin)) -> Poll<T> {
        core::pin::Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn everybody_who_waits_gets_the_first_value() {
        let latch = Latch::new();
        let mut before = latch.wait();
        assert!(poll(&mut before).is_pending());
        latch.settle(1);
        latch.settle(2);
        assert_eq!(poll(&mut before), Poll::Ready(1));
        assert_eq!(poll(&mut latch.wait()), Poll::Ready(1));
    }

    #[test]
    fn what_ends_the_waiting_wins() {
        let (value, end) = (Latch::new(), Latch::new());
        let mut race = alloc::boxed::Box::pin(first(value.wait(), end.wait()));
        assert!(poll(&mut race).is_pending());
        value.settle("value");
        end.settle("end");
        assert_eq!(poll(&mut race), Poll::Ready(Err("end")));
        let mut race = alloc::boxed::Box::pin(first(value.wait(), Latch::<()>::new().wait()));
        assert_eq!(poll(&mut race), Poll::Ready(Ok("value")));
    }
}
