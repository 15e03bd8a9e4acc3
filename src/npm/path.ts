/** The path of a URL of this origin, as transactions keep it; `null` for any other. */
export function sameOriginPath(target: string): string | null {
  // `https:evil` is a path of this origin for one base URL and another host for the next: what looks like an absolute
  // URL has to be one.
  const absolute = /^\s*[a-z][\w+.-]*:/i.test(target);
  if (absolute && !(target + "/").startsWith(location.origin + "/")) return null;
  try {
    const url = new URL(target, location.href);
    const own = url.origin === location.origin && url.origin !== "null";
    return own ? url.pathname + url.search + url.hash : null;
  } catch {
    return null;
  }
}

/** A return target as a path of this origin; `null` for what is none. */
export function returnPath(returnTo: string | undefined): string | null {
  return sameOriginPath(returnTo ?? location.href);
}
