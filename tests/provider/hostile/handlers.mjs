// The scripted provider's endpoints. Each does the correct work and lets the script's hook change
// the outcome just before it is sent.

import { bearerToken, challenge, corsHeaders, html, json, redirect } from "../http.mjs";
import { publicJwk } from "../keys.mjs";
import { makeAccessToken, makeIdToken } from "./tokens.mjs";

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** By endpoint: `(op, record, req) => answer`. */
export const handlers = {
  discovery(op, { path }, req) {
    const { issuerPath = "" } = op.script;
    const prefix = issuerPath.replace(/\/$/, "");
    const known = [
      `${prefix}/.well-known/openid-configuration`,
      `/.well-known/oauth-authorization-server${prefix}`,
    ];
    if (!known.includes(path)) return json(404, { error: "not_found" }, corsHeaders(req, "*"));
    return json(200, op.hook("metadata", metadata(op)), corsHeaders(req, "*"));
  },

  jwks(op, record, req) {
    const document = op.hook("jwks", { keys: op.keys.map(publicJwk) });
    return json(200, document, corsHeaders(req, "*"));
  },

  authorize(op, { query: parameters }, req) {
    const problem = requestProblem(op, parameters);
    if (problem?.page) return html(400, `<!doctype html><pre id="op-error">${problem.page}</pre>`);

    let sessionId = sessionCookie(op, req);
    if (parameters.get("prompt") !== "none" && (!sessionId || wantsSignIn(parameters))) {
      sessionId = op.grants.openSession(parameters.get("login_hint") || op.script.user || "alice");
    }
    const session = op.grants.session(sessionId);
    const error = problem?.error ?? (session ? null : "login_required");
    const answer = error
      ? [["error", error]]
      : [["code", op.grants.issueCode({ parameters, session })]];
    const state = parameters.get("state");
    if (state !== null) answer.push(["state", state]);
    answer.push(["iss", op.issuer]);

    const location = callbackUrl(
      parameters.get("redirect_uri"),
      op.hook("callback", answer, { parameters }),
    );
    const cookie = `${cookieName(op)}=${sessionId ?? ""}; Path=/; HttpOnly; SameSite=Lax`;
    return redirect(location, 303, { "set-cookie": cookie });
  },

  token(op, { form }, req) {
    const cors = corsHeaders(req, op.settings.origins);
    const refuse = (error) => json(400, { error }, cors);
    if (!op.settings.clients.includes(form.get("client_id"))) {
      return json(401, { error: "invalid_client" }, cors);
    }
    const rotates = op.script.rotate !== false;
    const grants = {
      authorization_code: ["code", () => op.grants.redeemCode(form)],
      refresh_token: ["refresh", () => op.grants.useRefreshToken(form, { rotates })],
    };
    const [grant, family] = grants[form.get("grant_type")] ?? [];
    if (!grant) return refuse("unsupported_grant_type");
    const granted = family();
    if (!granted) return refuse("invalid_grant");

    const context = { grant, parameters: form, family: granted };
    const accessToken = makeAccessToken(op, granted);
    const openid = granted.scope.split(" ").includes("openid");
    const body = {
      access_token: accessToken,
      token_type: "Bearer",
      expires_in: op.settings.ttl.at,
      scope: granted.scope,
      ...(grant === "code" || rotates
        ? { refresh_token: op.grants.issueRefreshToken(granted) }
        : {}),
      ...(openid ? { id_token: makeIdToken(op, { ...context, accessToken }) } : {}),
    };
    return json(200, op.hook("tokenResponse", body, context), cors);
  },

  userinfo(op, record, req) {
    const cors = corsHeaders(req, op.settings.origins);
    const family = op.grants.accessToken(bearerToken(req));
    if (!family) {
      const error = { error: "invalid_token" };
      return json(401, error, { ...cors, "www-authenticate": challenge("Bearer", error) });
    }
    const claims = { sub: family.user, name: `User ${family.user}` };
    return json(200, op.hook("userinfo", claims, { family }), cors);
  },

  revocation(op, { form }, req) {
    op.grants.revoke(form.get("token"));
    return { status: 200, headers: corsHeaders(req, op.settings.origins), body: "" };
  },

  endSession(op, record, req) {
    op.grants.closeSession(sessionCookie(op, req));
    const target = record.param("post_logout_redirect_uri");
    const headers = { "set-cookie": `${cookieName(op)}=; Path=/; Max-Age=0` };
    if (!target || !isAllowed(op, target)) {
      return html(200, `<!doctype html><p id="signed-out">Signed out.</p>`, headers);
    }
    const state = record.param("state");
    const pairs = op.hook("endSession", state === null ? [] : [["state", state]]);
    return redirect(callbackUrl(target, pairs), 303, headers);
  },
};

function metadata(op) {
  const { origin, issuer } = op;
  return {
    issuer,
    authorization_endpoint: `${origin}/auth`,
    token_endpoint: `${origin}/token`,
    userinfo_endpoint: `${origin}/me`,
    jwks_uri: `${origin}/jwks`,
    revocation_endpoint: `${origin}/token/revocation`,
    end_session_endpoint: `${origin}/session/end`,
    response_types_supported: ["code"],
    response_modes_supported: ["query"],
    grant_types_supported: ["authorization_code", "refresh_token"],
    subject_types_supported: ["public"],
    scopes_supported: ["openid", "profile", "email", "offline_access"],
    token_endpoint_auth_methods_supported: ["none"],
    code_challenge_methods_supported: ["S256"],
    id_token_signing_alg_values_supported: op.keys.map(({ alg }) => alg),
    authorization_response_iss_parameter_supported: true,
  };
}

/** What is wrong with an authorization request: for a page, or to be sent back. */
function requestProblem(op, parameters) {
  const repeated = [...parameters.keys()].find((name) => parameters.getAll(name).length > 1);
  if (repeated) return { page: `invalid_request: ${repeated} is repeated` };
  if (!op.settings.clients.includes(parameters.get("client_id"))) return { page: "invalid_client" };
  if (!isAllowed(op, parameters.get("redirect_uri"))) return { page: "invalid_redirect_uri" };
  if (parameters.get("response_type") !== "code") return { error: "unsupported_response_type" };
  if (parameters.get("code_challenge_method") !== "S256") return { error: "invalid_request" };
  if (!/^[\w-]{43}$/.test(parameters.get("code_challenge"))) return { error: "invalid_request" };
  return null;
}

function isAllowed(op, uri) {
  if (op.settings.redirectUris) return op.settings.redirectUris.includes(uri);
  const url = URL.canParse(uri) ? new URL(uri) : null;
  return url !== null && LOOPBACK.has(url.hostname) && url.hash === "";
}

function wantsSignIn(parameters) {
  return parameters.get("prompt") === "login" || parameters.get("max_age") === "0";
}

/** The return address with an answer: pairs for the query, or `{ query, fragment }`, or raw text. */
function callbackUrl(target, answer) {
  if (typeof answer === "string") return `${target}?${answer}`;
  const { query = [], fragment = [] } = Array.isArray(answer) ? { query: answer } : answer;
  const url = new URL(target);
  for (const [name, value] of query) url.searchParams.append(name, value);
  url.hash = new URLSearchParams(fragment).toString();
  return url.href;
}

function cookieName(op) {
  return `hostile_${op.port}`;
}

function sessionCookie(op, req) {
  const pattern = new RegExp(`(?:^|; )${cookieName(op)}=([\\w-]+)`);
  return pattern.exec(req.headers.cookie ?? "")?.[1] ?? null;
}
