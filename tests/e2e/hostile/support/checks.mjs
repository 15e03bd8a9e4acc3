// What every case has to show, beside its own outcome: that nothing was kept of what was refused,
// that nothing else was touched, and that the same steps succeed with the correct provider.

import assert from "node:assert/strict";
import { dump, search } from "../../support/dump.mjs";
import { answer, until } from "../../support/until.mjs";
import { ENDPOINTS, USER } from "./stage.mjs";

/** `id: title`; a case without a catalogue id has only its title. */
export function titleOf({ id, title }) {
  return id ? `${id} ${title}` : title;
}

/**
 * Declares sign-ins that must be refused; see `refuse`. The same steps with the correct provider
 * follow each case of the catalogue, every fifth of the others, and the last.
 */
export function refusals(scene, cases) {
  const wanted = cases.filter((one) => scene.plays(one));
  wanted.forEach((one, at) => {
    const controlled = isCatalogue(one) || at % 5 === 4 || at === wanted.length - 1;
    const declare = one.npm ? scene.onlyFor("npm", one.npm) : scene.test;
    declare(titleOf(one), (stage) => refuse(stage, one, controlled));
  });
}

/** Declares sign-ins that must succeed although something is unusual; see `accept`. */
export function acceptances(scene, cases) {
  for (const one of cases.filter((each) => scene.plays(each))) {
    scene.test(titleOf(one), (stage) => accept(stage, one));
  }
}

/**
 * Marks cases that are decided in the core alone, which is the same code in each browser: beside
 * those of the catalogue they are played in one browser, see `onStage`.
 */
export function inCore(cases) {
  return cases.map((one) => ({ ...one, core: !isCatalogue(one) }));
}

function isCatalogue({ id }) {
  return /^O-/.test(id ?? "");
}

/**
 * Plays one sign-in that must be refused, then the same with the correct provider.
 *
 *   play      script, or name or catalogue id of a ready-made case
 *   options   of `createAuth`, for this case
 *   with      options of `signIn`
 *   error, group, detail, provider, retryAfter
 *             of the error: `detail` a part of it, `error` a list where the browser hides which
 *   requests  how many the endpoints got, 0 where not said; the metadata that a page needs to
 *             leave at all does not count
 *   stays     refused in place: no navigation, and nothing of the provider was known before
 *   anywhere  with `stays`: what the page knows makes no difference
 *   npm       why the case is for the npm front alone
 *   pending   own transactions that rightly stay (an answer that was not to this sign-in)
 *   control   of the control: `fresh` begins it with a new load; `options` and `with` as above
 *   check     more, with the stage and what the page showed
 */
export async function refuse(stage, one, controlled = true) {
  if (one.options || (one.stays && !one.anywhere && stage.knowsProvider)) await fresh(stage, one);
  const before = await stage.look();
  const asksFirst = !one.stays && !stage.knowsProvider ? 1 : 0;
  await stage.script(one.play ?? {});
  const seen = await stage.signIn(one.with);
  assertError(one.stays ? seen.left?.error : seen.error, one);
  assert.equal(seen.stayed, one.stays === true, "whether the page left");
  const { discovery = 0, ...others } = one.requests;
  await assertRequests(stage, {
    discovery: discovery === null ? null : discovery + asksFirst,
    ...others,
  });
  await one.check?.(stage, seen);
  await assertNothingKept(stage, before, seen, one);
  stage.knowsProvider = one.stays ? !isAboutMetadata(one) : discovery !== 0;
  if (controlled) await assertControl(stage, one);
  else if (one.options) await fresh(stage, {});
}

/** Whether such an error leaves the page without any metadata. */
function isAboutMetadata({ group, control }) {
  return !control?.fresh && ["discovery", "issuer_mismatch", "insecure"].includes(group);
}

/** Plays one sign-in that must succeed; `check` gets the stage and what the page showed. */
export async function accept(stage, one) {
  if (one.options) await fresh(stage, one);
  await stage.script(one.play ?? {});
  const seen = await stage.signIn(one.with);
  assertSignedIn(seen);
  if (one.requests) await assertRequests(stage, one.requests);
  await one.check?.(stage, seen);
  await assertTokenIsOurs(stage);
  await assertBystander(stage);
  const { options = {} } = one;
  if (typeof options === "function" || Object.keys(options).length) await fresh(stage, {});
}

/** A new load of the page, with a case's options: nothing of the provider is known to it. */
export async function fresh(stage, { options = {} }) {
  stage.configure(typeof options === "function" ? await options(stage.op) : options);
  await stage.visit("/");
  stage.forget();
}

export function assertError(error, one) {
  assert.ok(error, "no error was told");
  const [code] = [one.error].flat().filter((name) => name === error.code);
  assert.equal(`${error.group} ${error.code}`, `${one.group} ${code ?? one.error}`, error.message);
  assert.ok(error.isAuthError && error.hasStack);
  assert.ok(error.message.length > 10 && error.fix.length > 10, "no text with the code");
  assert.ok(error.docs.endsWith(`/${error.code}`));
  if (one.detail) assert.ok(error.detail?.includes(one.detail), `detail: ${error.detail}`);
  for (const [name, value] of Object.entries(one.provider ?? {})) {
    assert.equal(error.provider?.[name], value, `provider.${name}`);
  }
  if (one.retryAfter !== undefined) assert.equal(error.retryAfter, one.retryAfter);
}

