// A search through a browser's whole profile folder, as someone with the disk could do.
//
// Read: every file as it is, and Firefox's LZ4 session store decoded. Texts are looked for as UTF-8,
// UTF-16 and base64 (which Firefox wraps `history.state` in). Databases compress with snappy and cut
// long values at page borders, so of a long needle its random pieces are looked for as well: a
// compressor leaves what it sees for the first time as it is.

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { join, relative } from "node:path";
import { isMozLz4, readMozLz4 } from "./lz4.mjs";
import { until } from "./until.mjs";

const PIECE = 20;

/** The stores of which a planted marker is on disk in the clear; the search must find all of these. */
const ON_DISK = {
  chromium: ["localStorage", "sessionStorage", "indexedDB", "caches", "historyState"],
  firefox: ["localStorage", "sessionStorage", "indexedDB", "caches", "historyState", "cookies"],
};

/** Where needles are in the files of a folder: `[{ file, needle, form }]`. */
export async function searchFolder(folder, needles) {
  const wanted = needles.flatMap(searchForms);
  const hits = [];
  for (const file of await filesIn(folder)) {
    for (const { bytes, decoded } of await contents(file)) {
      for (const { needle, form, pattern } of wanted) {
        if (!bytes.includes(pattern)) continue;
        hits.push({
          file: relative(folder, file) + (decoded ? ` (${decoded})` : ""),
          needle,
          form,
        });
      }
    }
  }
  return hits;
}

/**
 * Closes a browser that `launchProfile` started and asserts that no needle is in its profile folder,
 * after finding there the markers that `plant` (see dump.mjs) left in the stores.
 * `except` is given each hit and says which are allowed.
 */
export async function assertNotOnDisk(
  profile,
  needles,
  { browser, markers, except = () => false },
) {
  assert.ok(needles.length > 0, "nothing to search for");
  assert.ok(
    needles.every((needle) => needle?.length >= PIECE),
    "a needle is missing or too short to mean anything",
  );
  await written(profile, browser, markers);
  await profile.close();

  const proof = await searchFolder(profile.folder, Object.values(markers));
  for (const store of ON_DISK[browser]) {
    const found = proof.some(({ needle }) => needle === markers[store]);
    assert.ok(found, `the search of the profile is blind for ${store} in ${browser}`);
  }
  const hits = (await searchFolder(profile.folder, needles)).filter((hit) => !except(hit));
  const shown = hits.map(({ file, needle, form }) => `${needle.slice(0, 8)}… in ${file} (${form})`);
  assert.deepEqual(shown, [], "secret found on disk");
}

/** Firefox gathers sessionStorage and history on a timer; the other stores are written on closing. */
async function written({ folder }, browser, markers) {
  if (browser !== "firefox") return;
  const { sessionStorage, historyState } = markers;
  await until(async () => {
    const hits = await searchFolder(join(folder, "sessionstore-backups"), [
      sessionStorage,
      historyState,
    ]);
    return new Set(hits.map(({ needle }) => needle)).size === 2;
  }, "Firefox to write its session store");
}

/** What to look for: the needle in several encodings, and its random pieces. */
function searchForms(needle) {
  const forms = ["utf8", "utf16le"].flatMap((encoding) => {
    const bytes = Buffer.from(needle, encoding);
    return [
      { form: encoding, pattern: bytes },
      ...base64Forms(bytes).map((pattern) => ({ form: `base64 of ${encoding}`, pattern })),
      ...piecesOf(needle).map((piece) => ({
        form: `piece, ${encoding}`,
        pattern: Buffer.from(piece, encoding),
      })),
    ];
  });
  return forms.map((form) => ({ ...form, needle }));
}

/** Only the last part of a token is random throughout: the header of a JWT is in every JWT. */
function piecesOf(needle) {
  const random = needle.slice(needle.lastIndexOf(".") + 1);
  if (random.length < 2 * PIECE) return [];
  const middle = Math.floor((random.length - PIECE) / 2);
  return [-PIECE, middle, 0].map((start) => random.slice(start).slice(0, PIECE));
}

/** What the bytes look like inside the base64 of something longer, at each of three alignments. */
function base64Forms(bytes) {
  return [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString("base64");
    // The first and last characters hold bits of the neighbours.
    return Buffer.from(text.slice(shift === 0 ? 0 : shift + 1, -4));
  });
}

async function filesIn(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.path, entry.name));
}

/** The file as it is, and decoded where it is known to be compressed. */
async function contents(file) {
  let bytes;
  try {
    bytes = await readFile(file);
  } catch (error) {
    // A browser that is still running removes files under our hands.
    if (error.code === "ENOENT") return [];
    throw error;
  }
  if (!isMozLz4(bytes)) return [{ bytes }];
  return [{ bytes }, { bytes: readMozLz4(bytes), decoded: "LZ4" }];
}
