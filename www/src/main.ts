import { isAuthError } from "keyward";
import { claimsOf, nameOf, settings, startAuth, type Auth } from "./auth.js";
import { callsPanel } from "./calls.js";
import { startDial } from "./dial.js";
import { button, byTestId, find, make, setText } from "./dom.js";
import { hostOf } from "./format.js";
import { startDiagnostics, startLog } from "./log.js";
import { startOrders } from "./orders.js";
import { startPlate } from "./plate.js";
import { startProblem } from "./problem.js";
import { introCard, profileCard } from "./profile.js";
import { startRouter, type Route } from "./router.js";
import { startSession } from "./session.js";

const showProblem = startProblem(() => location.reload());
try {
  start(startAuth());
} catch (error) {
  // Only a missing issuer or client id gets here: there is no app without them.
  document.documentElement.dataset["status"] = "broken";
  setText(byTestId("status"), "Not set up");
  setText(byTestId("user-name"), "A setting is missing");
  setText(find("[data-detail]"), "See what to add in config.js.");
  showProblem(error);
}

function start(auth: Auth): void {
  /** Runs what a button asks for and shows how it failed, if it did. */
  const act = (action: () => Promise<unknown>) => {
    action().then(
      () => showProblem(null),
      (error: unknown) => {
        // Coming back with the back button is a choice, not a fault.
        const turnedBack = isAuthError(error) && error.code === "navigation_cancelled";
        showProblem(turnedBack ? null : error);
      },
    );
  };

  startLog(auth);
  const renderDiagnostics = startDiagnostics(auth);
  const renderPlate = startPlate(auth, act);
  const tick = startDial(auth);
  const renderSession = startSession(find("[data-session]"), auth, act);
  const renderOrders = startOrders(find("[data-orders]"), auth, act, showProblem);
  find("[data-calls]").append(callsPanel(auth, showProblem));
  setText(find("[data-api-origin]"), hostOf(settings.api));

  let route: Route = "overview";
  let lastError: unknown = null;
  const render = () => {
    renderPlate();
    tick();
    renderOverview(auth);
    renderSession();
    renderOrders(route === "orders");
    renderDiagnostics();
    const error = auth.state.lastError ?? null;
    if (error !== lastError) showProblem((lastError = error));
  };

  auth.subscribe(render);
  auth.on("signedInElsewhere", () => offerToJoin());
  auth.on("signedIn", () => closeNotice());
  auth.on("refreshed", tick);
  startRouter((shown) => {
    route = shown;
    // A second tab opens on the same page as this one.
    byTestId("second-tab").setAttribute("href", location.hash || "#/");
    renderOrders(route === "orders");
  });
  render();
}

function renderOverview(auth: Auth): void {
  const title = find("[data-overview-title]");
  const lead = find("[data-overview-lead]");
  const body = find("[data-overview-body]");
  const claims = claimsOf(auth);
  if (auth.state.status === "signedIn" && claims) {
    setText(title, `Welcome, ${nameOf(claims).split(/[\s@]/)[0]}`);
    setText(lead, "You stay signed in. When the token runs out, the next call renews it.");
    body.replaceChildren(profileCard(claims));
  } else if (auth.state.status === "loading") {
    setText(title, "One moment");
    setText(lead, "Picking up where you left off.");
    body.replaceChildren(make("div", { class: "card skeleton-card", "aria-hidden": "true" }));
  } else {
    setText(title, "Sign in once. Every tab follows.");
    setText(lead, "A small app on one dependency. No token in storage, in a URL or on the screen.");
    body.replaceChildren(introCard());
  }
}

/** Another tab has a session now. This page is never navigated by surprise, so it asks. */
function offerToJoin(): void {
  const notice = byTestId("notice");
  notice.replaceChildren(
    make("p", {}, "You signed in in another tab. Load this one again to join."),
    button("Join", { class: "button button-small", "data-testid": "join" }, () => {
      location.reload();
    }),
  );
  notice.hidden = false;
}

function closeNotice(): void {
  byTestId("notice").hidden = true;
}
