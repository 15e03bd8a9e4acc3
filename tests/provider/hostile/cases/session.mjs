// Cases of userinfo, revocation and the end of a session.

import { HTML, fault, hook, replaced } from "./tools.mjs";

const UNAUTHORIZED = {
  status: 401,
  headers: { "www-authenticate": 'Bearer error="invalid_token"' },
};

export const userinfo = {
  userinfoSubOther: hook("userinfo", (claims) => ({ ...claims, sub: "mallory" }), "O-48"),
  userinfoSubMissing: hook("userinfo", ({ sub, ...claims }) => claims, "O-49"),
  userinfoUnauthorized: fault("userinfo", UNAUTHORIZED, "O-51"),
  userinfoUnauthorizedOnce: fault("userinfo", { ...UNAUTHORIZED, times: 1 }),
  userinfoJwt: fault("userinfo", {
    headers: { "content-type": "application/jwt" },
    body: "e30.e30.e30",
  }),
  userinfoHtml: fault("userinfo", { status: 200, ...HTML }),
  userinfoFails: fault("userinfo", { status: 500 }),
  userinfoArray: fault("userinfo", { body: [] }),
};

export const sessionEnd = {
  endSessionFails: fault("endSession", { status: 500, ...HTML }, "O-60"),
  endSessionHangs: fault("endSession", { hold: "before" }),
  endSessionStuck: fault("endSession", { status: 200, ...HTML }),
  logoutStateOther: hook("endSession", (pairs) => replaced(pairs, "state", "x".repeat(43)), "O-62"),
  logoutStateMissing: hook("endSession", () => []),
  revocationUnavailable: fault("revocation", { status: 503, retryAfter: 1 }, "O-64"),
  revocationErrorWith200: fault("revocation", { status: 200, body: { error: "invalid_token" } }),
  revocationHangs: fault("revocation", { hold: "before" }),
  revocationCut: fault("revocation", { drop: "before" }),
};
