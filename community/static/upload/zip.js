// Part of upload-worker.js: the files of a ZIP, one by one and never all in memory.
// APPNOTE.TXT of PKWARE sections 4.3 and 4.5.3; stored and deflated files only.

const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
const END_BYTES = 22;
const MAX_COMMENT = 0xffff;
const MAX_ENTRIES = 20000;
const MAX_DIRECTORY_BYTES = 16 * 1024 * 1024;
const MAX_ENTRY_BYTES = 2 * 1024 ** 3;
const IN_64 = 0xffffffff;

async function isZip(blob) {
  const bytes = new Uint8Array(await blob.slice(0, 4).arrayBuffer());
  const mark = bytes.length === 4 ? new DataView(bytes.buffer).getUint32(0, true) : 0;
  return mark === LOCAL || mark === END;
}

// The entries that are files, and why others are none.
async function readDirectory(blob) {
  const { offset, length, count } = await findDirectory(blob);
  if (count > MAX_ENTRIES || length > MAX_DIRECTORY_BYTES) throw new Unreadable("many");
  if (offset + length > blob.size) throw new Unreadable("short");
  const view = new DataView(await blob.slice(offset, offset + length).arrayBuffer());
  const entries = [];
  let at = 0;
  while (at + 46 <= length && view.getUint32(at, true) === ENTRY) {
    const { entry, next } = readEntry(view, at);
    at = next;
    if (!entry.name.endsWith("/") && !/(^|\/)(__MACOSX\/|\.)/.test(entry.name)) entries.push(entry);
  }
  return entries;
}

async function findDirectory(blob) {
  const start = Math.max(0, blob.size - END_BYTES - MAX_COMMENT - 20);
  const view = new DataView(await blob.slice(start).arrayBuffer());
  let at = view.byteLength - END_BYTES;
  while (at >= 0 && view.getUint32(at, true) !== END) at -= 1;
  if (at < 0) throw new Unreadable("broken");
  const found = {
    count: view.getUint16(at + 10, true),
    length: view.getUint32(at + 12, true),
    offset: view.getUint32(at + 16, true),
  };
  if (at < 20 || view.getUint32(at - 20, true) !== LOCATOR_64) return found;
  const place = Number(view.getBigUint64(at - 12, true));
  const long = new DataView(await blob.slice(place, place + 56).arrayBuffer());
  if (long.byteLength < 56 || long.getUint32(0, true) !== END_64) throw new Unreadable("broken");
  return {
    count: Number(long.getBigUint64(32, true)),
    length: Number(long.getBigUint64(40, true)),
    offset: Number(long.getBigUint64(48, true)),
  };
}

function readEntry(view, at) {
  const [name, extra, comment] = [28, 30, 32].map((place) => view.getUint16(at + place, true));
  const next = at + 46 + name + extra + comment;
  if (next > view.byteLength) throw new Unreadable("broken");
  const entry = {
    isLocked: Boolean(view.getUint16(at + 8, true) & 1),
    method: view.getUint16(at + 10, true),
    packed: view.getUint32(at + 20, true),
    size: view.getUint32(at + 24, true),
    offset: view.getUint32(at + 42, true),
    name: new TextDecoder().decode(new Uint8Array(view.buffer, at + 46, name)),
  };
  readLongNumbers(view, at + 46 + name, extra, entry);
  return { entry, next };
}

// Numbers too long for their field stand in an extra field, in this order.
function readLongNumbers(view, begins, length, entry) {
  for (let at = begins; at + 4 <= begins + length;) {
    const size = view.getUint16(at + 2, true);
    if (view.getUint16(at, true) === 1) {
      let place = at + 4;
      for (const field of ["size", "packed", "offset"]) {
        if (entry[field] !== IN_64 || place + 8 > at + 4 + size) continue;
        entry[field] = Number(view.getBigUint64(place, true));
        place += 8;
      }
    }
    at += 4 + size;
  }
}

// What an entry holds; refused when it is longer than it says.
async function openEntry(blob, entry) {
  if (entry.isLocked) throw new Unreadable("locked");
  if (entry.size > MAX_ENTRY_BYTES) throw new Unreadable("bomb");
  const head = new DataView(await blob.slice(entry.offset, entry.offset + 30).arrayBuffer());
  if (head.byteLength < 30 || head.getUint32(0, true) !== LOCAL) throw new Unreadable("broken");
  const begins = entry.offset + 30 + head.getUint16(26, true) + head.getUint16(28, true);
  const packed = blob.slice(begins, begins + entry.packed);
  if (entry.method === 0) return packed;
  if (entry.method !== 8) throw new Unreadable("method");
  return gathered(packed.stream().pipeThrough(new DecompressionStream("deflate-raw")), entry.size);
}
