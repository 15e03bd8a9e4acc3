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
    return portOf(own, own);
  }
  const worker = new SharedWorker(script(url), { name, extendedLifetime } as WorkerOptions);
  return portOf(worker, worker.port);
}

/** `worker` tells of its errors, `channel` carries the messages: for a dedicated worker they are one. */
function portOf(worker: AbstractWorker, channel: MessagePort | Worker): Port {
  return {
    shared: "close" in channel,
    post: (message, transfer = []) => channel.postMessage(message, transfer),
    listen: (onMessage, onError) => {
      worker.onerror = onError;
      channel.onmessage = ({ data }: MessageEvent) => onMessage(data);
    },
    close: () => ("close" in channel ? channel.close() : channel.terminate()),
  };
}

/**
 * The parking service worker has to be there before the vault: it serves only workers that began after it. Tells whether
 * it is.
 */
function park(script: string): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, PARKING_WITHIN_MS, false);
    const end = (there: boolean) => {
      clearTimeout(timer);
      resolve(there);
    };
    const container = (navigator as { serviceWorker?: ServiceWorkerContainer }).serviceWorker;
    if (!container) return end(false);
    container.register(script).then(
      ({ active, installing, waiting }) => {
        if (active) return end(true);
        const worker = installing ?? waiting;
        worker?.addEventListener("statechange", () => {
          if (worker.state === "activated") end(true);
          if (worker.state === "redundant") end(false);
        });
      },
      () => end(false),
    );
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
