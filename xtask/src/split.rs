//! Takes a WebAssembly module apart into streams of like bytes, which deflate to a seventh less than the module.
//! `src/npm/join.ts` puts them together again; the build runs it and compares.

use anyhow::{Result, bail};

/// How many streams there are: what stands before and after the code section, then ten of the code's bytes.
const STREAMS: usize = 12;
const BEFORE: usize = 0;
const AFTER: usize = 1;
const HEADS: usize = 2;
const OPCODES: usize = 3;
const READS: usize = 4;
const WRITES: usize = 5;
const CONSTANTS: usize = 6;
const BRANCHES: usize = 7;
/// Of indices of functions, and of offsets, the first byte stands apart from those that follow.
const FUNCTIONS: [usize; 2] = [8, 9];
const OFFSETS: [usize; 2] = [10, 11];

const CODE_SECTION: u8 = 10;

/// A module in pieces.
pub(crate) struct Split {
    /// The streams, in the order in which `join.ts` takes them.
    pub(crate) streams: [Vec<u8>; STREAMS],
    /// What `join.ts` makes of them: the module without its alignment hints, which engines ignore.
    pub(crate) module: Vec<u8>,
}

/// Takes a module apart.
pub(crate) fn split(wasm: &[u8]) -> Result<Split> {
    let Some((header, mut sections)) = wasm.split_at_checked(8) else {
        bail!("no WebAssembly module");
    };
    let mut split = Split {
        streams: std::array::from_fn(|_| Vec::new()),
        module: header.to_vec(),
    };
    split.streams[BEFORE].extend(header);
    let mut at = BEFORE;
    while let Some((&id, rest)) = sections.split_first() {
        let (length, size) = number(rest)?;
        let Some((head, rest)) = rest.split_at_checked(length) else {
            bail!("a section is cut short");
        };
        let Some((content, rest)) = rest.split_at_checked(size) else {
            bail!("a section is cut short");
        };
        if id == CODE_SECTION {
            let code = split.code(content)?;
            split.module.push(id);
            put(&mut split.module, code.len());
            split.module.extend(code);
            at = AFTER;
        } else {
            for bytes in [&[id], head, content] {
                split.streams[at].extend(bytes);
                split.module.extend(bytes);
            }
        }
        sections = rest;
    }
    Ok(split)
}

impl Split {
    fn code(&mut self, section: &[u8]) -> Result<Vec<u8>> {
        let mut reader = Reader {
            rest: section,
            streams: &mut self.streams,
            body: Vec::new(),
        };
        let mut code = Vec::new();
        let count = reader.copy(HEADS)?;
        code.append(&mut reader.body);
        for _ in 0..count {
            let (length, _) = number(reader.rest)?;
            reader.rest = &reader.rest[length..];
            reader.function()?;
            put(&mut code, reader.body.len());
            code.append(&mut reader.body);
        }
        Ok(code)
    }
}

struct Reader<'a> {
    rest: &'a [u8],
    streams: &'a mut [Vec<u8>; STREAMS],
    body: Vec<u8>,
}

