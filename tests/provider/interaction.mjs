// The embedded provider's sign-in: pages, auto-login and the answers to them.

import { html, send } from "./http.mjs";
import { loginPage } from "./pages.mjs";
import { ACR, wantedAcr } from "./policy.mjs";

const USER_NAME = /^[\w.@+-]{1,64}$/;

/** Handles requests under `/interaction/` for one library instance. */
export function interactionHandler(provider, owner) {
  return async (req, res, body) => {
    const { prompt, params } = await provider.interactionDetails(req, res);
    const finish = (result, mergeWithLastSubmission = false) =>
      provider.interactionFinished(req, res, result, { mergeWithLastSubmission });

    // Only native clients and prompt=consent come here; what is asked is granted anyway.
    if (prompt.name === "consent") return finish({ consent: {} }, true);

    const stepUp = wantedAcr(params.acr_values);
    const login = (accountId) => ({
      login: { accountId, acr: stepUp ?? ACR[0], amr: ["pwd"], remember: true },
    });
    const show = (problem, loginHint = params.login_hint) =>
      send(res, html(200, loginPage({ client: params.client_id, loginHint, stepUp, problem })));

    if (req.method === "POST") {
      const form = new URLSearchParams(body.toString());
      if (form.has("abort")) {
        return finish({ error: "access_denied", error_description: "the user said no" });
      }
      const name = form.get("login")?.trim() ?? "";
      if (!USER_NAME.test(name)) return show("Please enter a user name, such as alice.", name);
      return finish(login(name));
    }

    const name = owner.autologinFor(params);
    return name ? finish(login(name)) : show(null);
  };
}
