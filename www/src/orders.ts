import { button, make } from "./dom.js";
import { settings, type Auth } from "./auth.js";
import { claimText } from "./profile.js";

/** The orders page: asks the API when it is shown to somebody who is signed in. */
export function startOrders(
  card: HTMLElement,
  auth: Auth,
  act: Act,
  report: (error: unknown) => void,
) {
  let run: AbortController | null = null;
  let shownFor: string | null = null;

  const load = async () => {
    run?.abort();
    const mine = (run = new AbortController());
    card.replaceChildren(skeleton());
    try {
      const url = new URL("/api/orders", settings.api);
      const response = await auth.fetch(url, { signal: mine.signal });
      if (!response.ok) throw new Error(`The API answered ${response.status}.`);
      const rows = rowsOf(await response.json());
      if (!mine.signal.aborted) card.replaceChildren(rows.length > 0 ? table(rows) : empty());
    } catch (error) {
      if (mine.signal.aborted) return;
      shownFor = null;
      card.replaceChildren(
        make("p", { class: "empty" }, "The orders could not be loaded."),
        button("Try again", {}, () => void load()),
      );
      report(error);
    }
  };

  return function render(visible: boolean): void {
    const state = auth.state;
    const reader = state.status === "signedIn" ? String(auth.user?.sub) : state.status;
    if (!visible || reader === shownFor) return;
    shownFor = reader;
    run?.abort();
    if (state.status === "signedIn") void load();
    else if (state.status === "loading") card.replaceChildren(skeleton());
    else card.replaceChildren(gate(() => act(() => auth.signIn())));
  };
}

function gate(signIn: () => void): HTMLElement {
  return make(
    "div",
    { class: "empty", "data-testid": "gate" },
    make("strong", {}, "Orders are for signed-in people"),
    make("span", {}, "Sign in, and you come straight back to this page."),
    button("Sign in to see them", { "data-testid": "gate-sign-in" }, signIn),
  );
}

function empty(): HTMLElement {
  return make("p", { class: "empty" }, "There are no orders yet.");
}

function skeleton(): HTMLElement {
  const lines = Array.from({ length: 4 }, () => make("span", { class: "skeleton" }));
  return make("div", { class: "skeletons", "aria-label": "Loading" }, ...lines);
}

type Act = (action: () => Promise<unknown>) => void;
type Row = Record<string, unknown>;

/** Takes a list, or an object that holds one: which of the two is the API's own affair. */
function rowsOf(answer: unknown): Row[] {
  const isRow = (value: unknown): value is Row => typeof value === "object" && value !== null;
  if (Array.isArray(answer)) return answer.filter(isRow);
  if (!isRow(answer)) return [];
  const list = Object.values(answer).find(Array.isArray);
  return list ? list.filter(isRow) : [answer];
}

function table(rows: Row[]): HTMLElement {
  const columns = Object.keys(rows[0] ?? {}).slice(0, 5);
  const title = (name: string) => name.charAt(0).toUpperCase() + name.slice(1).replace(/_/g, " ");
  // The first column names the row; amounts may come as strings, which keep their cents.
  const numeric = (name: string) =>
    name !== columns[0] && /^-?\d+(\.\d+)?$/.test(claimText(rows[0]?.[name]));
  const cell = (name: string) => (numeric(name) ? { class: "number" } : {});
  return make(
    "div",
    { class: "table-scroll", tabindex: "0", role: "region", "aria-label": "Table of orders" },
    make(
      "table",
      { "data-testid": "orders" },
      make(
        "thead",
        {},
        make(
          "tr",
          {},
          ...columns.map((name) => make("th", { scope: "col", ...cell(name) }, title(name))),
        ),
      ),
      make(
        "tbody",
        {},
        ...rows.map((row) =>
          make("tr", {}, ...columns.map((name) => make("td", cell(name), claimText(row[name])))),
        ),
      ),
    ),
  );
}
