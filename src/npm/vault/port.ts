import type { ToWorker, Welcome } from "./messages.js";

/** How long a service worker may take to be ready; the vault starts without it then. */
const PARKING_WITHIN_MS = 2_000;

/** What the way to a worker needs to know. */
export interface Place {
  /** The vault's script. */
  url: URL;
  name: string;
  /** Whether a reload of the only tab keeps the session by a service worker below the vault's folder. */
  parking: boolean;
  /** Whether the vault may outlive the last tab for some minutes, where the browser can do that. */
  extendedLifetime: boolean;
  /** The Trusted Types policy that vouches for the scripts' addresses. */
  policy: string;
}

/** A way to a worker, and what ends it. */
export interface Port {
  /** Whether other tabs use the same worker; else it lives and sleeps with this page. */
  readonly shared: boolean;
  post(message: unknown, transfer?: Transferable[]): void;
  listen(onMessage: (message: unknown) => void, onError: () => void): void;
  close(): void;
}

/** Whether a session in the worker is still there when the only page gives way to the next one. */
export async function outlivesPage({
  url,
  name,
  parking,
  extendedLifetime,
  policy,
}: Place): Promise<boolean> {
  if (typeof SharedWorker === "undefined") return false;
  if (parking && (await park(trusted(policy, new URL("park.js", url))))) return true;
  let known = false;
  const probe = {
    name,
    get extendedLifetime() {
      known = true;
      return extendedLifetime;
    },
  };
  // Who knows the option reads it. The worker is the vault's own, which is needed next.
  if (extendedLifetime) new SharedWorker(trusted(policy, url), probe).port.close();
  return known;
}

/** Starts the worker, or finds the one that runs. Where there is no shared one, this tab gets one of its own. */
export async function openPort(place: Place): Promise<Port> {
  const { url, name, extendedLifetime } = place;
  const script = (address: URL) => trusted(place.policy, address);
  if (place.parking) await park(script(new URL("park.js", url)));
  if (typeof SharedWorker === "undefined") {
    const own = new Worker(script(url), { name });
    return {
      shared: false,
      post: (message, transfer = []) => own.postMessage(message, transfer),
      listen: (onMessage, onError) => {
        own.onerror = onError;
        own.onmessage = ({ data }) => onMessage(data);
      },
      close: () => own.terminate(),
    };
  }
  const start = (end = "") =>
    new SharedWorker(script(url), { name: name + end, extendedLifetime } as WorkerOptions);
  let worker = start();
  let hello: unknown;
  const port: Port = {
    shared: true,
    post: (message, transfer = []) => {
      if ("hello" in (message as ToWorker)) hello = message;
      worker.port.postMessage(message, transfer);
    },
    listen: (onMessage, onError) => {
      worker.onerror = onError;
      worker.port.onmessage = ({ data }: MessageEvent<Partial<Welcome>>) => {
        if (!data.next) return onMessage(data);
        // That vault gave way to a later one. This page goes on holding its worker, which shows the way to all that follow.
        worker.port.close();
        worker = start(`~${data.next}`);
        port.listen(onMessage, onError);
        port.post(hello);
      };
    },
    close: () => worker.port.close(),
  };
  return port;
}

/**
 * The parking service worker has to be there before the vault: it serves only workers that began after it. Tells whether
 * it is.
 */
function park(script: string): Promise<boolean> {
  return new Promise((resolve) => {
    setTimeout(resolve, PARKING_WITHIN_MS, false);
    const none = () => resolve(false);
    const container = (navigator as { serviceWorker?: ServiceWorkerContainer }).serviceWorker;
    if (!container) return none();
    // `register` looks for a later one at the server first, for seconds at times. One that is there will do.
    container.getRegistration(script).then((known) => {
      if (known?.active?.scriptURL === String(script)) resolve(true);
    }, none);
    container.register(script).then(({ active, installing, waiting }) => {
      if (active) return resolve(true);
      const worker = installing ?? waiting;
      worker?.addEventListener("statechange", () => {
        if (worker.state === "activated") resolve(true);
        if (worker.state === "redundant") none();
      });
    }, none);
  });
}

interface Policies {
  createPolicy(
    name: string,
    rules: { createScriptURL: (url: string) => string },
  ): { createScriptURL(url: string): string };
}

const policies = new Map<string, ReturnType<Policies["createPolicy"]>>();

/** A page that requires Trusted Types takes a script's address from a policy only. */
function trusted(name: string, url: URL): string {
  const { trustedTypes } = globalThis as { trustedTypes?: Policies };
  if (!trustedTypes) return url.href;
  const policy =
    policies.get(name) ??
    trustedTypes.createPolicy(name, { createScriptURL: (address) => address });
  policies.set(name, policy);
  return policy.createScriptURL(url.href);
}
