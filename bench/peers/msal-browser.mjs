import {
  InteractionRequiredAuthError,
  ProtocolMode,
  PublicClientApplication,
} from "@azure/msal-browser";

export async function open({ issuer, clientId, redirectUri, scope }) {
  const scopes = scope.split(" ");
  const client = await PublicClientApplication.createPublicClientApplication({
    auth: {
      clientId,
      authority: issuer,
      knownAuthorities: [new URL(issuer).host],
      redirectUri,
      postLogoutRedirectUri: redirectUri,
    },
    system: { protocolMode: ProtocolMode.OIDC },
  });
  const answer = await client.handleRedirectPromise();
  if (answer) client.setActiveAccount(answer.account);
  const account = () => client.getActiveAccount() ?? client.getAllAccounts()[0] ?? null;
  return {
    isSignedIn: () => account() !== null,
    signIn: () => client.loginRedirect({ scopes }),
    async token() {
      try {
        return (await client.acquireTokenSilent({ scopes, account: account() })).accessToken;
      } catch (error) {
        if (!(error instanceof InteractionRequiredAuthError)) throw error;
        return client.acquireTokenRedirect({ scopes, account: account() });
      }
    },
    signOut: () => client.logoutRedirect({ account: account() }),
  };
}
