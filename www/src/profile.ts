import { make } from "./dom.js";
import { nameOf, settings, type Claims } from "./auth.js";
import { hostOf } from "./format.js";

const labels: Record<string, string> = {
  name: "Name",
  email: "Email",
  preferred_username: "Username",
  given_name: "Given name",
  family_name: "Family name",
  nickname: "Nickname",
  locale: "Language",
  zoneinfo: "Time zone",
  phone_number: "Phone",
  sub: "Subject",
};

const partsOfName = { given_name: true, family_name: true };

/** Who is signed in, in the order a person would tell it. */
export function profileCard(claims: Claims): HTMLElement {
  const name = nameOf(claims);
  const rows = Object.keys(labels)
    .filter((claim) => !(claim in partsOfName && claims["name"]))
    .filter((claim) => typeof claims[claim] === "string" && claims[claim] !== "")
    .map((claim) => row(claim, String(claims[claim]), claims));
  return make(
    "section",
    { class: "card profile", "aria-labelledby": "profile-title" },
    make("span", { class: "avatar", "aria-hidden": "true" }, initials(name)),
    make(
      "div",
      { class: "profile-body" },
      make("h2", { id: "profile-title" }, "Who you are"),
      make("dl", { class: "facts", "data-testid": "claims" }, ...rows),
    ),
  );
}

/** What to try, for a visitor who has not signed in. */
export function introCard(): HTMLElement {
  const steps: [string, string][] = [
    ["Sign in", `with ${hostOf(settings.issuer)}, as alice or bob with any password.`],
    ["Send twenty calls at once", "after the countdown ran out. They share a single renewal."],
    ["Open a second tab", "and sign out in one of the two. The other follows while you watch."],
  ];
  return make(
    "section",
    { class: "card", "aria-labelledby": "intro-title" },
    make("h2", { id: "intro-title" }, "Three things to try"),
    make(
      "ol",
      { class: "steps" },
      ...steps.map(([what, how]) => make("li", {}, make("strong", {}, what), ` ${how}`)),
    ),
  );
}

const moments = new Set(["auth_time", "exp", "iat", "nbf", "updated_at"]);

/** Any claim as one line of text; the claims that count seconds as a date. */
export function claimText(value: unknown, claim = ""): string {
  if (moments.has(claim) && typeof value === "number")
    return new Date(value * 1000).toLocaleString();
  return typeof value === "string" ? value : JSON.stringify(value);
}

function row(claim: string, value: string, claims: Claims): HTMLElement {
  const verified =
    claim === "email" && claims["email_verified"] === true
      ? make("span", { class: "tag" }, "verified")
      : null;
  return make(
    "div",
    {},
    make("dt", {}, labels[claim] ?? claim),
    make("dd", claim === "sub" ? { class: "mono" } : {}, value, verified),
  );
}

function initials(name: string): string {
  const words = name.split(/[\s@._-]+/).filter(Boolean);
  const letters = [words[0], words.length > 1 ? words[words.length - 1] : undefined];
  return letters
    .map((word) => (word ? [...word][0] : ""))
    .join("")
    .toUpperCase();
}
