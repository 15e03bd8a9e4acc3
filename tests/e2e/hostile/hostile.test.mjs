// The package against a provider that breaks one rule at a time. One module per theme; all of them
// share one browser of each kind, see `support/stage.mjs`.
//
//   THEMES="keys,ID token"   only these, by the names that they give themselves
//   EVERYWHERE=1             also in the second browser what is decided in the core

import "./themes/probe.mjs";
import "./themes/discovery.mjs";
import "./themes/request.mjs";
import "./themes/response.mjs";
import "./themes/token.mjs";
import "./themes/id-token.mjs";
import "./themes/signature.mjs";
import "./themes/keys.mjs";
import "./themes/deadlines.mjs";
import "./themes/userinfo.mjs";
import "./themes/refresh.mjs";
import "./themes/refresh-outcomes.mjs";
import "./themes/restore.mjs";
import "./themes/existing-session.mjs";
import "./themes/logout.mjs";
import "./themes/tabs.mjs";
import "./themes/storage.mjs";
import "./themes/urls.mjs";
import "./themes/resources.mjs";
import { playAll } from "./support/stage.mjs";

playAll();
