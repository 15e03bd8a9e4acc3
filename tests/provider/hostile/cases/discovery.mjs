// Cases of the metadata document.

import { HTML, fault, hook } from "./tools.mjs";

const change = (members, id) =>
  hook("metadata", (document, { op }) => ({ ...document, ...members(document, op) }), id);

export const discovery = {
  issuerTrailingSlash: change(({ issuer }) => ({ issuer: `${issuer}/` }), "O-01"),
  issuerOther: change(() => ({ issuer: "https://other.example" })),
  issuerMissing: change(() => ({ issuer: undefined })),
  issuerWithPath: { id: "O-02", script: () => ({ issuerPath: "/tenant/" }) },

  discoveryHtml: fault("discovery", { status: 200, ...HTML, times: 1 }, "O-03"),
  discoveryFailsOnce: fault("discovery", { status: 500, times: 1 }, "O-04"),
  discoveryFails: fault("discovery", { status: 503, retryAfter: 1 }),
  discoveryNotFound: fault("discovery", { status: 404, body: { error: "not_found" } }),
  discoveryArray: fault("discovery", { body: [] }),
  discoveryBadJson: fault("discovery", { body: '{"issuer":' }),
  discoveryEmpty: fault("discovery", { status: 200, body: "" }),
  discoveryDeep: fault("discovery", { body: `{"a":${"[".repeat(5000)}${"]".repeat(5000)}}` }),
  discoveryHuge: fault("discovery", { bytes: 20_000_000 }),
  discoverySlow: fault("discovery", { delay: 1500 }),
  discoveryHangs: fault("discovery", { hold: "before" }),
  discoveryCut: fault("discovery", { drop: "before" }),
  discoveryNoCors: fault("discovery", { cors: false }),
  discoveryRedirects: {
    script: (op) => ({
      faults: { discovery: { status: 302, headers: { location: `${op.witness.origin}/doc` } } },
    }),
  },

  tokenEndpointInsecure: change(
    () => ({ token_endpoint: "http://provider.example/token" }),
    "O-05",
  ),
  authorizationEndpointInsecure: change(() => ({
    authorization_endpoint: "http://provider.example/auth",
  })),
  authorizationEndpointScript: change(() => ({ authorization_endpoint: "javascript:alert(1)" })),
  authorizationEndpointFragment: change((document) => ({
    authorization_endpoint: `${document.authorization_endpoint}#fragment`,
  })),
  authorizationQuery: change(
    (document) => ({ authorization_endpoint: `${document.authorization_endpoint}?tenant=a` }),
    "O-06",
  ),
  jwksElsewhere: change((document, op) => ({ jwks_uri: `${op.witness.origin}/jwks` })),

  endpointsOfWrongType: change(() => ({ authorization_endpoint: 7, token_endpoint: ["a"] })),
  authorizationEndpointMissing: change(() => ({ authorization_endpoint: undefined })),
  tokenEndpointMissing: change(() => ({ token_endpoint: undefined })),
  jwksMissing: change(() => ({ jwks_uri: undefined })),
  userinfoMissing: change(() => ({ userinfo_endpoint: undefined })),
  revocationMissing: change(() => ({ revocation_endpoint: undefined })),
  endSessionMissing: change(() => ({ end_session_endpoint: undefined })),

  // Required members alone: what the official conformance suite's provider shows.
  metadataMinimal: hook("metadata", (document) => ({
    issuer: document.issuer,
    authorization_endpoint: document.authorization_endpoint,
    token_endpoint: document.token_endpoint,
    jwks_uri: document.jwks_uri,
    response_types_supported: document.response_types_supported,
    subject_types_supported: document.subject_types_supported,
    id_token_signing_alg_values_supported: document.id_token_signing_alg_values_supported,
  })),
  metadataUnknownMembers: change(() => ({ x_new: { deep: [1, 2, { three: null }] } })),
  pkcePlainOnly: change(() => ({ code_challenge_methods_supported: ["plain"] })),
  parRequired: change(() => ({ require_pushed_authorization_requests: true })),
  secretsOnly: change(() => ({ token_endpoint_auth_methods_supported: ["client_secret_basic"] })),
  issNotAnnounced: change(() => ({ authorization_response_iss_parameter_supported: undefined })),
};
