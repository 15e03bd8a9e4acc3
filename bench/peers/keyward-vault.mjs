// Keyward with the vault in a worker. No token reaches the page, so there is none to tell.
import { createAuth } from "keyward/vault";
import { opened } from "../ours.mjs";

export function open({ issuer, clientId, redirectUri, scope }) {
  const vault = "/keyward/vault.js";
  const auth = createAuth({ issuer, clientId, redirectUri, scope, vault, resources: ["/api/"] });
  return opened(auth, { token: async () => "" });
}
