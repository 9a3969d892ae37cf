// Part of upload-worker.js: the first de-identification. What table E.1-1 removes, empties or
// replaces is so before the file leaves; names that were found are taken out of every other text;
// dates are moved. UIDs, prose and pixels are left for the server, which knows how.
// PS3.15 sections E.1 and E.3.6; the table comes from community/uploading/rules.py.

const SOP_CLASS = 0x00080016;
const SOP_INSTANCE = 0x00080018;
const STUDY_UID = 0x0020000d;
const SERIES_UID = 0x0020000e;
const CHARSET = 0x00080005;
const PATIENT_NAME = 0x00100010;
const PATIENT_ID = 0x00100020;
const ISSUER = 0x00100021;
const BIRTH_DATE = 0x00100030;
const BURNED_IN = 0x00280301;
const DOCUMENT = 0x00420011;
const TOLD = {
  [SOP_CLASS]: "sopClass", [SOP_INSTANCE]: "instance", [STUDY_UID]: "study", [SERIES_UID]: "series",
  [CHARSET]: "charset", 0x00080060: "modality", 0x00081030: "title", 0x0008103e: "seriesTitle",
  0x00080020: "date", [PATIENT_NAME]: "name", [PATIENT_ID]: "patient", [ISSUER]: "issuer",
  [BIRTH_DATE]: "birth", [BURNED_IN]: "burned", 0x00280008: "frames",
};
const CODES = new Set([0x00080100, 0x00080104, 0x00080119, 0x00080120]);
const CONTENT = 0x0040a730;

const SEARCHED = new Set(["LO", "SH", "ST", "LT", "UC", "UT", "CS", "PN"]);
const SAYS_WHO = new Set(["LO", "SH", "ST", "LT", "UC", "UT", "AE", "IS"]);
// Terms by which a file is read; a patient called Color must not make it unreadable.
const TERMS = new Set([
  CHARSET, 0x00080008, 0x00080060, 0x00080064, 0x00089007, 0x00185100, 0x0040a010, 0x0040a040,
  0x0040a050,
]);
const MIN_NAME = 3;
const MIN_NUMBER = 4;
const MAX_NEEDLES = 2000;
const MAX_SEARCHED_BYTES = 1024 * 1024;
const MAX_SHOWN = 80;
const LEAST_DAYS = 30;
const MOST_DAYS = 365;

// The table as the page sends it, ready to be asked.
class Rules {
  constructor({ actions, names, texts, vrs, dummies, movesDates, keepsPrivate }) {
    this.actions = new Map();
    for (const [action, tags] of Object.entries(actions)) {
      for (const tag of tags.split(" ")) this.actions.set(parseInt(tag, 16), action);
    }
    this.vrs = new Map();
    for (const [vr, tags] of Object.entries(vrs)) {
      for (const tag of tags.split(" ")) this.vrs.set(parseInt(tag, 16), vr);
    }
    this.names = names;
    this.texts = new Set(texts.split(" ").map((tag) => parseInt(tag, 16)));
    this.dummies = dummies;
    this.movesDates = movesDates;
    this.keepsPrivate = keepsPrivate;
    this.vrOf = (tag) => (tag & 0xffff ? (this.vrs.get(tag) ?? "UN") : "UL");
  }

  // X remove, Z empty, D replace; nothing: it stays, searched for what was found elsewhere.
  action(tag, vr) {
    const group = tag >>> 16;
    if (group & 1) return this.keepsPrivate ? "" : "X";
    if (!(tag & 0xffff) || (group & 0xff00) === 0x5000) return "X";
    return this.actions.get(tag) ?? (vr === "PN" ? "Z" : "");
  }

  name(tag) {
    return this.names[hex(tag)] ?? `(${hex(tag).slice(0, 4)},${hex(tag).slice(4)})`;
  }

  dummy(vr) {
    const digits = this.dummies[vr] ?? "0000";
    return Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  }
}

const hex = (tag) => tag.toString(16).toUpperCase().padStart(8, "0");

// ---- what a file tells of its patient, before anything is changed

