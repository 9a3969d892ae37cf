// Part of upload-worker.js (community/look/assets.py joins it): the elements of a DICOM data set,
// read from a file in pieces and written again. What is done with them is deidentify.js.
// PS3.5 sections 7.1 to 7.5 and annex A; PS3.10 section 7.1.

"use strict";

const UNDEFINED = 0xffffffff;
const ITEM = 0xfffee000;
const ITEM_END = 0xfffee00d;
const SEQUENCE_END = 0xfffee0dd;
const PIXELS = 0x7fe00010;

const SHORT_VRS = new Set(
  "AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split(" "),
);
const VR = /^[A-Z]{2}$/;

const WINDOW_BYTES = 64 * 1024;
const MAX_TREE_BYTES = 64 * 1024 * 1024;
const MAX_DEPTH = 32;

// The file is no DICOM file, or breaks its rules where they matter; `code` says which.
class Unreadable extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

// What was loaded of a sequence ends before the sequence does.
class NeedMore extends Error {}

// A file of which only a window is in memory.
class Source {
  constructor(blob) {
    this.blob = blob;
    this.size = blob.size;
    this.start = 0;
    this.bytes = new Uint8Array(0);
  }

  async at(offset, length) {
    const end = offset + length;
    if (end > this.size) throw new Unreadable("short");
    if (offset < this.start || end > this.start + this.bytes.length) {
      const until = Math.min(this.size, offset + Math.max(length, WINDOW_BYTES));
      this.bytes = new Uint8Array(await this.blob.slice(offset, until).arrayBuffer());
      this.start = offset;
    }
    return this.bytes.subarray(offset - this.start, end - this.start);
  }
}

// How elements are spelled: explicit or implicit VR, byte order, and the VRs of the dictionary.
class Spelling {
  constructor(explicit, little, vrOf) {
    this.explicit = explicit;
    this.little = little;
    this.vrOf = vrOf;
  }

  // Of what lies in an element of VR UN: always implicit, little endian (PS3.5 section 6.2.2).
  get unknown() {
    return new Spelling(false, true, this.vrOf);
  }

  // The head of the element at `offset`, of which `bytes` hold what there is.
  head(bytes, offset) {
    if (bytes.length - offset < 8) throw new NeedMore();
    const view = new DataView(bytes.buffer, bytes.byteOffset + offset, bytes.length - offset);
    const group = view.getUint16(0, this.little);
    const tag = ((group << 16) | view.getUint16(2, this.little)) >>> 0;
    if (group === 0xfffe) return { tag, vr: "", length: view.getUint32(4, this.little), size: 8 };
    if (!this.explicit) {
      return { tag, vr: this.vrOf(tag), length: view.getUint32(4, this.little), size: 8 };
    }
    const vr = String.fromCharCode(view.getUint8(4), view.getUint8(5));
    if (!VR.test(vr)) throw new Unreadable("broken");
    if (SHORT_VRS.has(vr)) return { tag, vr, length: view.getUint16(6, this.little), size: 8 };
    if (view.byteLength < 12) throw new NeedMore();
    return { tag, vr, length: view.getUint32(8, this.little), size: 12 };
  }

  // The bytes of an element's head.
  spell(tag, vr, length) {
    const isDelimiter = tag >>> 16 === 0xfffe;
    const isLong = this.explicit && !isDelimiter && !SHORT_VRS.has(vr);
    const bytes = new Uint8Array(isLong ? 12 : 8);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, tag >>> 16, this.little);
    view.setUint16(2, tag & 0xffff, this.little);
    if (!this.explicit || isDelimiter) {
      view.setUint32(4, length, this.little);
      return bytes;
    }
    bytes.set([vr.charCodeAt(0), vr.charCodeAt(1)], 4);
    if (isLong) view.setUint32(8, length, this.little);
    else view.setUint16(6, length, this.little);
    return bytes;
  }
}

// The VR by which a value is understood: text that claims to be bytes of nobody knows what is text.
function understood(spelling, { tag, vr }) {
  return vr === "UN" ? spelling.vrOf(tag) : vr;
}

// The elements at the top of a data set, one after the other. Values that may be long are told by
// where they lie: `from` and `to` in the file, head included; `value` is loaded on request.
async function* topElements(source, offset, spelling) {
  let at = offset;
  while (at < source.size) {
    const there = await source.at(at, Math.min(12, source.size - at));
    if (there.length < 8) return;
    if (there.subarray(0, 8).every((byte) => !byte)) {
      at += 8; // some writers pad with zeros
      continue;
    }
    const head = spelling.head(there, 0);
    const from = at;
    const begins = at + head.size;
    const element = { ...head, from, begins };
    if (head.length !== UNDEFINED) {
      element.to = begins + head.length;
      if (element.to > source.size) throw new Unreadable("short");
      if (understood(spelling, head) === "SQ") {
        if (head.length > MAX_TREE_BYTES) throw new Unreadable("long");
        const bytes = await source.at(begins, head.length);
        element.items = readWhole(bytes, inner(spelling, head));
      }
    } else if (isFragmented(head)) {
      element.to = await endOfFragments(source, begins, spelling);
    } else {
      const read = await readOpenSequence(source, begins, inner(spelling, head));
      element.items = read.items;
      element.to = begins + read.end;
    }
    yield element;
    at = element.to;
  }
}

