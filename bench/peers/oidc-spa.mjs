// Its state never changes within a page: a sign-out elsewhere reloads it, which the harness sees as a load.
import { createOidc, oidcEarlyInit } from "oidc-spa/core";

export async function open({ issuer, clientId, scope }) {
  const { shouldLoadApp } = oidcEarlyInit({ BASE_URL: "/" });
  if (!shouldLoadApp) return new Promise(() => {});
  const scopes = scope.split(" ").filter((name) => name !== "openid");
  const oidc = await createOidc({ issuerUri: issuer, clientId, scopes });
  return {
    isSignedIn: () => oidc.isUserLoggedIn,
    signIn: () => oidc.login(),
    token: async () => (await oidc.getTokens()).accessToken,
    signOut: () => oidc.logout({ redirectTo: "home" }),
  };
}
