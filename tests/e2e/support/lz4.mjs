// LZ4 block decoding, enough for Firefox's session store ("mozLz4" files).

const MAGIC = Buffer.from("mozLz40\0");

/** Whether the bytes are a `mozLz4` file. */
export function isMozLz4(bytes) {
  return bytes.subarray(0, MAGIC.length).equals(MAGIC);
}

/** The content of a `mozLz4` file: magic, 32-bit length, one LZ4 block. */
export function readMozLz4(bytes) {
  const size = bytes.readUInt32LE(MAGIC.length);
  return decodeBlock(bytes.subarray(MAGIC.length + 4), size);
}

/** Decodes one LZ4 block into `size` bytes. */
export function decodeBlock(input, size) {
  const output = Buffer.alloc(size);
  let from = 0;
  let to = 0;

  // A length of 15 goes on in further bytes, as long as these are 255.
  const length = (nibble) => {
    let total = nibble;
    if (nibble < 15) return total;
    let more;
    do {
      more = input[from++];
      if (more === undefined) throw new Error("LZ4 block ends too early");
      total += more;
    } while (more === 255);
    return total;
  };

  while (from < input.length) {
    const token = input[from++];
    const literals = length(token >> 4);
    if (from + literals > input.length || to + literals > size) throw new Error("bad LZ4 literal");
    to += input.copy(output, to, from, from + literals);
    from += literals;
    if (from === input.length) break;

    const offset = input.readUInt16LE(from);
    from += 2;
    const matched = length(token & 15) + 4;
    if (offset === 0 || offset > to || to + matched > size) throw new Error("bad LZ4 match");
    // Byte by byte: a match may overlap what it is copied to.
    for (const end = to + matched; to < end; to += 1) output[to] = output[to - offset];
  }
  if (to !== size) throw new Error(`LZ4 block gave ${to} bytes instead of ${size}`);
  return output;
}
