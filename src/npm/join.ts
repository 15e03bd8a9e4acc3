/**
 * Puts a WebAssembly module together again that the build took apart (xtask/src/split.rs): bytes of one kind stand side
 * by side in a stream of their own, because they deflate to a seventh less that way.
 *
 * The streams are what stands before and after the code section, then the heads of functions, opcodes with all that is
 * in no other stream, indices of locals that are read and that are written, constants, depths of branches, and, first
 * bytes and those that follow apart, indices of functions and offsets of memory accesses.
 */
export function join(bytes: Uint8Array, lengths: readonly number[]): Uint8Array<ArrayBuffer> {
  let start = 0;
  const slice = (length: number) => bytes.subarray(start, (start += length));
  const [before, after, ...streams] = lengths.map(slice);
  const positions = new Uint32Array(streams.length);
  // With an alignment behind every byte and a length before every function, which has two of them at least.
  const most = 4 * bytes.length;
  const [code, body] = [new Uint8Array(most), new Uint8Array(most)];
  let [codeLength, bodyLength] = [0, 0];
  const copyByte = (stream: number): number =>
    (body[bodyLength++] = streams[stream]![positions[stream]!++]!);
  /** Copies one number in LEB128 and returns it; a large one may come back wrong, but is copied right. */
  const copy = (stream = OPCODES, more = stream): number => {
    let next = copyByte(stream);
    let value = next & 127;
    for (let shift = 7; next > 127; shift += 7) {
      next = copyByte(more);
      value |= (next & 127) << shift;
    }
    return value;
  };
  /** Moves what was copied to the code, behind its length if that is wanted. */
  const flush = (sized: boolean) => {
    if (sized) codeLength = putNumber(code, codeLength, bodyLength);
    code.set(body.subarray(0, bodyLength), codeLength);
    codeLength += bodyLength;
    bodyLength = 0;
  };

  let functions = copy(HEADS);
  for (flush(false); functions > 0; functions--) {
    for (let groups = 2 * copy(HEADS); groups > 0; groups--) copy(HEADS);
    for (let depth = 1; depth > 0;) {
      const opcode = copyByte(OPCODES);
      if (opcode === 0x20) copy(READS);
      else if (opcode === 0x21 || opcode === 0x22) copy(WRITES);
      else if (opcode === 0x41 || opcode === 0x42) copy(CONSTANTS);
      else if (opcode === 0x0b) depth--;
      else if (opcode >= 0x02 && opcode <= 0x04) {
        depth++;
        copy();
      } else if (opcode === 0x0c || opcode === 0x0d) copy(BRANCHES);
      else if (opcode === 0x0e) {
        for (let targets = copy(BRANCHES); targets >= 0; targets--) copy(BRANCHES);
      } else if (opcode === 0x10) copy(FUNCTIONS, FUNCTIONS + 1);
      else if (opcode === 0x11 || opcode === 0x1c) {
        copy();
        copy();
      } else if (opcode >= 0x28 && opcode <= 0x3e) {
        // The alignment is a hint that engines ignore; the build left it out.
        body[bodyLength++] = 0;
        copy(OFFSETS, OFFSETS + 1);
      } else if (opcode === 0x43 || opcode === 0x44) {
        for (let rest = opcode === 0x43 ? 4 : 8; rest > 0; rest--) copyByte(OPCODES);
      } else if (opcode === 0xfc) {
        for (let rest = Number("00000000212121211"[copy()]); rest > 0; rest--) copy();
      } else if (ONE_OPERAND.includes(opcode)) copy();
    }
    flush(true);
  }
  const module = new Uint8Array(before!.length + 6 + codeLength + after!.length);
  module.set(before!);
  module[before!.length] = 10;
  const at = putNumber(module, before!.length + 1, codeLength);
  module.set(code.subarray(0, codeLength), at);
  module.set(after!, at + codeLength);
  return module.slice(0, at + codeLength + after!.length);
}

const [HEADS, OPCODES, READS, WRITES, CONSTANTS, BRANCHES, FUNCTIONS, OFFSETS] = [
  0, 1, 2, 3, 4, 5, 6, 8,
];
/** global.get, global.set, table.get, table.set, memory.size, memory.grow, ref.null, ref.func */
const ONE_OPERAND = [0x23, 0x24, 0x25, 0x26, 0x3f, 0x40, 0xd0, 0xd2];

/** Writes a number in LEB128; gives the place behind it. */
function putNumber(to: Uint8Array, at: number, value: number): number {
  for (; value > 127; value >>= 7) to[at++] = (value & 127) | 128;
  to[at++] = value;
  return at;
}
