import { button, make, setBusy, setText } from "./dom.js";
import { duration, plural } from "./format.js";
import { settings, type Auth } from "./auth.js";

const many = 20;

/** One call, or twenty at once with the number of renewals they needed. */
export function callsPanel(auth: Auth, report: (error: unknown) => void): HTMLElement {
  const url = new URL("/api/orders", settings.api).href;
  const pins = Array.from({ length: many }, () => make("li", { class: "pin" }));
  const answer = make("pre", { class: "answer", tabindex: "0", "aria-label": "Answer of the API" });
  const summary = make("p", { class: "summary", role: "status", "data-testid": "call-result" });
  const refreshes = make("strong", { class: "figure-number", "data-testid": "refreshes" }, "–");
  const renewalsLabel = make("span", {}, "token renewals");
  const succeeded = make("strong", { class: "figure-number", "data-testid": "succeeded" }, "–");
  const took = make("strong", { class: "figure-number", "data-testid": "took" }, "–");

  const reset = (count: number) => {
    pins.forEach((pin, index) => (pin.dataset["state"] = index < count ? "waiting" : ""));
    for (const figure of [refreshes, succeeded, took]) setText(figure, "–");
    setText(summary, count === 1 ? "Calling" : `Sending ${count} calls`);
  };

  const send = async (count: number) => {
    for (const each of buttons) setBusy(each, true);
    reset(count);
    let renewals = 0;
    const stop = auth.on("refreshed", () => (renewals += 1));
    const begun = performance.now();
    const results = await Promise.all(
      pins.slice(0, count).map(async (pin) => {
        const outcome = await callOnce(auth, url);
        pin.dataset["state"] = outcome.ok ? "good" : "bad";
        return outcome;
      }),
    );
    const spent = performance.now() - begun;
    stop();
    const good = results.filter((result) => result.ok).length;
    setText(refreshes, String(renewals));
    setText(renewalsLabel, renewals === 1 ? "token renewal" : "token renewals");
    setText(succeeded, `${good}/${count}`);
    setText(took, duration(spent));
    const last = results[0];
    answer.textContent = last?.body ?? "";
    const outcome = `${plural(good, "call")} of ${count} succeeded`;
    const renewed = `with ${plural(renewals, "token renewal")}`;
    setText(
      summary,
      count === 1
        ? `${last?.status ?? ""} in ${duration(spent)}, ${renewed}.`
        : `${outcome} ${renewed} in ${duration(spent)}.`,
    );
    summary.dataset["state"] = good === count ? "good" : "bad";
    const failed = results.find((result) => result.error !== undefined);
    report(failed?.error ?? null);
    for (const each of buttons) setBusy(each, false);
  };

  const buttons = [
    button("Call once", { class: "button", "data-testid": "call-once" }, () => void send(1)),
    button(
      `Call ${many} times at once`,
      { class: "button button-primary", "data-testid": "call-many" },
      () => void send(many),
    ),
  ];
  setText(summary, "Each call carries your token; this page's code never needs to see it.");
  return make(
    "div",
    { class: "calls" },
    make("div", { class: "row" }, ...buttons),
    make("ul", { class: "pins", "aria-hidden": "true" }, ...pins),
    make(
      "div",
      { class: "figures" },
      make("div", { class: "figure" }, refreshes, renewalsLabel),
      figure(succeeded, "succeeded"),
      figure(took, "in all"),
    ),
    summary,
    answer,
  );
}

interface Outcome {
  ok: boolean;
  status: string;
  body: string;
  error?: unknown;
}

async function callOnce(auth: Auth, url: string): Promise<Outcome> {
  try {
    const response = await auth.fetch(url);
    const body = pretty(await response.text());
    const status = `${response.status} ${response.statusText}`.trim();
    return { ok: response.ok, status, body };
  } catch (error) {
    return { ok: false, status: "No answer", body: "", error };
  }
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function figure(value: HTMLElement, label: string): HTMLElement {
  return make("div", { class: "figure" }, value, make("span", {}, label));
}
