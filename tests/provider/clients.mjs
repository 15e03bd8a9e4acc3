// The clients that the embedded provider knows.

const DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";

/** Paths under each SPA origin at which a client may be called back. */
export const REDIRECT_PATHS = [
  "/",
  "/callback",
  "/callback.html",
  "/keyward/callback.html",
  "/silent.html",
];

/** Client metadata for `oidc-provider`; the SPA clients are public and may live at any of `origins`. */
export function clientList(origins, redirectPaths = REDIRECT_PATHS) {
  const uris = origins.flatMap((origin) => redirectPaths.map((path) => origin + path));
  const spa = (client_id, extra = {}) => ({
    client_id,
    client_name: client_id,
    application_type: "web",
    token_endpoint_auth_method: "none",
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    redirect_uris: uris,
    post_logout_redirect_uris: uris,
    id_token_signed_response_alg: "RS256",
    ...extra,
  });

  return [
    spa("spa"),
    spa("demo", { client_name: "Keyward demo" }),
    spa("spa-ps256", { id_token_signed_response_alg: "PS256" }),
    spa("spa-es256", { id_token_signed_response_alg: "ES256" }),
    spa("spa-eddsa", { id_token_signed_response_alg: "EdDSA" }),
    spa("spa-ed25519", { id_token_signed_response_alg: "Ed25519" }),
    spa("spa-no-rt", { grant_types: ["authorization_code"] }),
    spa("spa-dpop", { dpop_bound_access_tokens: true }),
    spa("spa-dpop-nonce", { dpop_bound_access_tokens: true }),
    spa("spa-par", { require_pushed_authorization_requests: true }),
    spa("spa-rar", { authorization_details_types: ["payment"] }),
    spa("spa-other-origin", {
      redirect_uris: ["http://localhost:1/callback"],
      post_logout_redirect_uris: [],
    }),
    {
      client_id: "tv",
      client_name: "tv",
      application_type: "native",
      token_endpoint_auth_method: "none",
      grant_types: [DEVICE_GRANT, "refresh_token"],
      response_types: [],
      redirect_uris: [],
      cors_origins: origins,
    },
    {
      client_id: "bff",
      client_secret: "bff-secret-for-loopback-tests-only",
      token_endpoint_auth_method: "client_secret_basic",
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      redirect_uris: [
        "http://localhost:3000/callback",
        "http://localhost:3000/bff/callback",
        "http://localhost:4180/oauth2/callback",
        "http://localhost:5173/",
      ],
      post_logout_redirect_uris: ["http://localhost:3000/", "http://localhost:5173/"],
    },
  ];
}
