/**
 * The parking service worker. It keeps the sessions of vaults in memory while a reload of the only tab replaces one vault
 * by the next, and answers nobody but the vault's own script in a shared worker. All other requests pass by.
 */

interface Client {
  readonly type: string;
  readonly url: string;
}

interface FetchEvent extends Event {
  readonly request: Request;
  readonly clientId: string;
  respondWith(answer: Promise<Response>): void;
}

interface MessageEvent extends Event {
  readonly data: unknown;
  readonly source: Client | null;
  readonly ports: readonly MessagePort[];
}

interface Asked {
  key: string;
  parked?: unknown;
}

interface Scope {
  readonly clients: { get(id: string): Promise<Client | undefined>; claim(): Promise<void> };
  readonly location: Location;
  skipWaiting(): Promise<void>;
  addEventListener(
    type: "install" | "activate",
    act: (event: Event & { waitUntil(work: Promise<unknown>): void }) => void,
  ): void;
  addEventListener(type: "fetch", act: (event: FetchEvent) => void): void;
  addEventListener(type: "message", act: (event: MessageEvent) => void): void;
}

const scope = self as unknown as Scope;
const at = (name: string) => new URL(name, scope.location.href).href;
/** By the vault's name, which is its configuration's hash. */
const parked = new Map<string, unknown>();

scope.addEventListener("install", (event) => event.waitUntil(scope.skipWaiting()));
scope.addEventListener("activate", (event) => event.waitUntil(scope.clients.claim()));
scope.addEventListener("fetch", (event) => {
  if (event.request.url === at("parked")) event.respondWith(answer(event));
});

// From a worker in WebKit, see worker/parking.ts.
scope.addEventListener("message", ({ source, data, ports: [port] }) => {
  if (isVault(source)) port?.postMessage(keep(data as Asked));
});

async function answer({ request, clientId }: FetchEvent): Promise<Response> {
  if (!isVault(await scope.clients.get(clientId))) return new Response(null, { status: 403 });
  return Response.json(keep((await request.json()) as Asked));
}

function isVault(client: Client | null | undefined): boolean {
  return client?.type === "sharedworker" && client.url === at("vault.js");
}

/** Does what a vault asks for; gives what it asked for, if that is there. */
function keep({ key, parked: text }: Asked): unknown {
  if (text === undefined) return parked.get(key) ?? null;
  if (text === null) parked.delete(key);
  else parked.set(key, text);
  return null;
}
