// What the embedded provider decides by itself: step-up, consent, users, rich requests.

import { errors, interactionPolicy } from "oidc-provider";
import { USERS } from "./pages.mjs";

const { Check, base } = interactionPolicy;

/** Authentication levels, weakest first. */
export const ACR = ["urn:demo:pwd", "urn:demo:mfa"];

/** The known level that an `acr_values` parameter asks for first, or undefined. */
export function wantedAcr(acrValues = "") {
  return acrValues.split(" ").find((value) => ACR.includes(value));
}

/**
 * The library's policy plus a step-up: `acr_values` is a voluntary claim, so by itself the library
 * would not show the sign-in page again for it.
 */
export function stepUpPolicy() {
  const policy = base();
  policy.get("login").checks.add(
    new Check(
      "acr_values_step_up",
      "a stronger authentication is needed",
      "login_required",
      ({ oidc }) => {
        const wanted = wantedAcr(oidc.params.acr_values);
        if (!wanted || !oidc.session.accountId) return Check.NO_NEED_TO_PROMPT;
        const have = oidc.result?.login?.acr ?? oidc.session.acr ?? ACR[0];
        return ACR.indexOf(have) >= ACR.indexOf(wanted)
          ? Check.NO_NEED_TO_PROMPT
          : Check.REQUEST_PROMPT;
      },
      ({ oidc }) => ({ acr_values: oidc.params.acr_values }),
    ),
  );
  return policy;
}

/** An account for every name: tests bring their own users. */
export function findAccount(ctx, id) {
  const name = USERS.find((user) => user.id === id)?.name ?? `User ${id}`;
  return {
    accountId: id,
    claims: () => ({
      sub: id,
      name,
      preferred_username: id,
      updated_at: 1_700_000_000,
      email: `${id}@example.test`,
      email_verified: true,
    }),
  };
}

/** Grants what is asked for, without a consent page. */
export async function grantWhatIsAsked({ oidc }) {
  const { Grant } = oidc.provider;
  const { accountId } = oidc.session;
  const { clientId } = oidc.client;
  const id = oidc.result?.consent?.grantId ?? oidc.session.grantIdFor(clientId);

  let grant = id ? await Grant.find(id) : undefined;
  if (grant?.accountId !== accountId) grant = new Grant({ clientId, accountId });

  grant.addOIDCScope([...oidc.requestParamOIDCScopes].join(" ") || "openid");
  grant.addOIDCClaims([...oidc.requestParamClaims]);
  for (const [indicator, { scopes }] of Object.entries(oidc.resourceServers ?? {})) {
    const scope = [...oidc.requestParamScopes].filter((name) => scopes.has(name)).join(" ");
    if (scope) grant.addResourceScope(indicator, scope);
  }
  for (const detail of authorizationDetails(oidc) ?? []) grant.addRar(detail);
  await grant.save();
  return grant;
}

/** `authorization_details` of the type "payment". */
export const richRequests = {
  enabled: true,
  types: {
    payment: {
      validate(ctx, detail) {
        if (typeof detail.amount !== "string") {
          throw new errors.InvalidAuthorizationDetails("payment.amount missing");
        }
      },
    },
  },
  authorizationDetailsForGrantSource: ({ oidc }) => authorizationDetails(oidc),
  authorizationDetailsForAccessToken: (ctx, token, source) => source?.rar,
  authorizationDetailsForIntrospection: (ctx, token) => token.rar,
};

function authorizationDetails({ params }) {
  return params.authorization_details && JSON.parse(params.authorization_details);
}
