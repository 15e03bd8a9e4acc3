// Keyward with the vault in a worker. No token reaches the page, so there is none to tell.
import { createAuth } from "keyward/vault";

export async function open({ issuer, clientId, redirectUri, scope }) {
  const vault = "/keyward/vault.js";
  const auth = createAuth({ issuer, clientId, redirectUri, scope, vault, resources: ["/api/"] });
  await auth.ready;
  return {
    isSignedIn: () => auth.user !== null,
    signIn: () => auth.signIn(),
    token: async () => "",
    call: (url) => auth.fetch(url),
    lost: () => auth.state.lastError !== null,
    signOut: () => auth.signOut(),
    onSignedOut: (listener) => auth.on("signedOut", listener),
  };
}
