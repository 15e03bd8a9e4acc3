// What is compared, and how much of it.

/** Each client: the file in `peers/` and the npm package behind it. Keyward first, the nearest rivals next. */
export const CLIENTS = {
  keyward: "keyward",
  "oidc-client-ts": "oidc-client-ts",
  "oidc-spa": "oidc-spa",
  "auth0-spa-js": "@auth0/auth0-spa-js",
  "keycloak-js": "keycloak-js",
  "msal-browser": "@azure/msal-browser",
};

/** The clients that are timed: those that work with any provider and have a session model like ours. */
export const TIMED = ["keyward", "oidc-client-ts", "oidc-spa"];
/** The clients that many tabs are measured with, and what each is called; the first two are Keyward's. */
export const TABBED = {
  keyward: "keyward, page",
  "keyward-vault": "keyward, vault",
  "oidc-client-ts": "oidc-client-ts",
  "oidc-spa": "oidc-spa",
  "auth0-spa-js": "auth0-spa-js",
};
/** Concurrent calls on an expired token. */
export const CALLS = 1000;
/** How long another tab may take to notice a sign-out before it counts as not noticed. */
export const PATIENCE_MS = 3000;
