/** The vault's script: a shared worker for all tabs of an origin, or a dedicated one where there is none. */
import { ofVault } from "../codes.js";
import { workerName } from "../vault/pin.js";
import { VERSION, type ToPage, type ToWorker } from "../vault/messages.js";
import { laterVersion } from "./deployed.js";
import { Parking } from "./parking.js";
import { Tab, type PagePort } from "./tab.js";
import { Vault } from "./vault.js";

interface Scope extends PagePort {
  readonly name: string;
  close(): void;
  /** The configuration that was written into the script; no page can bring another. */
  readonly KEYWARD_CONFIG?: Readonly<Record<string, unknown>>;
  onconnect?: ((event: MessageEvent) => void) | null;
}

const scope = self as unknown as Scope;
/** Names this life of the worker. */
const boot = crypto.randomUUID();
/** One vault, of the configuration that the worker's name stands for. */
let vault: Promise<Vault> | undefined;

/** The worker's name is the configuration's; that of one which took the place of another ends in a version. */
const [configuration, version = ""] = scope.name.split("~");
/**
 * The version that this vault gave way to. The worker stays, to show pages the way: for some time after one has closed
 * itself engines still lead pages to it, Firefox at times for as long as there is a page.
 */
let next: string | undefined;

if ("onconnect" in scope) {
  scope.onconnect = ({ ports: [port] }) => port && serve(port, true);
} else {
  serve(scope, false);
}

function serve(port: PagePort, shared: boolean): void {
  let tab: Tab | undefined;
  const post = (message: ToPage, transfer?: Transferable[]) => port.postMessage(message, transfer);
  port.onmessage = async ({ data }) => {
    const message = data as ToWorker;
    if ("ping" in message) return post({ pong: VERSION, boot });
    if ("retire" in message) return retire(post);
    if (!("hello" in message)) return tab?.hear(message);
    try {
      const opened = await open(message, shared);
      if (!opened || next) return post({ welcome: null, next });
      if (tab) opened.remove(tab);
      tab = new Tab(opened, post);
      opened.add(tab);
      post({ welcome: boot, build: BUILD, lore: ofVault });
      if (!shared) post({ message: { notice: "diagnosis", code: "vault_not_shared" } });
    } catch (error) {
      post({ welcome: null, refused: typeof error === "string" ? error : String(error) });
    }
  };
}

let retiring: Promise<boolean> | undefined;

/** Any script of the origin can ask for this. It is done only if a later version takes over, and no session is lost by it. */
async function retire(post: (message: ToPage) => void): Promise<void> {
  const later = next ?? (await laterVersion());
  if (later === undefined) return post({ retired: 0 });
  const running = await vault?.catch(() => undefined);
  retiring ??= (running?.retire(`${configuration}~${later}`) ?? Promise.resolve(true)).finally(
    () => (retiring = undefined),
  );
  if (await retiring) {
    // Another page may have had it done already.
    next ??= later;
    vault = undefined;
    return post({ retired: 1 });
  }
  post({ message: { notice: "diagnosis", code: "vault_outdated" } });
  post({ retired: 0 });
}

/**
 * A vault believes nobody: another configuration than the one it is named after is refused. Gives none where a later
 * version has taken over.
 */
async function open(
  { config, mark }: { config: string; mark: string | null },
  shared: boolean,
): Promise<Vault | undefined> {
  const options = JSON.parse(config) as Record<string, unknown>;
  const name = await workerName(options);
  const baked = scope.KEYWARD_CONFIG;
  const redirectUri = new URL("callback.html", location.href).href;
  const own = baked ? await workerName({ redirectUri, ...baked }) : name;
  // A worker that is not named after the configuration in its script can serve nobody: the next one may be right.
  if (baked && configuration !== own) setTimeout(() => scope.close());
  if (configuration !== name || own !== name || !/^(\d+\.\d+\.\d+)?$/.test(version)) {
    throw "it belongs to another configuration";
  }
  const origin = String(baked?.["app"] ?? location.origin);
  for (;;) {
    // In the very task: a vault that began here after that would take the session from the one that has it.
    if (next !== undefined) return undefined;
    const first = vault === undefined;
    vault ??= Vault.open(config, origin, mark, shared ? new Parking(name, scope.name) : null);
    try {
      return await vault;
    } catch (error) {
      // What is not pinned may be refused all the same. If another page brought it, this one's own is still to be tried.
      if (!first) continue;
      vault = undefined;
      throw error;
    }
  }
}
