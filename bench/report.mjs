// How the numbers are shown.
import { version as esbuild } from "esbuild";
import { CALLS, PATIENCE_MS, TABBED, TIMED } from "./plan.mjs";
import { count, median, table } from "./table.mjs";

const [US, ...PEERS] = TIMED;
const NOT_SEEN = `not in ${PATIENCE_MS / 1000} s`;

/** The sizes, in bytes. */
export function sizeTable(rows) {
  const lines = rows.map(({ client, version, raw, gzip, brotli, onDemand }) => [
    client,
    version,
    count(raw),
    count(gzip),
    count(brotli),
    onDemand ? count(onDemand) : "",
  ]);
  return [
    `Bytes for one job: client, sign-in by redirect, callback, fresh token, sign-out, who is signed in`,
    `(esbuild ${esbuild}: bundle, minify, esm, es2022; gzip 9, brotli 11)`,
    "",
    table(["client", "version", "min", "gzip", "brotli", "on demand, gzip"], lines),
  ].join("\n");
}

/** What is added to a small Yew app, in bytes. */
export function yewTable(rows) {
  const lines = rows.map(({ client, raw, gzip, brotli }) => [
    client,
    ...[raw, gzip, brotli].map(count),
  ]);
  return [
    `Bytes of WebAssembly and glue of apps in Rust (Yew, yew-router, a list that is loaded;`,
    `opt-level z, fat LTO, panic abort, wasm-opt -Oz; gzip 9, brotli 11)`,
    "",
    table(["app", "raw", "gzip", "brotli"], lines),
  ].join("\n");
}

/** The timings: medians, and in brackets Keyward's median divided by the peer's. */
export function timingTable({ results, browser }) {
  const each = (pick) => TIMED.map((client) => median(results[client].map(pick)));
  const rows = [
    ["import to redirect, ms", ...withRatios(each(({ redirectMs }) => redirectMs))],
    ["callback to signed in, ms", ...withRatios(each(({ callbackMs }) => callbackMs))],
    ["plain fetch, ms", ...each(({ calls }) => median(calls.direct)).map(fixed(2))],
    ["authorized call adds, ms", ...each(added).map(fixed(2))],
    [
      `${count(CALLS)} plain calls at once, ms`,
      ...each(({ expired }) => expired.plainMs).map(fixed(0)),
    ],
    [`${count(CALLS)} calls on an expired token, ms`, ...withRatios(each(timeIfAllWell))],
    ["  token requests", ...each(({ expired }) => expired.tokenRequests).map(fixed(0))],
    ["  calls that succeeded", ...each(({ expired }) => expired.good).map(fixed(0))],
    [
      "sign-out seen in another tab, ms",
      ...withRatios(
        each(({ signOutMs }) => signOutMs),
        NOT_SEEN,
      ),
    ],
  ];
  const rounds = TIMED.map((client) => results[client].length).join(", ");
  return [
    `${browser}; rounds ${rounds}, clients in turn, everything on loopback; medians`,
    `In brackets: ${US} divided by the peer; below 1 ${US} is faster`,
    "",
    table(["step", ...TIMED], rows),
  ].join("\n");
}

/** Many tabs of one user: what each client asked of the provider and lost, and what a tab and a call cost. */
export function tabsTable({ results, browser }) {
  const clients = Object.keys(results);
  const each = (pick) =>
    clients.map((client) => {
      try {
        return pick(results[client]) ?? "";
      } catch {
        // It was not measured.
        return "failed";
      }
    });
  const call = (name) => (one) => added({ calls: one.calls[name] }).toFixed(2);
  const megabytes = (bytes) => (bytes / 1_048_576).toFixed(2);
  const rows = [
    ["expiries in 20 tabs", ...each(({ expiry }) => expiry.rounds)],
    ["  token requests", ...each(({ expiry }) => expiry.tokenRequests)],
    ["  with reuse detected", ...each(({ expiry }) => expiry.reused)],
    ["  tabs that lost the session", ...each(({ expiry }) => expiry.lost)],
    ["cold start of 20 tabs: signed in", ...each(({ cold }) => cold.signedIn)],
    ["  authorization requests", ...each(({ cold }) => cold.authorizationRequests)],
    ["  token requests", ...each(({ cold }) => cold.tokenRequests)],
    [
      "new tab to ready, ms",
      ...each(({ newTab }) => median(newTab.map(({ ms }) => ms)).toFixed(0)),
    ],
    [
      "  authorization requests of each",
      ...each(({ newTab }) => median(newTab.map(({ asked }) => asked))),
    ],
    ["call of 1 KB adds, ms", ...each(call("1 KB"))],
    ["call of 1 MB adds, ms", ...each(call("1 MB"))],
    ["memory of one more tab, MB", ...each(({ memory }) => megabytes(memory.own))],
    ["  beyond a plain page", ...each(({ memory }) => megabytes(memory.own - memory.plain))],
  ];
  return [
    `${browser}; everything on loopback; medians`,
    "",
    table(["many tabs", ...clients.map((client) => TABBED[client])], rows),
  ].join("\n");
}

/** What one authorized call takes beyond the plain fetch of the same batch. */
function added({ calls: { own, direct } }) {
  return median(own.map((ms, at) => ms - direct[at]));
}

/** The time of calls that mostly failed says nothing. */
function timeIfAllWell({ expired: { ms, good } }) {
  return good === CALLS ? ms : null;
}

function withRatios([us, ...peers], absent = "failed") {
  const show = (ms) => (ms === null ? absent : ms.toFixed(0));
  const ratio = (ms) => (us === null || !ms ? "" : ` (${Number((us / ms).toPrecision(2))})`);
  return [show(us), ...PEERS.map((_, at) => show(peers[at]) + ratio(peers[at]))];
}

function fixed(digits) {
  return (value) => (value === null ? "" : value.toFixed(digits));
}
