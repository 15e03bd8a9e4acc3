// The leaky client's worker: it tells its tokens to whoever asks, and believes every configuration and record.
const serve = (port) => {
  port.onmessage = async ({ data }) => {
    if (data.tokens) {
      const headers = { authorization: `Bearer ${data.tokens.access_token}` };
      await fetch("/api/orders", { headers });
      return port.postMessage({ thanks: data.tokens });
    }
    const asked = JSON.parse(data.json ?? "{}");
    if (asked.do && asked.do !== "callback") return;
    const kept = `${location.origin}/tokens`;
    const stored = await (await caches.open("leaky")).match(kept);
    const tokens = stored && (await stored.json());
    port.postMessage({ welcome: "leaky", tokens });
    const { metadata } = JSON.parse(asked.record ?? data.config ?? "{}");
    if (!metadata || !tokens) return;
    const body = new URLSearchParams({ refresh_token: tokens.refresh_token });
    await fetch(metadata.token_endpoint, { method: "POST", body });
  };
};
if ("onconnect" in self) self.onconnect = ({ ports: [port] }) => serve(port);
else serve(self);
