// All ready-made cases by name and by catalogue id.

import { callbacks } from "./callback.mjs";
import { discovery } from "./discovery.mjs";
import { idTokenClaims, idTokenForm } from "./id-token.mjs";
import { keys } from "./keys.mjs";
import { sessionEnd, userinfo } from "./session.mjs";
import { codeExchange, refresh } from "./token.mjs";

/** Every case: `{ [name]: { id?, script(op) } }`. */
export const cases = {
  ...discovery,
  ...callbacks,
  ...codeExchange,
  ...refresh,
  ...idTokenClaims,
  ...idTokenForm,
  ...keys,
  ...userinfo,
  ...sessionEnd,
};

/** Catalogue ids that need nothing but the correct provider: the client or the browser is at fault. */
const CORRECT = new Set(
  [7, 8, 9, 10, 11, 12, 14, 50, 52, 53, 55, 57, 59, 61, 70, 71, 72, 73, 74, 75, 76, 77, 85, 86]
    .concat([87, 88])
    .map((n) => `O-${String(n).padStart(2, "0")}`),
);

/** A case by its name or by its catalogue id (the first with that id). */
export function catalogue(name) {
  if (CORRECT.has(name)) return { id: name, script: () => ({}) };
  const found = cases[name] ?? Object.values(cases).find(({ id }) => id === name);
  if (!found) throw new Error(`no such case: ${name}`);
  return found;
}
