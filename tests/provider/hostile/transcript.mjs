// Everything a client could see of the scripted provider in one life of a session, with all that
// changes from run to run masked. Two transcripts are equal when the provider behaved the same.

import { createLocalJWKSet, compactVerify, decodeProtectedHeader } from "jose";
import { FetchClient } from "../fetch-client.mjs";
import { decodeJws } from "../keys.mjs";

/** Runs discovery, sign-in, userinfo, refresh, reuse, revocation and sign-out. */
export async function transcript(op) {
  const client = new FetchClient({ issuer: op.issuer });
  const seen = {};
  const mask = (text) =>
    text.replaceAll(op.origin, "OP").replaceAll(op.witness.origin, "ELSEWHERE");
  const look = async (name, request) => {
    try {
      const { status, headers, body } = await request();
      const names = ["content-type", "retry-after", "location", "access-control-allow-origin"];
      const shown = names.map((header) => mask(headers.get(header) ?? "-"));
      seen[name] = { status, headers: shown, body };
    } catch (error) {
      seen[name] = `failed: ${error.cause?.code ?? error.name}`;
    }
    return seen[name].body;
  };
  const read = async (url, headers = {}) => {
    const init = { redirect: "manual", headers: { origin: client.origin, ...headers } };
    const response = await fetch(url, init);
    return { status: response.status, headers: response.headers, body: await response.text() };
  };

  await look("discovery", async () => {
    const answer = await read(`${op.issuer.replace(/\/$/, "")}/.well-known/openid-configuration`);
    return { ...answer, body: mask(answer.body) };
  });
  client.server = {
    authorization_endpoint: `${op.origin}/auth`,
    token_endpoint: `${op.origin}/token`,
  };

  const { url } = await client.authorize();
  seen.callback = maskCallback(url, client.state, mask);
  const code = url.searchParams.get("code");

  const tokens = await look("token", () => client.exchange(code));
  // Twice: a key may be published only from the second time on.
  for (const name of ["jwks", "jwksAgain"]) await look(name, () => read(`${op.origin}/jwks`));
  const bearer = { authorization: `Bearer ${tokens?.access_token}` };
  await look("userinfo", () =>
    read(`${op.origin}/me`, /^[\w.-]+$/.test(tokens?.access_token) ? bearer : {}),
  );
  const refreshed = await look("refresh", () => client.refresh(tokens?.refresh_token));
  await look("refreshNext", () =>
    client.refresh(refreshed?.refresh_token ?? tokens?.refresh_token),
  );
  const token = refreshed?.refresh_token ?? "none";
  await look("revocation", () => client.post(`${op.origin}/token/revocation`, { token }));
  await look("endSession", () =>
    read(`${op.origin}/session/end?state=s1&post_logout_redirect_uri=${client.redirectUri}`),
  );

  for (const name of ["token", "refresh", "refreshNext"]) {
    seen[name] = await maskTokens(seen[name], seen.jwksAgain, mask);
  }
  for (const name of ["jwks", "jwksAgain"]) seen[name] = maskKeys(seen[name]);
  return seen;
}

function maskCallback(url, state, mask) {
  const masked = (parameters) =>
    [...parameters].map(([name, value]) => {
      if (name === "code" && value.length === 32) return [name, "CODE"];
      return [name, value === state ? "STATE" : mask(value)];
    });
  const raw = /%E0%A4%A/.test(url.search) ? "broken" : "well formed";
  return { raw, query: masked(url.searchParams), fragment: url.hash.replaceAll(state, "STATE") };
}

async function maskTokens(seen, jwks, mask) {
  const { body } = seen;
  if (typeof body !== "object" || body === null) return seen;
  const masked = { ...body };
  for (const name of ["access_token", "refresh_token"]) {
    if (/^[\w-]{32}$/.test(body[name])) masked[name] = "TOKEN";
  }
  if (typeof body.id_token === "string")
    masked.id_token = await maskIdToken(body.id_token, jwks, mask);
  return { ...seen, body: masked };
}

async function maskIdToken(token, { body: jwks }, mask) {
  let shown;
  try {
    const { header, payload } = decodeJws(token);
    shown = { parts: token.split(".").length, padded: /[=!]/.test(token), header, payload };
    const now = Math.floor(Date.now() / 1000);
    for (const name of ["iat", "exp", "auth_time", "nbf"]) {
      const value = payload[name];
      if (typeof value !== "number") continue;
      // To the minute, away from where it would tip over.
      payload[name] = Math.round((value - now + 7) / 60) + (Number.isInteger(value) ? "" : " odd");
    }
    for (const name of ["nonce", "sid", "at_hash"]) {
      if (/^[\w-]{22,43}$/.test(payload[name]) && !/^A+$/.test(payload[name])) payload[name] = "OK";
    }
    if (payload.iss) payload.iss = mask(payload.iss);
    for (const name of ["jku", "x5u"]) if (header[name]) header[name] = mask(header[name]);
    if (header.kid?.length === 43) header.kid = "KID";
    if (header.jwk) header.jwk = "JWK";
  } catch {
    shown = { text: token.slice(0, 40) };
  }
  return { ...shown, verifies: await verifies(token, jwks) };
}

/** Whether the published keys verify the token, by jose's judgement. */
async function verifies(token, jwks) {
  try {
    const { alg } = decodeProtectedHeader(token);
    await compactVerify(token, createLocalJWKSet(JSON.parse(jwks)), { algorithms: [alg] });
    return true;
  } catch (error) {
    return error.code ?? error.name;
  }
}

function maskKeys(seen) {
  const text = seen.body?.replace(/"(n|x|y|kid)":"[\w-]{20,}"/g, (whole, name) => {
    return `"${name}":"${name === "n" ? whole.length : ""}"`;
  });
  return { ...seen, body: text };
}
