import { Auth0Client } from "@auth0/auth0-spa-js";

export async function open({ issuer, clientId, redirectUri, scope, shared }) {
  const client = new Auth0Client({
    domain: issuer,
    clientId,
    useRefreshTokens: true,
    // The documented way to one session in all tabs.
    ...(shared ? { cacheLocation: "localstorage" } : {}),
    authorizationParams: { redirect_uri: redirectUri, scope },
  });
  if (new URLSearchParams(location.search).has("code")) {
    await client.handleRedirectCallback();
    history.replaceState(null, "", location.pathname);
  } else {
    await client.checkSession();
  }
  return {
    isSignedIn: () => client.isAuthenticated(),
    signIn: () => client.loginWithRedirect(),
    token: () => client.getTokenSilently(),
    signOut: () => client.logout({ logoutParams: { returnTo: redirectUri } }),
  };
}
