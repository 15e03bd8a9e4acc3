import { find } from "./dom.js";

const titles = { overview: "Overview", orders: "Orders", session: "Session" } as const;
export type Route = keyof typeof titles;

/**
 * Shows the page that the hash names. The path and query stay untouched: they belong to the
 * sign-in's way back, which ends on the address, hash included, where it began.
 */
export function startRouter(onRoute: (route: Route) => void): void {
  const show = (moveFocus: boolean) => {
    const route = routeOf(location.hash);
    document.title = `${titles[route]} · Keyward demo`;
    const article = find("[data-testid=route]");
    article.dataset["route"] = route;
    for (const page of article.querySelectorAll<HTMLElement>("[data-page]")) {
      page.hidden = page.dataset["page"] !== route;
    }
    for (const link of document.querySelectorAll<HTMLElement>("[data-route-link]")) {
      if (link.dataset["routeLink"] === route) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    onRoute(route);
    // A screen reader hears the new page's title, as it would after a full load.
    if (moveFocus) find(`[data-page=${route}] h1`).focus({ preventScroll: true });
  };
  // The skip link must not become a route.
  find("[data-skip]").addEventListener("click", (event) => {
    event.preventDefault();
    find("#content").focus();
  });
  addEventListener("hashchange", () => {
    scrollTo({ top: 0 });
    show(true);
  });
  show(false);
}

function routeOf(hash: string): Route {
  const name = hash.replace(/^#\/?/, "");
  return name === "orders" || name === "session" ? name : "overview";
}
