// Settings of this deployment. The page loads this file as it is, so a host can change it without
// a build. Nothing in it is secret: a browser client has no secrets.
export default {
  issuer: "http://localhost:9400",
  api: "http://localhost:9500",
  clientId: "spa",
  scope: "openid profile email api:read api:write",
  authorizationParams: { resource: "urn:demo:api" },
  // Where the vault's script lies, in a build on keyward/vault.
  vault: "",
};
