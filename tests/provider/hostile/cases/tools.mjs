// How the ready-made cases are written down. A case is `{ id, script }`: the catalogue id it
// belongs to, if any, and a function of the provider that gives a fresh script.

/** A fault on one endpoint. */
export function fault(endpoint, what, id) {
  return { id, script: () => ({ faults: { [endpoint]: { ...what } } }) };
}

/** A hook of the script. */
export function hook(name, change, id) {
  return { id, script: () => ({ [name]: change }) };
}

/** The authorization response's pairs with one parameter replaced, in its place, or added. */
export function replaced(pairs, name, value) {
  return pairs.some(([key]) => key === name)
    ? pairs.map(([key, old]) => [key, key === name ? value : old])
    : [...pairs, [name, value]];
}

/** The pairs without a parameter. */
export function without(pairs, ...names) {
  return pairs.filter(([key]) => !names.includes(key));
}

/** The value of a parameter. */
export function valueOf(pairs, name) {
  return pairs.find(([key]) => key === name)?.[1];
}

/** An HTML page as the body of a fault. */
export const HTML = {
  headers: { "content-type": "text/html" },
  body: "<!doctype html><title>Portal</title><p>Please sign in to the network.</p>",
};
