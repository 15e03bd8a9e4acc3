// The `oidc-provider` configuration of the embedded provider.

import { errors } from "oidc-provider";
import { clientList } from "./clients.mjs";
import { devicePage, errorPage, logoutPage, signedOutPage } from "./pages.mjs";
import { ACR, findAccount, grantWhatIsAsked, richRequests, stepUpPolicy } from "./policy.mjs";

/**
 * Builds the configuration. `settings` is read at each use, so tests change lives and pages while
 * the provider runs; `secrets` and `adapter` outlive a change of keys.
 */
export function configuration({ settings, secrets, adapter, keys }) {
  const { ttl, api } = settings;
  const cookie = { httpOnly: true, sameSite: "lax" };
  const show = (ctx, body) => {
    ctx.type = "html";
    ctx.body = body;
  };

  return {
    adapter,
    clients: clientList(settings.spaOrigins, settings.redirectPaths),
    jwks: { keys },
    acrValues: ACR,
    clockTolerance: settings.clockTolerance,
    cookies: {
      keys: secrets.cookieKeys,
      names: secrets.cookieNames,
      long: cookie,
      short: cookie,
    },
    claims: {
      openid: ["sub"],
      profile: ["name", "preferred_username", "updated_at"],
      email: ["email", "email_verified"],
      acr: null,
      amr: null,
      auth_time: null,
      iss: null,
      sid: null,
    },
    // Profile and email claims go into the ID token too: most SPAs never ask userinfo.
    conformIdTokenClaims: false,
    scopes: ["openid", "offline_access", "profile", "email"],
    responseTypes: ["code", "none"],
    pkce: { required: () => true },
    extraClientMetadata: { properties: ["cors_origins"] },
    clientBasedCORS: (ctx, origin, client) =>
      origin !== "null" &&
      ((client.cors_origins ?? []).includes(origin) ||
        client.redirectUris.some((uri) => new URL(uri).origin === origin)),
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
      claimsParameter: { enabled: true },
      deviceFlow: {
        enabled: true,
        userCodeInputSource: (ctx, form) => show(ctx, devicePage("code", form)),
        userCodeConfirmSource: (ctx, form) => show(ctx, devicePage("confirm", form)),
        successSource: (ctx) => show(ctx, devicePage("done")),
      },
      dPoP: {
        enabled: true,
        nonceSecret: secrets.dpopNonce,
        requireNonce: ({ oidc }) =>
          settings.dpopNonce === "*" || settings.dpopNonce === oidc.entities.Client?.clientId,
      },
      introspection: { enabled: true },
      jwtResponseModes: { enabled: true },
      pushedAuthorizationRequests: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: (ctx, client, oneOf) => oneOf,
        // A code or refresh request without `resource` gives the JWT for the granted API.
        useGrantedResource: () => true,
        getResourceServerInfo: (ctx, indicator) => {
          if (indicator !== api) throw new errors.InvalidTarget();
          return {
            scope: "api:read api:write",
            audience: api,
            accessTokenTTL: ttl.at,
            accessTokenFormat: "jwt",
            jwt: { sign: { alg: "RS256" } },
          };
        },
      },
      revocation: {
        enabled: true,
        allowedPolicy: (ctx, client, token) => token.clientId === client.clientId,
      },
      richAuthorizationRequests: richRequests,
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) =>
          show(
            ctx,
            logoutPage(form, { user: ctx.oidc.session.accountId, mode: settings.logoutMode(ctx) }),
          ),
        postLogoutSuccessSource: (ctx) => show(ctx, signedOutPage()),
      },
      webMessageResponseMode: { enabled: true, ack: "individual-draft-01" },
    },
    interactions: {
      policy: stepUpPolicy(),
      url: (ctx, { uid }) => `/interaction/${uid}`,
    },
    // Every SPA gets refresh tokens, offline_access or not; without it they end with the session.
    issueRefreshToken: (ctx, client) => client.grantTypeAllowed("refresh_token"),
    // The library's default keeps sender-constrained tokens for most of their life.
    rotateRefreshToken: () => settings.rotate,
    extraTokenClaims: ({ oidc }, token) => {
      if (token.kind !== "AccessToken") return undefined;
      const source = oidc.entities.AuthorizationCode ?? oidc.entities.RefreshToken;
      return { acr: source?.acr, auth_time: source?.authTime };
    },
    ttl: {
      AccessToken: () => ttl.at,
      AuthorizationCode: () => ttl.code,
      DeviceCode: () => ttl.device,
      Grant: () => ttl.session,
      IdToken: () => ttl.id,
      Interaction: () => 600,
      // The life of a refresh token is absolute: rotation does not prolong it.
      RefreshToken: (ctx) => ctx?.oidc?.entities.RotatedRefreshToken?.remainingTTL ?? ttl.rt,
      Session: () => ttl.session,
    },
    findAccount,
    loadExistingGrant: grantWhatIsAsked,
    renderError: (ctx, out) => show(ctx, errorPage(out)),
  };
}