async function scan(blob, rules) {
  const opened = await openPart10(blob, rules.vrOf);
  const told = { charset: "", bytes: blob.size };
  const seen = { found: [], needles: new Set(), privates: 0, hasDocument: false };
  for await (const element of topElements(opened.source, opened.begins, opened.spelling)) {
    const vr = understood(opened.spelling, element);
    if (element.tag === DOCUMENT) seen.hasDocument = true;
    if (!element.items && element.length <= WINDOW_BYTES) {
      element.value = (await opened.source.at(element.begins, element.length)).slice();
      const name = TOLD[element.tag];
      if (name) told[name] = name === "title" || name === "seriesTitle" || name === "name"
        ? shown(element.value, told.charset) : text(element.value).trim();
    }
    note(element, vr, rules, opened.spelling, told.charset, seen);
  }
  if (!told.study || !told.instance || !told.sopClass) {
    const isDirectory = text(opened.meta.find(({ tag }) => tag === 0x00020002)?.value) === MEDIA_DIRECTORY;
    throw new Unreadable(isDirectory ? "directory" : "broken");
  }
  return { told, ...seen };
}

function note(element, vr, rules, spelling, charset, seen) {
  if (element.tag >>> 16 & 1) seen.privates += 1;
  const action = rules.action(element.tag, vr);
  for (const item of element.items ?? []) {
    for (const each of item) {
      note(each, understood(inner(spelling, element), each), rules, inner(spelling, element), charset, seen);
    }
  }
  if (!element.value?.length || !(action || vr === "PN") || element.tag >>> 16 & 1) return;
  const words = text(element.value).trim();
  if (!words) return;
  for (const needle of needlesOf(element.tag, vr, words)) {
    if (seen.needles.size < MAX_NEEDLES) seen.needles.add(needle);
  }
  if (SEARCHED.has(vr) || SAYS_WHO.has(vr) || vr === "DA" || vr === "DT" || vr === "UR") {
    seen.found.push([hex(element.tag), rules.name(element.tag), shown(element.value, charset).slice(0, MAX_SHOWN)]);
  }
}

// What to look for in other texts, as it is spelled in the file, in small letters.
function* needlesOf(tag, vr, words) {
  const small = words.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  if (vr === "PN") {
    for (const part of small.split(/[\\^=,\s]+/)) if (part.length >= MIN_NAME) yield part;
  } else if (vr === "DA" && tag === BIRTH_DATE && /^\d{8}/.test(small)) {
    const [year, month, day] = [small.slice(0, 4), small.slice(4, 6), small.slice(6, 8)];
    yield* [`${year}${month}${day}`, `${year}-${month}-${day}`, `${day}.${month}.${year}`];
    yield* [`${day}/${month}/${year}`, `${month}/${day}/${year}`];
  } else if (SAYS_WHO.has(vr)) {
    for (const part of small.split("\\")) if (part.trim().length >= MIN_NUMBER) yield part.trim();
  }
}

// ---- the file that leaves

class Cleaner {
  constructor(rules, secret) {
    this.rules = rules;
    this.secret = secret;
    this.patients = new Map();
  }

  // A file without what identifies. `needles`: what all files of its study told.
  async clean(blob, told, needles) {
    const opened = await openPart10(blob, this.rules.vrOf);
    const known = { ...(await this.patient(told)), needles: [...needles], changed: 0 };
    const pieces = [spellMeta(opened.meta, this.rules.vrOf)];
    for await (const element of topElements(opened.source, opened.begins, opened.spelling)) {
      const vr = understood(opened.spelling, element);
      if (this.passes(element, vr)) {
        pieces.push(opened.source.blob.slice(element.from, element.to));
        continue;
      }
      if (!element.items) {
        element.value = element.length === UNDEFINED ? new Uint8Array(0)
          : (await opened.source.at(element.begins, element.length)).slice();
      }
      const kept = this.element(element, opened.spelling, known, 0);
      if (kept) pieces.push(spellElement(kept, opened.spelling));
    }
    return { blob: new Blob(pieces, { type: "application/dicom" }), changed: known.changed };
  }

  // Whether the bytes of an element go on as they lie: pixels and all else that is no text.
  passes(element, vr) {
    return !element.items && !this.rules.action(element.tag, vr)
      && (!(SEARCHED.has(vr) || vr === "DA" || vr === "DT") || element.length > MAX_SEARCHED_BYTES);
  }

  // The element that stays of one, or nothing.
  element(element, spelling, known, depth, inCode = false) {
    const { tag } = element;
    const vr = understood(spelling, element);
    let action = this.rules.action(tag, vr);
    if (!depth && tag === PATIENT_ID && known.id) return { ...element, value: encoded(known.id), length: 0 };
    if (action === "X") return null;
    if (element.items) {
      if (action === "Z") return { ...element, items: [] };
      const inside = inner(spelling, element);
      const coded = (inCode || action === "D") && tag !== CONTENT;
      const clean = (each) => this.element(each, inside, known, depth + 1, coded);
      return { ...element, items: element.items.map((item) => item.map(clean).filter(Boolean)) };
    }
    if (element.length === UNDEFINED) return action ? null : element;
    if (inCode && CODES.has(tag)) action = "D";
    if (action === "Z") return { ...element, value: new Uint8Array(0) };
    if (action === "D") return { ...element, value: this.rules.dummy(vr) };
    return { ...element, value: this.value(tag, vr, element.value, known) };
  }

