// Starts the demo. A file of its own, since the page's policy allows no script inside the HTML.
import init from "./demo.js";

await init({ module_or_path: new URL("./demo_bg.wasm", import.meta.url) });
