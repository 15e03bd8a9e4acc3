/** What this module needs of the options. */
interface Vault {
  vault?: string;
}

/** The address of the vault's script, or of its folder on another origin; `null` for what is none. */
export function vaultUrl(options: object): URL | null {
  try {
    const url = new URL((options as Vault).vault ?? "", document.baseURI);
    return /^https?:$/.test(url.protocol) ? url : null;
  } catch {
    return null;
  }
}

/** Whether the vault is on an origin of its own: a page reaches it by a frame of that origin, and shares no storage with it. */
export function isApart(options: object): boolean {
  return (vaultUrl(options)?.origin ?? location.origin) !== location.origin;
}

/** The redirect page beside the vault's script. */
export function vaultRedirectUri(options: object): string {
  return new URL("callback.html", vaultUrl(options) ?? location.href).href;
}
