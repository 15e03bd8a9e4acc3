import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { buildForBrowser, cargoIn, packedCrate, rustProject } from "./crate.mjs";
import { root } from "./tarball.mjs";

const FILES =
  /^src\/.*\.rs$|^src\/vault\/(platform|tabs)\.js$|^src\/front\/worker\/keyward\.js$|^dist\/files\/\w+\.(js|html)$|^Cargo\.(toml(\.orig)?|lock)$|^\.cargo_vcs_info\.json$|^(CHANGELOG|README|SECURITY)\.md$|^LICENSE-(APACHE|MIT)$/;

/** What wasm-bindgen itself exports, and the `main` of the app. */
const PLAIN_EXPORTS = /^(memory|main|__\w+|wasm_bindgen__\w+)$/;

const APP = `use keyward::{AuthConfig, yew::*};
use yew::prelude::*;

#[component]
fn App() -> Html {
    html! {
        <AuthProvider config={AuthConfig::new("https://id.example", "spa")}>
            <AuthPending><p>{ "one moment" }</p></AuthPending>
            <SignedIn><p>{ "is in" }</p></SignedIn>
            <SignedOut><p>{ "is out" }</p></SignedOut>
            <RequireAuth pending={html!(<i>{ "not yet" }</i>)}><b>{ "private" }</b></RequireAuth>
            <SignInButton />
        </AuthProvider>
    }
}

#[cfg(target_arch = "wasm32")]
fn main() {
    yew::Renderer::<App>::new().render();
}

#[cfg(not(target_arch = "wasm32"))]
#[tokio::main(flavor = "current_thread")]
async fn main() {
    println!("{}", yew::ServerRenderer::<App>::new().render().await);
}
`;

const DEPENDENCIES = `yew = { version = "0.23", features = ["csr", "ssr"] }

[target.'cfg(not(target_arch = "wasm32"))'.dependencies]
tokio = { version = "1", features = ["macros", "rt"] }`;

describe("the packed crate", () => {
  test("holds what belongs to it and nothing else", () => {
    const { files } = packedCrate();
    assert.deepEqual(
      files.filter((name) => !FILES.test(name)),
      [],
    );
    for (const name of [
      ...["README.md", "LICENSE-MIT", "src/lib.rs", "src/vault/platform.js"],
      ...["src/vault/tabs.js", "src/front/worker/keyward.js", "dist/files/vault.js"],
    ]) {
      assert.ok(files.includes(name), `${name} is missing`);
    }
  });

  const project = () =>
    rustProject("fresh-app", {
      features: ["yew", "router"],
      dependencies: DEPENDENCIES,
      files: { "src/main.rs": APP },
    });

  test("builds in a fresh project for the browser, without a flag, and exports nothing", async () => {
    // The project lies below this one, whose settings cargo reads too.
    assert.doesNotMatch(readFileSync(join(root, ".cargo/config.toml"), "utf8"), /flags|\[env\]/);
    const out = await buildForBrowser(project(), "fresh-app");
    const names = exportsOf(join(out, "app_bg.wasm"));
    assert.deepEqual(
      names.filter((name) => !PLAIN_EXPORTS.test(name)),
      [],
    );
    // The probe: the module of the npm package does export something.
    const npm = exportsOf(join(root, "target/npm/page/keyward_bg.wasm"));
    assert.deepEqual(
      npm.filter((name) => !PLAIN_EXPORTS.test(name)),
      ["open"],
    );
  });

  test("builds on a server, which renders the pending state", async () => {
    const { code, output } = await cargoIn(project(), "run", "--quiet");
    assert.equal(code, 0, output);
    assert.match(output, /<p>one moment<\/p>/);
    assert.match(output, /<i>not yet<\/i>/);
    assert.match(output, /<button type="button"[^>]*>Sign in/);
    assert.doesNotMatch(output, /is in|is out|private/);
  });
});

describe("an app whose vault is a worker", () => {
  test("writes the vault's files in its build script, and carries no vault", async () => {
    const { folder: keyward } = packedCrate();
    const files = {
      "src/main.rs": APP.replace('"spa")', '"spa").vault("/keyward/vault.js")'),
      "build.rs": `fn main() -> std::io::Result<()> {
    keyward::vault_files::write("static/keyward", None).map(|_| ())
}`,
    };
    const dependencies = `${DEPENDENCIES}

[build-dependencies]
keyward = { path = ${JSON.stringify(keyward)}, default-features = false, features = ["vault-files"] }`;
    const project = rustProject("vault-app", {
      features: ["yew", "worker-vault"],
      dependencies,
      files,
      light: true,
    });
    const out = await buildForBrowser(project, "vault-app");
    for (const name of readdirSync(join(root, "dist/files"))) {
      if (name.startsWith("frame.")) continue; // Of a vault on an origin of its own.
      const written = readFileSync(join(project, "static/keyward", name));
      assert.ok(written.equals(readFileSync(join(root, "dist/files", name))), name);
    }
    // What every token request names. The probe: the app with a vault in the page does.
    const names = (file) => readFileSync(file).includes("code_verifier");
    assert.ok(!names(join(out, "app_bg.wasm")));
    assert.ok(names(join(root, "target/npm/page/keyward_bg.wasm")));
  });
});

function exportsOf(file) {
  const module = new WebAssembly.Module(readFileSync(file));
  return WebAssembly.Module.exports(module).map(({ name }) => name);
}
