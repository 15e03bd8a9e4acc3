// The ID token's form, algorithm and signature.

import { createHmac } from "node:crypto";
import { base64url, newKey, publicJwk, signJws } from "../../../provider/keys.mjs";
import { acceptances, inCore, refusals } from "../support/checks.mjs";
import { onStage } from "../support/stage.mjs";

const header = (members) => ({
  idToken: (claims, head) => void Object.assign(head, members),
});

const compact = (change) => ({ jws: change });

const right = (what) => ({
  error: `id_token_${what}`,
  group: "id_token",
  requests: { authorize: 1, discovery: 1, token: 1, jwks: 1 },
});

const refused = (what, list) =>
  list.map(([id, title, play, more]) => ({ id, title, play, ...right(what), ...more }));

/** The token anew, over another header, signed with the published key as if all were well. */
const resigned = (change) =>
  compact((jws, { header: head, claims, key }) => signed(change(head), claims, key));

/** A token whose header may name any algorithm: the signature is always RS256. */
function signed(head, claims, key) {
  const input = `${base64url(head)}.${base64url(claims)}`;
  const [, , signature] = signJws({ alg: "RS256" }, claims, key).split(".");
  return `${input}.${signature}`;
}

/** HS256 with a secret that is no secret. */
const hmac = (secret) =>
  compact((jws, { header: head, claims, op }) => {
    const input = `${base64url({ ...head, alg: "HS256" })}.${base64url(claims)}`;
    return `${input}.${createHmac("sha256", secret(op)).update(input).digest("base64url")}`;
  });

const ALGORITHM = refused("alg", [
  ["O-40", "alg none, no signature", "O-40"],
  ["O-41", "HS256 with the published key as its secret", "O-41"],
  ["", "HS256 with the client id as its secret", hmac(() => "spa")],
  ["", "HS256 with an empty secret", hmac(() => "")],
  ["", "alg none with the signature kept", "algNoneKeptSignature"],
  ...["None", "NONE", "nOnE", "", "rs256", "RS1", "ES256K", "dir"].map((alg) => [
    "",
    `alg ${JSON.stringify(alg)}`,
    resigned((head) => ({ ...head, alg })),
  ]),
  ["", "an algorithm nobody knows", "algUnknown"],
  ["", "no alg", resigned(({ alg, ...head }) => head)],
  ["", "alg in a list", resigned((head) => ({ ...head, alg: ["RS256"] }))],
  ["", "alg null", resigned((head) => ({ ...head, alg: null }))],
  [
    "R-094",
    "an algorithm that the metadata does not list",
    {
      alg: "PS256",
      metadata: (document) => ({ ...document, id_token_signing_alg_values_supported: ["RS256"] }),
    },
  ],
]);

const SIGNATURE = refused("signature", [
  ["O-42", "one bit of the signature flipped", "O-42"],
  ["R-093", "no signature under RS256", "signatureMissing"],
  ["R-093", "other claims under the old signature", "payloadSwapped"],
  ["R-093", "signed with the attacker's key under the published kid", "keyOfAttacker"],
  [
    "R-093",
    "the signature of another token",
    compact((jws, { header: head, claims, key }) => {
      const other = signJws(head, { ...claims, name: "another" }, key).split(".")[2];
      return `${jws.slice(0, jws.lastIndexOf("."))}.${other}`;
    }),
  ],
  [
    "R-093",
    "a signature of 256 zeros",
    compact((jws) => `${jws.slice(0, jws.lastIndexOf("."))}.${base64url(Buffer.alloc(256))}`),
  ],
  [
    "R-093",
    "an ES256 signature of zeros, once a hole in a well-known library",
    {
      alg: "ES256",
      jws: (jws) => `${jws.slice(0, jws.lastIndexOf("."))}.${base64url(Buffer.alloc(64))}`,
    },
  ],
  [
    "R-093",
    "an ES256 signature in the form of DER",
    {
      alg: "ES256",
      jws: (jws) => `${jws.slice(0, jws.lastIndexOf("."))}.${base64url(Buffer.alloc(70, 0x30))}`,
    },
  ],
]);

