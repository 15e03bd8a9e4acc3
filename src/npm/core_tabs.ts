/** The core chunk for tabs that share one grant: the same, made from a larger module. */
export { open } from "./core.js";
