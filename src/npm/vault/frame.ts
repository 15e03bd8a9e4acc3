import type { Known } from "./connect.js";
import type { FromFrame, Kept, ToPage } from "./messages.js";
import type { Place, Port } from "./port.js";

/** So long the frame may take to load, and, once it has, to answer. */
const LOAD_MS = 10_000;
const ANSWER_MS = 3_000;

/** A way to a vault on an origin of its own: a hidden frame of that origin hands everything on to the worker there. */
export async function openFrame({ url }: Place, page: Known): Promise<Port> {
  const address = new URL("frame.html", url);
  const frame = document.createElement("iframe");
  const { port1: port, port2: theirs } = new MessageChannel();
  const close = () => {
    port.close();
    frame.remove();
  };
  try {
    const { shared } = await new Promise<Extract<FromFrame, { shared: unknown }>>(
      (resolve, reject) => {
        const fail = (what: string) => reject(new Error(`${address.href} ${what}`));
        // Of a frame that the page's policy forbids, Firefox tells nothing at all.
        const silent =
          "does not answer: look at its status, its X-Frame-Options and frame-ancestors, and at frame-src of this page";
        let timer = setTimeout(fail, LOAD_MS, silent);
        port.onmessage = ({ data }: MessageEvent<FromFrame>) => {
          clearTimeout(timer);
          if ("shared" in data) resolve(data);
          if ("refused" in data) fail(`refuses: ${data.refused}`);
        };
        // A page of the browser's own in its place has another origin, and gets nothing.
        const greet = () => {
          clearTimeout(timer);
          timer = setTimeout(fail, ANSWER_MS, silent);
          frame.contentWindow?.postMessage({ keyward: 1 }, address.origin, [theirs]);
        };
        frame.addEventListener("load", greet, { once: true });
        frame.style.display = "none";
        frame.src = address.href;
        // Beside the body: apps put whole bodies in the place of others.
        document.documentElement.append(frame);
      },
    );
    return {
      shared,
      post: (message, transfer = []) => port.postMessage(message, transfer),
      listen: (onMessage, onError) => {
        port.onmessage = ({ data }: MessageEvent<FromFrame | ToPage>) => {
          if ("failed" in data) return onError();
          if ("welcome" in data && data.kept) learn(data.kept, page);
          onMessage(data);
        };
      },
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** The mark on the vault's origin is the one that counts, except that nothing takes a sign-out back. */
function learn({ mark, outcome }: Kept, page: Known): void {
  const { store } = page;
  page.outcome = outcome;
  const now = store.mark;
  if (!mark || mark === now || now === `-${mark.slice(1)}`) return;
  store.setMark(mark);
  if (mark[0] === "-") store.removeHint();
}