const KIND = [
  ...refused("typ", [
    ["R-102", "typ at+jwt: an access token", "typAccessToken"],
    ["R-102", "typ logout+jwt", "typLogoutToken"],
    ["R-102", "typ application/at+jwt", header({ typ: "application/at+jwt" })],
    ["R-102", "typ dpop+jwt", header({ typ: "dpop+jwt" })],
    ["R-102", "typ as a number", header({ typ: 7 })],
    ["R-102", "an empty typ", header({ typ: "" })],
  ]),
  ...refused("crit", [
    ["R-103", "crit with an unknown extension", "critUnknown"],
    ["R-103", "an empty crit", "critEmpty"],
    ["R-103", "crit that names exp", header({ crit: ["exp"], exp: 1 })],
    ["R-103", "crit null", header({ crit: null })],
    ["R-103", "an unencoded payload (RFC 7797)", header({ crit: ["b64"], b64: false })],
    ["R-103", "an unencoded payload without crit", header({ b64: false })],
  ]),
];

const FORM = [
  ...refused("encrypted", [["R-105", "a JWE", "encrypted"]]),
  ...refused("malformed", [
    ["R-105", "a character outside base64url", "badBase64"],
    ["R-105", "base64 with padding", "paddedBase64"],
    ["R-105", "four parts", "fourParts"],
    ["R-105", "two parts", "twoParts"],
    ["R-105", "no token at all", "notAToken"],
    ["R-105", "a header that is no JSON", "headerNotJson"],
    ["R-105", "a header that is a list", compact((jws) => jws.replace(/^[^.]*/, "W10"))],
    ["R-105", "a header in the other base64", compact((jws) => jws.replace(/^[^.]*/, "Pz8/"))],
    ["R-105", "a blank in front", compact((jws) => ` ${jws}`)],
    ["R-105", "a line break behind", compact((jws) => `${jws}\n`)],
    ["R-105", "the JSON form of a JWS", compact((jws) => json(jws))],
    [
      "R-105",
      "a member of the header twice",
      compact((jws) => jws.replace(/^[^.]*/, base64url('{"alg":"RS256","alg":"none"}'))),
    ],
    [
      "R-105",
      "a claim twice, rightly signed",
      compact((jws, { header: head, claims, key }) => twice(head, claims, key)),
    ],
    ["R-105", "claims that are no UTF-8", compact((jws) => jws.replace(/\.[^.]*\./, "._-8."))],
    ["R-105", "kid as a number", header({ kid: 7 })],
    [
      "R-105",
      "300 kB",
      compact((jws) => `${base64url("x".repeat(220_000))}.${jws}`.slice(0, 300_000)),
    ],
  ]),
];

const ACCEPTED = [
  { title: "PS256", play: "signsWithPs256" },
  { title: "ES256", play: "signsWithEs256" },
  { title: "EdDSA", play: "signsWithEdDsa" },
  ...["RS384", "RS512", "PS384", "PS512", "ES384", "ES512", "Ed25519"].map((alg) => ({
    title: alg,
    play: async () => {
      const key = await newKey(alg);
      return {
        alg,
        signingKey: key,
        jwks: ({ keys }) => ({ keys: [...keys, publicJwk(key)] }),
        metadata: (document) => ({ ...document, id_token_signing_alg_values_supported: [alg] }),
      };
    },
  })),
  { title: "EdDSA listed under its newer name", play: listed("EdDSA", ["Ed25519"]) },
  { title: "no list of algorithms in the metadata", play: listed("ES256", undefined) },
  { title: "no typ", play: "typMissing" },
  { title: "typ in small letters", play: header({ typ: "jwt" }) },
  { title: "members of the header nobody knows", play: header({ x: 1, cty: "JWT", zip: "DEF" }) },
];

onStage("signature", (scene) => {
  for (const table of [ALGORITHM, KIND, FORM]) refusals(scene, inCore(table));
  refusals(scene, SIGNATURE);
  acceptances(scene, ACCEPTED);
});

function listed(alg, list) {
  const metadata = (document) => ({ ...document, id_token_signing_alg_values_supported: list });
  return { alg, metadata };
}

function json(jws) {
  const [head, payload, signature] = jws.split(".");
  return JSON.stringify({ protected: head, payload, signature });
}

/** Two subjects: whoever takes the first and whoever takes the last would differ. */
function twice(head, claims, key) {
  const body = `{"sub":"somebody-else",${JSON.stringify(claims).slice(1)}`;
  return signJws(head, body, key);
}
