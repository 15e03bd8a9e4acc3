/**
 * Puts a WebAssembly module together again that the build took apart (xtask/src/split.rs): bytes of one kind stand side
 * by side in a stream of their own, because they deflate to a seventh less that way.
 *
 * The streams are what stands before and after the code section, then the heads of functions, opcodes with all that is
 * in no other stream, indices of locals that are read and that are written, constants, depths of branches, and, first
 * bytes and those that follow apart, indices of functions and offsets of memory accesses.
 */
export function join([before, after, ...streams]: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const positions = streams.map(() => 0);
  const byte = (stream: number): number => streams[stream]![positions[stream]!++]!;
  /** Copies one number in LEB128 and returns it; a large one may come back wrong, but is copied right. */
  const copy = (to: number[], stream = OPCODES, more = stream): number => {
    let [value, shift, next] = [0, 0, 0];
    do {
      to.push((next = byte(shift ? more : stream)));
      value |= (next & 127) << shift;
      shift += 7;
    } while (next > 127);
    return value;
  };

  const code: number[] = [];
  for (let functions = copy(code, HEADS); functions > 0; functions--) {
    const body: number[] = [];
    for (let groups = copy(body, HEADS); groups > 0; groups--) {
      copy(body, HEADS);
      copy(body, HEADS);
    }
    for (let depth = 1; depth > 0;) {
      const opcode = byte(OPCODES);
      body.push(opcode);
      if (opcode === 0x0b) depth--;
      else if (opcode >= 0x02 && opcode <= 0x04) {
        depth++;
        copy(body);
      } else if (opcode === 0x0c || opcode === 0x0d) copy(body, BRANCHES);
      else if (opcode === 0x0e) {
        for (let targets = copy(body, BRANCHES); targets >= 0; targets--) copy(body, BRANCHES);
      } else if (opcode === 0x10) copy(body, FUNCTIONS, FUNCTIONS + 1);
      else if (opcode === 0x11 || opcode === 0x1c) {
        copy(body);
        copy(body);
      } else if (opcode === 0x20) copy(body, READS);
      else if (opcode === 0x21 || opcode === 0x22) copy(body, WRITES);
      else if (opcode >= 0x28 && opcode <= 0x3e) {
        // The alignment is a hint that engines ignore; the build left it out.
        body.push(0);
        copy(body, OFFSETS, OFFSETS + 1);
      } else if (opcode === 0x41 || opcode === 0x42) copy(body, CONSTANTS);
      else if (opcode === 0x43 || opcode === 0x44) {
        for (let rest = opcode === 0x43 ? 4 : 8; rest > 0; rest--) body.push(byte(OPCODES));
      } else if (opcode === 0xfc) {
        for (let rest = Number("00000000212121211"[copy(body)]); rest > 0; rest--) copy(body);
      } else if (ONE_OPERAND.includes(opcode)) copy(body);
    }
    append(code, leb(body.length));
    append(code, body);
  }
  const parts = [before!, Uint8Array.of(10, ...leb(code.length)), Uint8Array.from(code), after!];
  const module = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    module.set(part, at);
    at += part.length;
  }
  return module;
}

const [HEADS, OPCODES, READS, WRITES, CONSTANTS, BRANCHES, FUNCTIONS, OFFSETS] = [
  0, 1, 2, 3, 4, 5, 6, 8,
];
/** global.get, global.set, table.get, table.set, memory.size, memory.grow, ref.null, ref.func */
const ONE_OPERAND = [0x23, 0x24, 0x25, 0x26, 0x3f, 0x40, 0xd0, 0xd2];

function append(to: number[], bytes: number[]): void {
  for (const byte of bytes) to.push(byte);
}

function leb(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...leb(value >> 7)];
}
