// Cases of the published keys and of the key that signs.

import { newKey, publicJwk } from "../../keys.mjs";
import { HTML, fault, hook } from "./tools.mjs";

/** Other members in the published RS256 key, which signs by default. */
const signingKey = (members, id) =>
  hook(
    "jwks",
    ({ keys }) => ({ keys: keys.map((key) => (isSigner(key) ? { ...key, ...members } : key)) }),
    id,
  );

const header = (change) => (claims, head, context) => void Object.assign(head, change(context));

const isSigner = ({ alg }) => alg === "RS256";

export const keys = {
  kidUnknown: { id: "O-43", script: () => ({ idToken: header(() => ({ kid: "unknown" })) }) },
  kidUnknownEachTime: {
    script: () => ({ idToken: header(() => ({ kid: `unknown-${Math.random()}` })) }),
  },
  keyRotatedJustBefore: {
    id: "O-44",
    async script() {
      const fresh = await newKey("RS256");
      let published = false;
      return {
        signingKey: fresh,
        jwks({ keys: old }) {
          const answer = { keys: published ? [...old, publicJwk(fresh)] : old };
          published = true;
          return answer;
        },
      };
    },
  },
  kidMissing: { id: "O-45", script: () => ({ idToken: header(() => ({ kid: undefined })) }) },
  kidMissingSeveralKeys: {
    async script() {
      const other = publicJwk(await newKey("RS256"));
      return {
        idToken: header(() => ({ kid: undefined })),
        jwks: ({ keys: all }) => ({ keys: [other, ...all].map(({ kid, ...key }) => key) }),
      };
    },
  },
  kidTwice: {
    async script(op) {
      const { kid } = op.keys.find(isSigner);
      const other = publicJwk(await newKey("RS256"));
      return { jwks: ({ keys: all }) => ({ keys: [{ ...other, kid }, ...all] }) };
    },
  },

  jwksUnavailable: fault("jwks", { status: 503 }, "O-46"),
  jwksUnavailableOnce: fault("jwks", { status: 503, times: 1 }),
  jwksHtml: fault("jwks", { status: 200, ...HTML }),
  jwksBadJson: fault("jwks", { body: '{"keys":[' }),
  jwksNotAList: fault("jwks", { body: { keys: {} } }),
  jwksHuge: fault("jwks", { bytes: 20_000_000 }),
  jwksSlow: fault("jwks", { delay: 1500 }),
  jwksHangs: fault("jwks", { hold: "before" }),
  jwksNoCors: fault("jwks", { cors: false }),
  jwksEmpty: hook("jwks", () => ({ keys: [] })),
  jwksWithJunk: hook("jwks", ({ keys: good }) => ({
    keys: [
      null,
      "key",
      {},
      { kty: "new" },
      { kty: "RSA", n: 5, kid: good[0].kid },
      { kty: "EC", crv: "P-257", x: "a", y: "b" },
      ...good,
    ],
  })),

  keyForEncryption: signingKey({ use: "enc" }, "O-47"),
  keyOpsWrong: signingKey({ use: undefined, key_ops: ["encrypt"] }),
  keyOfAnotherAlg: signingKey({ alg: "RS512" }),
  keyWithoutAlg: signingKey({ alg: undefined, use: undefined }),
  keyOfAnotherType: hook("jwks", ({ keys: all }) => {
    const { kid } = all.find(isSigner);
    return { keys: all.filter((key) => !isSigner(key)).map((key) => ({ ...key, kid })) };
  }),
  keySmall: {
    async script() {
      const small = await newKey("RS256", { modulusLength: 1024 });
      return { signingKey: small, jwks: () => ({ keys: [publicJwk(small)] }) };
    },
  },
  keyEmbedded: {
    script: (op) => ({
      signingKey: op.attacker,
      idToken: header(() => ({ jwk: publicJwk(op.attacker), kid: op.attacker.kid })),
    }),
  },
  keyElsewhere: {
    script: (op) => ({
      signingKey: op.attacker,
      idToken: header(() => ({
        jku: `${op.witness.origin}/jku`,
        x5u: `${op.witness.origin}/x5u`,
      })),
    }),
  },
  keyOfAttacker: {
    script: (op) => ({
      signingKey: op.attacker,
      idToken: header(() => ({ kid: op.keys.find(isSigner).kid })),
    }),
  },

  signsWithPs256: { script: () => ({ alg: "PS256" }) },
  signsWithEs256: { script: () => ({ alg: "ES256" }) },
  signsWithEdDsa: { script: () => ({ alg: "EdDSA" }) },
};