  value(tag, vr, bytes, known) {
    if ((vr === "DA" || vr === "DT") && this.rules.movesDates) {
      return encoded(text(bytes).split("\\").map((one) => moved(vr, one, known.days)).join("\\"));
    }
    const isTerm = vr === "CS" && (TERMS.has(tag) || tag >>> 16 === 0x0028);
    if (!SEARCHED.has(vr) || isTerm || bytes.length > MAX_SEARCHED_BYTES) return bytes;
    const found = without(bytes, known.needles, vr === "CS" ? "_" : "*");
    const cleaned = this.rules.texts.has(tag) && vr !== "CS" ? withoutNumbers(found) : found;
    if (cleaned !== bytes) known.changed += 1;
    return cleaned;
  }

  // Who the patient is from now on: the same in every study that this browser sends.
  async patient(told) {
    const who = told.patient ? `id\0${told.patient}\0${told.issuer ?? ""}`
      : told.name || told.birth ? `name\0${told.name ?? ""}\0${told.birth ?? ""}`
        : "";
    const name = who || `study\0${told.study}`;
    if (!this.patients.has(name)) {
      const digest = new Uint8Array(await this.derive(name));
      const number = new DataView(digest.buffer).getUint32(16);
      const id = [...digest.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
      const days = -(LEAST_DAYS + (number % (MOST_DAYS - LEAST_DAYS + 1)));
      this.patients.set(name, { id: who && id.toUpperCase(), days });
    }
    return this.patients.get(name);
  }

  derive(name) {
    return crypto.subtle.sign("HMAC", this.secret, new TextEncoder().encode(name));
  }
}

const secretOf = (digits) => crypto.subtle.importKey(
  "raw", Uint8Array.from(digits.match(/../g), (pair) => parseInt(pair, 16)),
  { name: "HMAC", hash: "SHA-256" }, false, ["sign"],
);

// The same text with as many marks as there were letters where something known stood.
function without(bytes, needles, mark) {
  let plain = null;
  let made = bytes;
  for (const needle of needles) {
    plain ??= latin(bytes).replace(/[A-Z]/g, (letter) => letter.toLowerCase());
    for (let at = plain.indexOf(needle); at >= 0; at = plain.indexOf(needle, at + 1)) {
      const end = at + needle.length;
      if (isLetter(plain[at - 1], needle[0]) || isLetter(plain[end], needle.at(-1))) continue;
      if (made === bytes) made = bytes.slice();
      made.fill(mark.charCodeAt(0), at, end);
    }
  }
  return made;
}

// The same without what may be a date, a number of somebody or an address of electronic mail.
const NUMBERS = /\d{1,4}([./-])\d{1,2}\1\d{1,4}|\+?\d(?:[ ()/-]{0,2}\d){5,}|[^\s@<>]+@[^\s@<>]+\.[a-z]+/gi;

function withoutNumbers(bytes) {
  const plain = latin(bytes);
  const cleaned = plain.replace(NUMBERS, (found) => "*".repeat(found.length));
  return cleaned === plain ? bytes : encoded(cleaned);
}

// Whether a word goes on beside what was found.
function isLetter(beside, edge) {
  return beside !== undefined && /[a-z0-9]/.test(beside) && /[a-z0-9]/.test(edge);
}

// A date or a moment some days earlier; nothing of what is none.
function moved(vr, value, days) {
  const words = value.trim().replace(/^(\d{4})\.(\d{2})\.(\d{2})$/, "$1$2$3");
  const found = /^(\d{4})(\d{2})?(\d{2})?((?:\d{2}){0,3}(?:\.\d{1,6})?(?:[+-]\d{4})?)$/.exec(words);
  if (!found || (vr === "DA" && (found[4] || !found[3]))) return "";
  const [, year, month, day, rest] = found;
  const when = new Date(Date.UTC(Number(year), Number(month ?? 1) - 1, Number(day ?? 1)));
  if (when.getUTCMonth() !== Number(month ?? 1) - 1) return "";
  when.setUTCDate(when.getUTCDate() + days);
  const iso = when.toISOString();
  if (!/^\d{4}-/.test(iso)) return "";
  const digits = iso.slice(0, 10).replaceAll("-", "");
  return digits.slice(0, 4 + (month ? 2 : 0) + (day ? 2 : 0)) + rest;
}
