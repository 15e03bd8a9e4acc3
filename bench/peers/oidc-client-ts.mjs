import { UserManager, WebStorageStateStore } from "oidc-client-ts";

export async function open({ issuer, clientId, redirectUri, scope, shared }) {
  const manager = new UserManager({
    authority: issuer,
    client_id: clientId,
    redirect_uri: redirectUri,
    post_logout_redirect_uri: redirectUri,
    scope,
    // The documented way to one session in all tabs.
    ...(shared ? { userStore: new WebStorageStateStore({ store: localStorage }) } : {}),
  });
  let user = await manager.getUser();
  if (new URLSearchParams(location.search).has("code")) {
    user = await manager.signinCallback();
    history.replaceState(null, "", location.pathname);
  }
  return {
    isSignedIn: () => Boolean(user && !user.expired),
    signIn: () => manager.signinRedirect(),
    async token() {
      user = await manager.getUser();
      if (!user || user.expired) user = await manager.signinSilent();
      return user.access_token;
    },
    signOut: () => manager.signoutRedirect(),
    onSignedOut: (listener) => manager.events.addUserUnloaded(listener),
  };
}
