// Keyward with the tokens in the page, and one grant for all tabs.
import { createAuth } from "keyward/tabs";
import { opened } from "../ours.mjs";

export const open = ({ issuer, clientId, redirectUri, scope }) =>
  opened(createAuth({ issuer, clientId, redirectUri, scope }));
