type Child = Node | string | null;

/** Finds one element of the page's own markup; a miss is a mistake in index.html. */
export function find<E extends Element = HTMLElement>(
  selector: string,
  root: ParentNode = document,
): E {
  const found = root.querySelector<E>(selector);
  if (!found) throw new Error(`index.html has no ${selector}`);
  return found;
}

export function byTestId<E extends Element = HTMLElement>(id: string): E {
  return find<E>(`[data-testid="${id}"]`);
}

/** Builds an element. Text always goes in as text nodes, so no answer of a server becomes markup. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.filter((child): child is Node | string => child !== null));
  return element;
}

/** Text in which `backticks` stand around code, as the package writes its texts. */
export function prose(text: string): (Node | string)[] {
  return text.split("`").map((part, index) => (index % 2 === 1 ? make("code", {}, part) : part));
}

export function button(label: string, attributes: Record<string, string>, onClick: () => void) {
  const element = make("button", { class: "button", type: "button", ...attributes }, label);
  whenPressed(element, onClick);
  return element;
}

/** Runs on each press, except while the button is busy. */
export function whenPressed(element: HTMLButtonElement, onClick: () => void): void {
  element.addEventListener("click", () => {
    if (element.getAttribute("aria-disabled") !== "true") onClick();
  });
}

/** Not `disabled`, which would take the keyboard focus away from the button just pressed. */
export function setBusy(element: HTMLButtonElement, busy: boolean): void {
  element.setAttribute("aria-disabled", String(busy));
}

/** Writes only on change: a live region would announce the same words again otherwise. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
