// Finds the browsers of the tests, or installs them where that is possible.
import { existsSync } from "node:fs";
import { Failure, must, say, which } from "./lib.mjs";

/** Each program: the variable that names it, the names it has on PATH, where macOS has it, its package on Debian. */
const PROGRAMS = {
  chrome: {
    variable: "CHROME",
    names: ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"],
    place: "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    debian: "chromium",
  },
  chromedriver: {
    variable: "CHROMEDRIVER",
    names: ["chromedriver"],
    debian: "chromium-driver",
  },
  firefox: {
    variable: "FIREFOX",
    names: ["firefox-esr", "firefox"],
    place: "/Applications/Firefox.app/Contents/MacOS/firefox",
    debian: "firefox-esr",
  },
  webkit: { variable: "WEBKIT", names: ["WebKitWebDriver"], debian: "webkit2gtk-driver" },
  // The display that WebKit's windows need.
  xvfb: { variable: "XVFB", names: ["Xvfb"], debian: "xvfb" },
};
/** Those that are used where nothing else is said. */
const USUAL = ["chrome", "chromedriver", "firefox"];

/** Flags that keep a headless Chromium quiet and let it run as root. */
export const CHROME_FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

/** Paths of programs by name; throws a `Failure` that names those that are missing. */
export function findBrowsers(names = USUAL) {
  const { found, missing } = look(names);
  if (missing.length > 0) throw new Failure(explain(missing));
  return found;
}

/** Like `findBrowsers`, but installs what is missing by apt-get where we may. */
export async function ensureBrowsers(names = USUAL) {
  const { missing } = look(names);
  if (missing.length > 0 && which("apt-get") && process.getuid?.() === 0) {
    const packages = missing.map((name) => PROGRAMS[name].debian);
    say(`installing ${packages.join(", ")}`);
    const options = { quiet: true, env: { DEBIAN_FRONTEND: "noninteractive" } };
    const wait = ["-o", "DPkg::Lock::Timeout=300"];
    await must("apt-get", [...wait, "update"], options);
    // Driver and browser must be of one version, so both come from the same lists.
    if (missing.includes("chromedriver") && !packages.includes("chromium")) {
      packages.push("chromium");
    }
    await must(
      "apt-get",
      [...wait, "install", "-y", "--no-install-recommends", ...packages],
      options,
    );
  }
  return findBrowsers(names);
}

function look(wanted) {
  const found = {};
  const missing = [];
  for (const name of wanted) {
    const { variable, names, place } = PROGRAMS[name];
    const onPath = names.map(which).find((path) => path !== undefined);
    const path =
      process.env[variable] || onPath || (place && existsSync(place) ? place : undefined);
    if (path) found[name] = path;
    else missing.push(name);
  }
  return { found, missing };
}

function explain(missing) {
  const lines = missing.map((name) => {
    const { variable, names, debian } = PROGRAMS[name];
    return `  - ${name}: none of ${names.join(", ")} on PATH; set ${variable} to its path, or on Debian: apt-get install ${debian}`;
  });
  return `The browser tests lack:\n${lines.join("\n")}`;
}
