// The leaky client's service worker: it gives what is kept to any client, and any code that is in a cache to the vault.
addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  const { url } = event.request;
  const kept = async () => (await (await caches.open("leaky")).match("/tokens")) ?? new Response();
  const code = async () => (await caches.match(url)) ?? fetch(event.request);
  event.respondWith(url.endsWith("/parked") ? kept() : code());
});
