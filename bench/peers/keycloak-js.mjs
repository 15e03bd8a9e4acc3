import Keycloak from "keycloak-js";

export async function open({ issuer, clientId, redirectUri, scope }) {
  const keycloak = new Keycloak({ oidcProvider: issuer, clientId });
  await keycloak.init({ pkceMethod: "S256", onLoad: "check-sso", redirectUri, scope });
  return {
    isSignedIn: () => keycloak.authenticated,
    signIn: () => keycloak.login({ redirectUri }),
    async token() {
      await keycloak.updateToken(5);
      return keycloak.token;
    },
    signOut: () => keycloak.logout({ redirectUri }),
  };
}
