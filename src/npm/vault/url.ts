/** What this module needs of the options. */
interface Vault {
  vault?: string;
}

/** The address of the vault's script, or `null` for what is none on this origin. */
export function vaultUrl(options: object): URL | null {
  try {
    const url = new URL((options as Vault).vault ?? "", document.baseURI);
    return url.origin === location.origin ? url : null;
  } catch {
    return null;
  }
}

/** The redirect page beside the vault's script. */
export function vaultRedirectUri(options: object): string {
  return new URL("callback.html", vaultUrl(options) ?? location.href).href;
}
