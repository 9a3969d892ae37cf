// Part of upload-worker.js: what the page asks, and what it is told. This worker's own policy lets
// it reach no address at all (default-src 'none'), so nothing that it reads can leave from here.

const items = new Map(); // number → { open(), told } of a file that can be sent
const studies = new Map(); // Study Instance UID → what its files tell of people
let rules = null;
let cleaner = null;
let last = 0;

const ASKED = {
  async begin({ table, key }) {
    rules = new Rules(table);
    cleaner = new Cleaner(rules, await secretOf(key));
    postMessage({ kind: "ready" });
  },

  async add({ files }) {
    for (const file of files) await addFile(file, file.name);
    postMessage({ kind: "added" });
  },

  async clean({ number }) {
    const item = items.get(number);
    try {
      const { blob, changed } = await cleaner.clean(
        await item.open(), item.told, studies.get(item.told.study),
      );
      postMessage({ kind: "cleaned", number, blob, changed });
    } catch (error) {
      postMessage({ kind: "failed", number, code: codeOf(error) });
    }
  },

  forget({ numbers }) {
    for (const number of numbers) items.delete(number);
  },
};

async function addFile(file, name) {
  try {
    if (await isDicom(file)) await addInstance(() => file, name);
    else if (await isZip(file)) await addZip(file, name);
    else throw new Unreadable("other");
  } catch (error) {
    postMessage({ kind: "skipped", name, code: codeOf(error) });
  }
}

async function addZip(file, name) {
  for (const entry of await readDirectory(file)) {
    const inside = `${name}: ${entry.name}`;
    try {
      const blob = await openEntry(file, entry);
      if (await isZip(blob)) throw new Unreadable("nested");
      await addInstance(() => openEntry(file, entry), inside, blob);
    } catch (error) {
      postMessage({ kind: "skipped", name: inside, code: codeOf(error) });
    }
  }
}

// `open` gives the file whenever it is wanted; what a ZIP holds is not kept unpacked.
async function addInstance(open, name, blob = null) {
  const { told, needles, ...seen } = await scan(blob ?? open(), rules);
  last += 1;
  items.set(last, { open, told });
  const known = studies.get(told.study) ?? new Set();
  for (const needle of needles) if (known.size < MAX_NEEDLES) known.add(needle);
  studies.set(told.study, known);
  postMessage({ kind: "item", number: last, name, told, ...seen });
}

const codeOf = (error) => {
  if (error instanceof Unreadable) return error.code;
  return error instanceof NeedMore ? "short" : "broken";
};

// One thing after the other, in the order in which they were asked.
let turn = Promise.resolve();
onmessage = ({ data }) => {
  turn = turn.then(() => ASKED[data.kind](data)).catch((error) => {
    postMessage({ kind: "broke", code: String(error?.message ?? error) });
  });
};
