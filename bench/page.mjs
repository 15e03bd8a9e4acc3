// The page of the timings: opens the client and tells what happened and when. `report` is the browser's way to run.mjs.
import { open } from "client-under-test";

const clock = Date.now.bind(Date);
const report = (name) => window.report({ name, at: clock(), url: location.href });

const client = await open(window.config);
const signedIn = await client.isSignedIn();
report(signedIn ? "signedIn" : "signedOut");
client.onSignedOut?.(() => report("signedOut"));

const call =
  client.call ??
  (async (url) => fetch(url, { headers: { authorization: `Bearer ${await client.token()}` } }));

window.bench = { signOut, authorizedCalls, expiredCalls, setClock, callAt };
if (!signedIn && location.hash === "#sign-in") client.signIn();

function signOut() {
  report("signOut");
  void client.signOut();
}

/** Milliseconds per call: with the client, and by plain fetch with the same header. Batches take turns. */
async function authorizedCalls({ batches, size, url = "/api/ping" }) {
  const headers = { authorization: `Bearer ${await client.token()}` };
  const direct = () => fetch(url, { headers });
  const own = () => call(url);
  const times = { direct: [], own: [] };
  await batch(direct, size);
  await batch(own, size);
  for (let n = 0; n < batches; n += 1) {
    times.direct.push(await batch(direct, size));
    times.own.push(await batch(own, size));
  }
  return times;
}

async function batch(make, size) {
  const started = performance.now();
  for (let n = 0; n < size; n += 1) await (await make()).arrayBuffer();
  return (performance.now() - started) / size;
}

/**
 * Many calls in one task, first by plain fetch, then with the client when its access token is over: the page's clock
 * is put ahead of the token's life.
 */
async function expiredCalls({ count, life }) {
  const plain = await atOnce(count, () => fetch("/api/ping"));
  Date.now = () => clock() + (life + 1) * 1000;
  const own = await atOnce(count, () => call("/api/ping"));
  return { plainMs: plain.ms, ...own };
}

/** Puts the page's clock ahead, and that of its workers if they listen. */
function setClock(ahead) {
  Date.now = () => clock() + ahead;
  new BroadcastChannel("bench.clock").postMessage(ahead);
}

/** One call that begins at a moment of the real clock; tells whether it succeeded. */
async function callAt(moment) {
  await new Promise((resolve) => setTimeout(resolve, moment - clock()));
  try {
    return (await call("/api/ping")).ok && !client.lost?.();
  } catch {
    return false;
  }
}

async function atOnce(count, make) {
  const started = performance.now();
  const calls = Array.from({ length: count }, async () => (await make()).text());
  const results = await Promise.allSettled(calls);
  const good = results.filter(({ status }) => status === "fulfilled").length;
  return { ms: performance.now() - started, good };
}
