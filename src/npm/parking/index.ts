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

interface Scope {
  readonly clients: { get(id: string): Promise<Client | undefined>; claim(): Promise<void> };
  readonly location: Location;
  skipWaiting(): Promise<void>;
  addEventListener(
    type: "install" | "activate",
    act: (event: Event & { waitUntil(work: Promise<unknown>): void }) => void,
  ): void;
  addEventListener(type: "fetch", act: (event: FetchEvent) => void): void;
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

async function answer({ request, clientId }: FetchEvent): Promise<Response> {
  const client = await scope.clients.get(clientId);
  if (client?.type !== "sharedworker" || client.url !== at("vault.js")) {
    return new Response(null, { status: 403 });
  }
  const asked = (await request.json()) as { key: string; parked?: unknown };
  if (asked.parked === undefined) return Response.json(parked.get(asked.key) ?? null);
  if (asked.parked === null) parked.delete(asked.key);
  else parked.set(asked.key, asked.parked);
  return Response.json(null);
}
