// Part of upload-worker.js: a DICOM file around its data set: preamble, file meta information, and
// the syntax that the rest is spelled in. PS3.10 section 7.1, PS3.5 annex A.

const IMPLICIT = "1.2.840.10008.1.2";
const EXPLICIT = "1.2.840.10008.1.2.1";
const BIG_ENDIAN = "1.2.840.10008.1.2.2";
const DEFLATED = "1.2.840.10008.1.2.1.99";
const MEDIA_DIRECTORY = "1.2.840.10008.1.3.10";
const META_SYNTAX = 0x00020010;
// What of the file meta information goes on: the others name who sent or wrote the file.
const META_KEPT = new Set([0x00020001, 0x00020002, 0x00020003, META_SYNTAX, 0x00020012, 0x00020013]);
const MAX_INFLATED_BYTES = 2 * 1024 ** 3;

async function isDicom(blob) {
  const mark = new Uint8Array(await blob.slice(128, 132).arrayBuffer());
  return latin(mark) === "DICM";
}

// A file ready to be read: where its data set begins, how it is spelled, and its meta information.
async function openPart10(blob, vrOf) {
  if (!(await isDicom(blob))) throw new Unreadable("other");
  const spelling = new Spelling(true, true, vrOf);
  const source = new Source(blob);
  const meta = [];
  let at = 132;
  while (at + 8 <= source.size) {
    const there = await source.at(at, Math.min(12, source.size - at));
    if (there[0] !== 2 || there[1] !== 0) break;
    const head = spelling.head(there, 0);
    if (head.length > WINDOW_BYTES) throw new Unreadable("broken");
    const value = await source.at(at + head.size, head.length);
    meta.push({ tag: head.tag, vr: head.vr, value: value.slice() });
    at += head.size + head.length;
  }
  const syntax = text(meta.find(({ tag }) => tag === META_SYNTAX)?.value) || IMPLICIT;
  const opened = { source, begins: at, syntax, meta: meta.filter(({ tag }) => META_KEPT.has(tag)) };
  if (syntax === DEFLATED) await inflate(opened, blob);
  const isExplicit = opened.syntax !== IMPLICIT && (await saysVrs(opened));
  opened.spelling = new Spelling(isExplicit, opened.syntax !== BIG_ENDIAN, vrOf);
  return opened;
}

// Some writers leave out the VRs that their syntax promises.
async function saysVrs({ source, begins }) {
  if (begins + 8 > source.size) return true;
  const first = latin(await source.at(begins, 8));
  return VR.test(first.slice(4, 6)) || /^\0+$/.test(first);
}

// A deflated data set goes on as a plain one: it says the same, and is read by more.
async function inflate(opened, blob) {
  const packed = blob.slice(opened.begins).stream();
  const plain = packed.pipeThrough(new DecompressionStream("deflate-raw"));
  opened.source = new Source(await gathered(plain, MAX_INFLATED_BYTES));
  opened.begins = 0;
  opened.syntax = EXPLICIT;
  const element = opened.meta.find(({ tag }) => tag === META_SYNTAX);
  element.value = encoded(EXPLICIT);
}

async function gathered(stream, maxBytes) {
  const pieces = [];
  let length = 0;
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read().catch(() => {
      throw new Unreadable("broken");
    });
    if (done) return new Blob(pieces);
    length += value.length;
    if (length > maxBytes) {
      reader.cancel().catch(() => {});
      throw new Unreadable("bomb");
    }
    pieces.push(value);
  }
}

// Preamble and file meta information, without what named the place where the file was written.
function spellMeta(meta, vrOf) {
  const spelling = new Spelling(true, true, vrOf);
  const body = joined(meta.map((element) => spellElement(element, spelling)));
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, body.length, true);
  const group = spellElement({ tag: 0x00020000, vr: "UL", value: length }, spelling);
  return joined([new Uint8Array(128), encoded("DICM"), group, body]);
}

// ---- text

function latin(bytes) {
  let made = "";
  for (let at = 0; at < bytes.length; at += 8192) {
    made += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return made;
}

const encoded = (words) => Uint8Array.from(words, (letter) => letter.charCodeAt(0));

// A value without the padding at its end.
const text = (bytes) => (bytes ? latin(bytes).replace(/[\0 ]+$/, "") : "");

// Character repertoires of PS3.3 section C.12.1.1.2 by the names that browsers know.
const CHARSETS = {
  "ISO_IR 100": "iso-8859-1", "ISO_IR 101": "iso-8859-2", "ISO_IR 109": "iso-8859-3",
  "ISO_IR 110": "iso-8859-4", "ISO_IR 144": "iso-8859-5", "ISO_IR 127": "iso-8859-6",
  "ISO_IR 126": "iso-8859-7", "ISO_IR 138": "iso-8859-8", "ISO_IR 148": "windows-1254",
  "ISO_IR 203": "iso-8859-15", "ISO_IR 166": "windows-874", "ISO_IR 13": "shift_jis",
  "ISO_IR 192": "utf-8", GB18030: "gb18030", GBK: "gbk",
  "ISO 2022 IR 87": "iso-2022-jp", "ISO 2022 IR 159": "iso-2022-jp",
  "ISO 2022 IR 149": "euc-kr", "ISO 2022 IR 58": "gbk",
};

// For the reader's eyes only: what goes on is never spelled anew.
function shown(bytes, charset) {
  const names = charset.split("\\").map((name) => name.trim()).filter(Boolean);
  const known = names.map((name) => CHARSETS[name] ?? CHARSETS[name.replace("2022 IR", "_IR")]);
  const label = known.reverse().find(Boolean) ?? "iso-8859-1";
  const read = new TextDecoder(label).decode(bytes);
  // eslint-disable-next-line no-control-regex -- escapes of ISO 2022 are what is taken out
  return read.replace(/\x1b[$()][A-Z)]*[A-Z]?/g, "").replace(/[\0\s]+/g, " ").trim();
}
