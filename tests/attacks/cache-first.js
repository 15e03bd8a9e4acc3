// A service worker as many an app has it: what is in the cache comes from there, whosever it is.
addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  if (event.request.method !== "GET") return;
  const answer = async () =>
    (await caches.match(event.request.url, { ignoreSearch: true })) ?? fetch(event.request);
  event.respondWith(answer());
});