/**
 * The requests since `forget`: exactly these; null where the browser decides how many. One that nothing waited for, as that
 * for the keys beside an answer that is no good, may be on its way still.
 */
export async function assertRequests(stage, wanted = {}) {
  const arrived = ([name, count]) => stage.counts()[name] >= count;
  await until(async () => Object.entries(wanted).every(arrived), "the requests").catch(() => {});
  const counts = stage.counts();
  const right = (name) => (wanted[name] === null ? counts[name] : (wanted[name] ?? 0));
  assert.deepEqual(counts, Object.fromEntries(ENDPOINTS.map((name) => [name, right(name)])));
}

/** Nobody is signed in, and no store, getter or URL holds anything of the attempt. */
export async function assertNothingKept(stage, before, seen, { pending = 0, stays = false } = {}) {
  if (!stays) assert.equal(seen.status, "signedOut");
  assert.equal(seen.status, stays ? before.status : "signedOut");
  if (seen.status === "signedOut") await assertNobody(stage, seen);
  await assertNotStored(stage, seen.status === "signedOut" ? [USER] : []);
  assertTransactions(stage, seen, pending);
  assert.deepEqual(seen.localStorage, before.localStorage, "mark and hint");
  assertCleanUrl(stage, seen);
  assert.equal(seen.href, before.href, "the page is where it was");
  await assertBystander(stage);
  if (pending) await stage.sweep();
}

/** The getters give no user and no token. */
export async function assertNobody(stage, seen) {
  assert.equal(seen.user, null);
  assert.equal(seen.getter, null);
  const ask = () => Promise.all([auth.accessToken(), auth.userInfo(), auth.refresh()].map(settle));
  const outcomes = await answer(() => stage.actor.evaluate(ask));
  const codes = outcomes.map(({ error }) => error?.code);
  assert.deepEqual(codes, Array(3).fill("login_required"), "accessToken, userInfo, refresh");
}

/** No store has anything of this case in it: no token, no code, no verifier, none of `more`. */
export async function assertNotStored(stage, more = []) {
  const stores = await dump(stage.actor);
  assert.deepEqual(search(stores, [...stage.tokens, ...more]), []);
  // The browser itself remembers with which URL a page was opened.
  const { urls, ...others } = stores;
  assert.deepEqual(search({ ...others, urls: "" }, stage.codes), []);
}

/** Of the pending sign-ins only the one that waits is left, untouched, and `pending` of our own. */
export function assertTransactions(stage, seen, pending = 0) {
  const { key, record } = stage.waiting;
  const keys = Object.keys(seen.sessionStorage).filter((name) => name.startsWith("keyward.txn."));
  assert.equal(seen.sessionStorage[key], record, "the sign-in that waits for its answer");
  assert.equal(keys.length, 1 + pending, `transactions: ${keys}`);
}

export function assertCleanUrl(stage, seen) {
  const urls = [seen.href, ...seen.entries].filter((url) => url.startsWith(stage.app.origin));
  for (const url of urls) assert.doesNotMatch(url, /[?&#](code|state|iss|error|access_token)=/);
  assert.doesNotMatch(seen.history, /code=|state=|iss=/);
}

/** The session of the other tab stands and can be used. */
export async function assertBystander(stage) {
  const look = async () => ({
    status: auth.state.status,
    sub: auth.user?.sub,
    token: (await settle(auth.accessToken())).ok,
  });
  const { status, sub, token } = await answer(() => stage.bystander.evaluate(look));
  assert.deepEqual([status, sub], ["signedIn", USER], "the session of the other tab");
  assert.ok(token?.length > 20, "the other tab's access token");
}

export function assertSignedIn(seen) {
  assert.equal(seen.status, "signedIn", JSON.stringify(seen.left?.error ?? seen.error));
  assert.equal(seen.error, null);
  assert.ok(seen.user.sub.length > 0);
}

/** The access token is the one the provider gave out last, and lies in no store. */
export async function assertTokenIsOurs(stage) {
  const { ok: token } = await stage.ask("accessToken");
  assert.ok(stage.tokens.includes(token), "the access token that was given out");
  await assertNotStored(stage, []);
}

/** The same steps with the correct provider succeed, in the same tab. */
export async function assertControl(stage, { options, stays, with: wanted, control = {} } = {}) {
  await stage.script({});
  if (options || control.fresh) await fresh(stage, control);
  stage.forget();
  const seen = await stage.signIn("with" in control ? control.with : stays ? undefined : wanted);
  assertSignedIn(seen);
  assert.equal(seen.user.sub, USER);
  assert.equal(stage.op.count("token"), 1);
  assertCleanUrl(stage, seen);
  assertTransactions(stage, seen);
}
