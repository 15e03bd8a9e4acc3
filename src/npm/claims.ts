/** The vault hands on the ID token's claims as they came; those of the protocol are none of the app's business. */
export function claimsOfUser(claims: Record<string, unknown>): Record<string, unknown> {
  const { aud, exp, iat, nbf, nonce, at_hash, c_hash, s_hash, azp, jti, ...user } = claims;
  return user;
}