impl Reader<'_> {
    fn function(&mut self) -> Result<()> {
        for _ in 0..self.copy(HEADS)? {
            self.copy(HEADS)?;
            self.copy(HEADS)?;
        }
        let mut depth = 1;
        while depth > 0 {
            let opcode = self.byte()?;
            match opcode {
                0x0b => depth -= 1,
                0x02..=0x04 => {
                    depth += 1;
                    self.copy(OPCODES)?;
                }
                0x0c | 0x0d => {
                    self.copy(BRANCHES)?;
                }
                0x0e => {
                    for _ in 0..=self.copy(BRANCHES)? {
                        self.copy(BRANCHES)?;
                    }
                }
                0x10 => {
                    self.copy_apart(FUNCTIONS)?;
                }
                0x11 | 0x1c => {
                    self.copy(OPCODES)?;
                    self.copy(OPCODES)?;
                }
                0x20 => {
                    self.copy(READS)?;
                }
                0x21 | 0x22 => {
                    self.copy(WRITES)?;
                }
                0x28..=0x3e => {
                    let (length, alignment) = number(self.rest)?;
                    if alignment > 4 {
                        bail!("a memory access with a flag of a later proposal");
                    }
                    self.rest = &self.rest[length..];
                    self.body.push(0);
                    self.copy_apart(OFFSETS)?;
                }
                0x41 | 0x42 => {
                    self.copy(CONSTANTS)?;
                }
                0x43 | 0x44 => {
                    for _ in 0..if opcode == 0x43 { 4 } else { 8 } {
                        self.byte()?;
                    }
                }
                0xfc => {
                    let operands = match self.copy(OPCODES)? {
                        0..=7 => 0,
                        8 | 10 | 12 | 14 => 2,
                        9 | 11 | 13 | 15..=16 => 1,
                        other => bail!("opcode 0xfc {other} is not known here"),
                    };
                    for _ in 0..operands {
                        self.copy(OPCODES)?;
                    }
                }
                0x23..=0x26 | 0x3f | 0x40 | 0xd0 | 0xd2 => {
                    self.copy(OPCODES)?;
                }
                0x00 | 0x01 | 0x05 | 0x0f | 0x1a | 0x1b | 0x45..=0xc4 | 0xd1 => {}
                other => bail!("opcode {other:#x} is not known here"),
            }
        }
        Ok(())
    }

    fn byte(&mut self) -> Result<u8> {
        let Some((&byte, rest)) = self.rest.split_first() else {
            bail!("the code is cut short");
        };
        self.rest = rest;
        self.body.push(byte);
        self.streams[OPCODES].push(byte);
        Ok(byte)
    }

    /// Copies one number in LEB128 to a stream.
    fn copy(&mut self, stream: usize) -> Result<usize> {
        self.copy_apart([stream, stream])
    }

    /// The same, with a stream for the first byte and one for the others.
    fn copy_apart(&mut self, [first, others]: [usize; 2]) -> Result<usize> {
        let (length, value) = number(self.rest)?;
        let (bytes, rest) = self.rest.split_at(length);
        self.rest = rest;
        self.body.extend(bytes);
        let (start, more) = bytes.split_at(1);
        self.streams[first].extend(start);
        self.streams[others].extend(more);
        Ok(value)
    }
}

/// Length and value of a number in LEB128; of a value beyond 32 bits only the length counts.
fn number(bytes: &[u8]) -> Result<(usize, usize)> {
    let mut value = 0_usize;
    for (at, byte) in bytes.iter().enumerate().take(10) {
        if at < 5 {
            value |= usize::from(byte & 127) << (7 * at);
        }
        if *byte < 128 {
            return Ok((at + 1, value));
        }
    }
    bail!("a number is cut short")
}

fn put(bytes: &mut Vec<u8>, mut value: usize) {
    while value > 127 {
        bytes.push(value as u8 & 127 | 128);
        value >>= 7;
    }
    bytes.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_streams_hold_every_byte_but_sizes_and_alignments() {
        // (func (param i32) (result i32) (i32.load offset=300 (local.get 0)))
        let body: &[u8] = &[0, 0x20, 0, 0x28, 2, 0xac, 2, 0x0b];
        let mut wasm = b"\0asm\x01\0\0\0\x01\x02ab\x0a\x0a\x01\x08".to_vec();
        wasm.extend(body);
        wasm.extend(b"\x0b\x01c");
        let split = split(&wasm).unwrap();
        assert_eq!(split.streams[BEFORE], b"\0asm\x01\0\0\0\x01\x02ab");
        assert_eq!(split.streams[AFTER], b"\x0b\x01c");
        assert_eq!(split.streams[HEADS], [1, 0]);
        assert_eq!(split.streams[OPCODES], [0x20, 0x28, 0x0b]);
        assert_eq!(split.streams[READS], [0]);
        assert_eq!(OFFSETS.map(|at| split.streams[at].clone()), [[0xac], [2]]);
        let hint = wasm.iter().position(|byte| *byte == 0x28).unwrap() + 1;
        wasm[hint] = 0;
        assert_eq!(split.module, wasm);
    }

    #[test]
    fn what_is_not_known_stops_the_build() {
        for code in [
            &b"\x01\x03\x00\xfd\x0b"[..],
            b"\x01\x03\x00\x28\x40",
            b"\x01\x02\x00",
            b"",
        ] {
            let mut wasm = b"\0asm\x01\0\0\0\x0a".to_vec();
            put(&mut wasm, code.len());
            wasm.extend(code);
            assert!(split(&wasm).is_err(), "{code:?}");
        }
    }
}