const isFragmented = ({ tag, vr }) => tag === PIXELS || vr === "OB" || vr === "OW";

const inner = (spelling, { vr }) => (vr === "UN" ? spelling.unknown : spelling);

async function endOfFragments(source, begins, spelling) {
  let at = begins;
  for (;;) {
    const { tag, length, size } = spelling.head(await source.at(at, 8), 0);
    if (tag === SEQUENCE_END) return at + size;
    if (tag !== ITEM || length === UNDEFINED) throw new Unreadable("broken");
    at += size + length;
  }
}

async function readOpenSequence(source, begins, spelling) {
  for (let length = WINDOW_BYTES; ; length *= 4) {
    const there = Math.min(length, source.size - begins);
    try {
      return readItems(await source.at(begins, there), 0, UNDEFINED, spelling, 1);
    } catch (error) {
      if (!(error instanceof NeedMore)) throw error;
      if (there === source.size - begins) throw new Unreadable("short");
      if (there >= MAX_TREE_BYTES) throw new Unreadable("long");
    }
  }
}

// The items of a sequence that says how long it is; one that goes on after that is none.
function readWhole(bytes, spelling) {
  try {
    return readItems(bytes, 0, bytes.length, spelling, 1).items;
  } catch (error) {
    throw error instanceof NeedMore ? new Unreadable("broken") : error;
  }
}

// Items from `at` on; `end` is where they end, or UNDEFINED: then a delimiter says so.
function readItems(bytes, at, end, spelling, depth) {
  if (depth > MAX_DEPTH) throw new Unreadable("deep");
  const items = [];
  while (end === UNDEFINED || at < end) {
    const { tag, length, size } = spelling.head(bytes, at);
    at += size;
    if (tag === SEQUENCE_END) return { items, end: at };
    if (tag !== ITEM) throw new Unreadable("broken");
    const until = length === UNDEFINED ? UNDEFINED : at + length;
    if (until !== UNDEFINED && until > bytes.length) throw new NeedMore();
    const item = readElements(bytes, at, until, spelling, depth);
    items.push(item.elements);
    at = item.end;
  }
  return { items, end: at };
}

function readElements(bytes, at, end, spelling, depth) {
  const elements = [];
  while (end === UNDEFINED || at < end) {
    const head = spelling.head(bytes, at);
    if (head.tag === ITEM_END) return { elements, end: at + head.size };
    const element = readElement(bytes, at, head, spelling, depth);
    elements.push(element);
    at = element.to;
  }
  return { elements, end: at };
}

function readElement(bytes, at, head, spelling, depth) {
  const begins = at + head.size;
  if (head.length === UNDEFINED && isFragmented(head)) {
    const to = endOfInnerFragments(bytes, begins, spelling);
    return { ...head, to, value: bytes.subarray(begins, to) };
  }
  if (head.length === UNDEFINED || understood(spelling, head) === "SQ") {
    const until = head.length === UNDEFINED ? UNDEFINED : begins + head.length;
    if (until !== UNDEFINED && until > bytes.length) throw new NeedMore();
    const { items, end } = readItems(bytes, begins, until, inner(spelling, head), depth + 1);
    return { ...head, to: end, items };
  }
  const to = begins + head.length;
  if (to > bytes.length) throw new NeedMore();
  return { ...head, to, value: bytes.subarray(begins, to) };
}

function endOfInnerFragments(bytes, at, spelling) {
  for (;;) {
    const { tag, length, size } = spelling.head(bytes, at);
    if (tag === SEQUENCE_END) return at + size;
    if (tag !== ITEM || length === UNDEFINED) throw new Unreadable("broken");
    at += size + length;
  }
}

// ---- writing

// An element with a value of an even number of bytes.
function spellElement({ tag, vr, length, value, items }, spelling) {
  if (items) {
    const body = spellItems(items, inner(spelling, { vr }));
    return joined([spelling.spell(tag, vr, body.length), body]);
  }
  // Fragments go as they came, their delimiters included.
  if (length === UNDEFINED) return joined([spelling.spell(tag, vr, UNDEFINED), value]);
  const even = value.length % 2 ? joined([value, padding(vr)]) : value;
  return joined([spelling.spell(tag, vr, even.length), even]);
}

const padding = (vr) => new Uint8Array([vr === "UI" || vr[0] === "O" || vr === "UN" ? 0 : 0x20]);

function spellItems(items, spelling) {
  const pieces = [];
  for (const elements of items) {
    const body = joined(elements.map((element) => spellElement(element, spelling)));
    pieces.push(spelling.spell(ITEM, "", body.length), body);
  }
  return joined(pieces);
}

function joined(pieces) {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
