// What a screen reader needs at least. Not a substitute for a person who uses one.

/** Runs in the page; gives a list of findings. Must not refer to anything outside itself. */
export function checkPage() {
  const findings = [];
  const note = (what, element) =>
    findings.push(element ? `${what}: ${element.outerHTML.slice(0, 120)}` : what);
  const shown = (element) => element.checkVisibility({ visibilityProperty: true });
  const all = (selector) => [...document.querySelectorAll(selector)].filter(shown);
  const textOfIds = (ids) =>
    (ids ?? "")
      .split(/\s+/)
      .map((id) => (id ? (document.getElementById(id)?.textContent ?? "") : ""))
      .join(" ");
  const nameOf = (element) =>
    [
      textOfIds(element.getAttribute("aria-labelledby")),
      element.getAttribute("aria-label"),
      ...[...(element.labels ?? [])].map((label) => label.textContent),
      element.textContent,
      element.getAttribute("alt"),
      element.getAttribute("title"),
      element.querySelector("svg > title")?.textContent,
    ]
      .join("")
      .trim();

  if (!document.documentElement.lang) note("the page names no language");
  if (!document.title.trim()) note("the page has no title");
  if (all("main").length !== 1) note(`${all("main").length} main landmarks`);
  if (all("h1").length !== 1) note(`${all("h1").length} visible h1`);

  let level = 0;
  for (const heading of all("h1, h2, h3, h4, h5, h6")) {
    const next = Number(heading.tagName[1]);
    if (level > 0 && next > level + 1) note(`a heading skips from ${level} to ${next}`, heading);
    if (!heading.textContent.trim()) note("an empty heading", heading);
    level = next;
  }

  const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
  for (const id of new Set(ids.filter((one, at) => ids.indexOf(one) !== at)))
    note(`id twice: ${id}`);

  for (const control of all("a[href], button, input, select, textarea, summary, [role=button]")) {
    if (!nameOf(control)) note("a control without a name", control);
    if (control.tabIndex < 0) note("a control that Tab does not reach", control);
  }
  for (const element of all("[tabindex]")) {
    if (element.tabIndex > 0) note("a tabindex above 0", element);
  }
  for (const image of all("img:not([alt])")) note("an image without alt", image);
  for (const region of all("section[aria-labelledby], [aria-labelledby], [aria-describedby]")) {
    for (const attribute of ["aria-labelledby", "aria-describedby"]) {
      for (const id of (region.getAttribute(attribute) ?? "").split(/\s+/).filter(Boolean)) {
        if (!document.getElementById(id)) note(`${attribute} names a missing ${id}`, region);
      }
    }
  }
  for (const region of all("[role=region], [role=log], aside, nav")) {
    if (!region.getAttribute("aria-label") && !region.getAttribute("aria-labelledby")) {
      note("a region without a name", region);
    }
  }
  return findings;
}
