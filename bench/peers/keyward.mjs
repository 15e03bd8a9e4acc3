// Keyward. Also tells how it makes a call with its own fetch, and how it hears of a sign-out elsewhere.
import { createAuth } from "keyward";
import { opened } from "../ours.mjs";

export const open = ({ issuer, clientId, redirectUri, scope }) =>
  opened(createAuth({ issuer, clientId, redirectUri, scope }));
