// Cases of the authorization response.

import { hook, replaced, valueOf, without } from "./tools.mjs";

const callback = (change, id) => hook("callback", change, id);

const error = (code, more = [], id) =>
  callback((pairs) => [["error", code], ...more, ...without(pairs, "code", "error")], id);

export const callbacks = {
  stateOther: callback((pairs) => replaced(pairs, "state", "s".repeat(43)), "O-13"),
  stateMissing: callback((pairs) => without(pairs, "state")),
  stateTwice: callback((pairs) => [...pairs, ["state", valueOf(pairs, "state")]]),

  accessDenied: error(
    "access_denied",
    [
      ["error_description", "<img src=x onerror=alert(1)>"],
      ["error_uri", "https://provider.example/why"],
    ],
    "O-15",
  ),
  loginRequired: error("login_required"),
  interactionRequired: error("interaction_required"),
  consentRequired: error("consent_required"),
  accountSelectionRequired: error("account_selection_required"),
  temporarilyUnavailable: error("temporarily_unavailable"),
  serverError: error("server_error"),
  errorUnknown: error("x_new_error"),
  errorOfAnotherIssuer: callback((pairs) => [
    ["error", "access_denied"],
    ...replaced(without(pairs, "code"), "iss", "https://other.example"),
  ]),
  errorWithoutIss: callback((pairs) => [
    ["error", "access_denied"],
    ...without(pairs, "code", "iss"),
  ]),
  errorBesideCode: callback((pairs) => [["error", "access_denied"], ...pairs]),

  issOther: callback((pairs) => replaced(pairs, "iss", "https://other.example"), "O-16"),
  issTrailingSlash: callback((pairs, { op }) => replaced(pairs, "iss", `${op.issuer}/`)),
  issMissing: callback((pairs) => without(pairs, "iss"), "O-17"),
  issTwice: callback((pairs) => [...pairs, ["iss", valueOf(pairs, "iss")]]),

  codeTwice: callback((pairs) => [...pairs, ["code", "another"]], "O-18"),
  codeMissing: callback((pairs) => without(pairs, "code")),
  codeEmpty: callback((pairs) => replaced(pairs, "code", "")),
  codeLong: callback((pairs) => replaced(pairs, "code", "c".repeat(6000))),
  codeUnknown: callback((pairs) => replaced(pairs, "code", "never-issued")),

  answerInFragment: callback((pairs) => ({ fragment: pairs }), "O-19"),
  tokensInFragment: callback(
    (pairs) => ({
      fragment: [
        ["access_token", "injected-access-token"],
        ["token_type", "Bearer"],
        ["id_token", "e30.e30.e30"],
        ["state", valueOf(pairs, "state")],
      ],
    }),
    "O-20",
  ),
  tokensBesideCode: callback((pairs) => ({
    query: pairs,
    fragment: [["access_token", "injected-access-token"]],
  })),
  noParameters: callback(() => [], "O-21"),

  extraParameters: callback(
    (pairs) => [
      ["foo", "bar"],
      ["session_state", "abc.def"],
      ["scope", "openid"],
      ["foo", "baz"],
      ...pairs,
    ],
    "O-22",
  ),
  parameterOrder: callback((pairs) => [
    ["state", valueOf(pairs, "state")],
    ["session_state", "x"],
    ["iss", valueOf(pairs, "iss")],
    ["code", valueOf(pairs, "code")],
  ]),
  brokenEncoding: callback(
    (pairs) => `code=%E0%A4%A&state=${valueOf(pairs, "state")}&iss=${valueOf(pairs, "iss")}`,
  ),
  appParameters: callback((pairs) => [["a", "1"], ...pairs], "O-84"),
};
