// Keyward. Also tells how it makes a call with its own fetch, and how it hears of a sign-out elsewhere.
import { createAuth } from "keyward";

export async function open({ issuer, clientId, redirectUri, scope }) {
  const auth = createAuth({ issuer, clientId, redirectUri, scope });
  await auth.ready;
  return {
    isSignedIn: () => auth.user !== null,
    signIn: () => auth.signIn(),
    token: () => auth.accessToken(),
    call: (url) => auth.fetch(url),
    lost: () => auth.state.lastError !== null,
    signOut: () => auth.signOut(),
    onSignedOut: (listener) => auth.on("signedOut", listener),
  };
}
