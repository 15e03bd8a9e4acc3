// What the benchmarks ask of a client, of Keyward in any placement.

export async function opened(auth, more = {}) {
  await auth.ready;
  return {
    isSignedIn: () => auth.user !== null,
    signIn: () => auth.signIn(),
    token: () => auth.accessToken(),
    call: (url) => auth.fetch(url),
    lost: () => auth.state.lastError !== null,
    signOut: () => auth.signOut(),
    onSignedOut: (listener) => auth.on("signedOut", listener),
    ...more,
  };
}
