/**
 * The frame of a vault on an origin of its own. It serves one page, of the app that is written into it, and stands between
 * that page and the worker: transactions, marks and the redirect page's word stay on this origin.
 */
import * as transactions from "../transactions.js";
import { bakedFor } from "../vault/baked.js";
import type { FromFrame } from "../vault/messages.js";
import { Relay } from "./relay.js";

const baked = bakedFor();
let taken = false;

addEventListener("message", ({ origin, source, ports: [port] }) => {
  // A page that shows this one as its top, or a frame beside it, is nobody to talk to.
  if (parent === window || source !== parent || !port || taken) return;
  const answer = (said: FromFrame) => port.postMessage(said);
  if (!baked) return answer({ refused: "the configuration, with app, is not written into it" });
  if (origin !== baked.app) return answer({ refused: `it serves another origin than ${origin}` });
  if (!sharesStorage()) return answer({ refused: `it is not of one site with ${origin}` });
  taken = true;
  transactions.prune(Date.now());
  answer({ shared: typeof SharedWorker !== "undefined" });
  void new Relay(port, baked.options).open();
});

/**
 * A frame in a page of another site has storage apart from that of the redirect page, which would find no transaction. It
 * is not given a strict cookie either.
 */
function sharesStorage(): boolean {
  const name = `keyward-${crypto.randomUUID()}`;
  const set = (life: string) => (document.cookie = `${name}=1; SameSite=Strict; ${life}`);
  set("Max-Age=10");
  const kept = document.cookie.includes(name);
  set("Max-Age=0");
  return kept;
}
