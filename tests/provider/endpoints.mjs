// Names of a provider's endpoints, the same for faults, logs and counts of both providers:
// discovery, jwks, authorize, token (code | refresh by grant type), userinfo, revocation,
// endSession, preflight, other.

import { isPreflight } from "./http.mjs";

const BY_PATH = [
  [/\/\.well-known\/(openid-configuration|oauth-authorization-server)/, "discovery"],
  [/^\/jwks$/, "jwks"],
  [/^\/auth$/, "authorize"],
  [/^\/token$/, "token"],
  [/^\/me$/, "userinfo"],
  [/^\/token\/revocation$/, "revocation"],
  [/^\/session\/end$/, "endSession"],
];

const GRANTS = { authorization_code: "code", refresh_token: "refresh" };

/** The endpoint that a request is for. */
export function endpointOf(req, pathname) {
  if (isPreflight(req)) return "preflight";
  return BY_PATH.find(([pattern]) => pattern.test(pathname))?.[1] ?? "other";
}

/** Names under which a fault for this request may be set, the narrowest first. */
export function faultNames(record) {
  const grant = record.endpoint === "token" && GRANTS[record.form.get("grant_type")];
  return grant ? [grant, "token"] : [record.endpoint];
}
