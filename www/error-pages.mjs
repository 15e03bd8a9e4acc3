/**
 * @typedef {object} ErrorEntry
 * @property {string} code
 * @property {string} group
 * @property {boolean} retryable
 * @property {string} message
 * @property {string} cause
 * @property {string} fix
 * @property {string} [reference]
 */

/** The page that an error's `docs` leads to. @param {ErrorEntry} entry */
export function errorPage(entry) {
  const retry = entry.retryable
    ? "It can pass by itself: trying again later makes sense."
    : "Trying again changes nothing until the cause is gone.";
  return page(
    entry.code,
    `<header class="article-head">
        <p class="eyebrow"><a href="/errors/#${escape(entry.group)}">${groupTitle(entry.group)}</a></p>
        <h1 class="code-title">${escape(entry.code)}</h1>
        <p class="lead">${rich(entry.message)}</p>
      </header>
      ${section("Why it happens", entry.cause)}
      ${section("How to fix it", entry.fix, "article-fix")}
      ${section("Does trying again help?", retry)}
      ${entry.reference ? section("Where this is specified", entry.reference) : ""}
      <p class="article-actions"><a class="button" href="/errors/">All error codes</a></p>`,
  );
}

/** All codes, in the order of the table, under their groups. @param {ErrorEntry[]} entries */
export function errorIndexPage(entries) {
  const groups = grouped(entries);
  const sections = [...groups].map(
    ([group, members]) => `<section class="article-section" id="${escape(group)}">
        <h2>${groupTitle(group)}</h2>
        <ul class="code-list">
          ${members.map(indexRow).join("\n          ")}
        </ul>
      </section>`,
  );
  return page(
    "Error codes",
    `<header class="article-head">
        <h1>Error codes</h1>
        <p class="lead">
          Every error has a code that stays the same from version to version, a cause and a fix.
        </p>
      </header>
      ${sections.join("\n      ") || "<p>No codes are listed here yet.</p>"}`,
  );
}

function indexRow({ code, message }) {
  const address = `/errors/${encodeURIComponent(code)}`;
  return `<li><a href="${address}">${escape(code)}</a><p>${rich(message)}</p></li>`;
}

function section(title, text, kind = "") {
  const paragraphs = text.split(/\n{2,}/).map((part) => `<p>${rich(part)}</p>`);
  return `<section class="article-section ${kind}"><h2>${title}</h2>${paragraphs.join("")}</section>`;
}

function page(title, body) {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>${escape(title)} · Keyward</title>
    <link rel="icon" href="/icon.svg" type="image/svg+xml" />
    <link rel="stylesheet" href="/style.css" />
  </head>
  <body class="document">
    <header class="bar">
      <a class="brand" href="/">
        <svg class="brand-mark" viewBox="0 0 32 32" aria-hidden="true">
          <circle class="brand-wards" cx="16" cy="16" r="13" />
          <path
            class="brand-keyhole"
            d="M16 7.4a4.8 4.8 0 0 0-2.2 9.1l-1.6 7.1h7.6l-1.6-7.1A4.8 4.8 0 0 0 16 7.4z"
          />
        </svg>
        <span>Keyward</span>
      </a>
      <a class="bar-link" href="/">Open the app</a>
    </header>
    <main class="article">
      ${body}
    </main>
  </body>
</html>
`;
}

const groupTitles = {
  config: "Configuration",
  insecure: "Insecure connection",
  wasm: "WebAssembly",
  issuer_mismatch: "Issuer",
  metadata: "Provider metadata",
  state: "State of the answer",
  response_malformed: "Malformed answer",
  iss: "Issuer of the answer",
  txn: "Sign-in transaction",
  authorization_error: "Refused by the provider",
  token_network: "Token request",
  token_error: "Token error",
  token_invalid: "Token response",
  token_type: "Token type",
  id_token: "ID token",
  keys: "Signing keys",
  refresh: "Renewal",
  userinfo: "UserInfo",
  api: "API calls",
  logout: "Sign-out",
  internal: "Internal",
  vault: "The vault",
};

function groupTitle(group) {
  const words = escape(group.replace(/_/g, " "));
  return groupTitles[group] ?? words.charAt(0).toUpperCase() + words.slice(1);
}

/** Escaped text in which `backticks` become code. */
function rich(text) {
  return escape(text).replace(/`([^`]+)`/g, "<code>$1</code>");
}

function escape(text) {
  const entities = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return String(text).replace(/[&<>"']/g, (sign) => entities[sign]);
}

function grouped(entries) {
  const groups = new Map();
  for (const entry of entries) groups.set(entry.group, [...(groups.get(entry.group) ?? []), entry]);
  return groups;
}
