// Memory of the browser that this process started: the proportional set size of all its processes. Linux only.
import { readFileSync, readdirSync } from "node:fs";

/** Bytes of all processes below this one. */
export function residentBytes() {
  const parents = new Map();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = read(`/proc/${name}/stat`);
    // The name in brackets may hold anything.
    const parent = stat.slice(stat.lastIndexOf(")")).split(" ")[2];
    parents.set(name, parent);
  }
  const isBelow = (name) => {
    for (let one = parents.get(name); one; one = parents.get(one)) {
      if (one === String(process.pid)) return true;
    }
    return false;
  };
  let sum = 0;
  for (const name of parents.keys()) {
    if (!isBelow(name)) continue;
    const [, kilobytes = 0] = read(`/proc/${name}/smaps_rollup`).match(/^Pss:\s+(\d+)/m) ?? [];
    sum += Number(kilobytes) * 1_024;
  }
  return sum;
}

/** A process may be gone meanwhile. */
function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
