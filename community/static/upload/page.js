// Part of upload-page.js: the form becomes a way to send studies that were looked at first. Without
// this script, or where the browser cannot do what it needs, the form is sent as it is.

const KEY_NAME = "dicomtube.patients";

const form = document.getElementById("uploading");
const isAble = window.Worker && window.DecompressionStream && window.crypto?.subtle;
if (form && isAble) start();

function start() {
  const board = new Board(form);
  const studies = new Map();
  const instances = new Set();
  const cleaning = new Map(); // number of a file → who waits for it
  const counts = { read: 0, images: 0, skipped: 0 };
  const files = document.getElementById("files");
  const folder = document.getElementById("folder");
  const pause = document.getElementById("pause");
  const send = document.getElementById("send");
  let reading = 0;
  let isWanted = false;
  let sender = null;

  // ---- the worker, which alone reads files
  const worker = new Worker(form.dataset.worker);
  const TOLD = {
    ready() {},
    item(told) {
      counts.read += 1;
      if (instances.has(told.told.instance)) {
        worker.postMessage({ kind: "forget", numbers: [told.number] });
        passOver(told.name, "twice");
        return;
      }
      instances.add(told.told.instance);
      counts.images += 1;
      keep(told);
      tellCounts();
    },
    skipped({ name, code }) {
      counts.read += 1;
      passOver(name, code);
    },
    added() {
      reading = Math.max(0, reading - 1);
      for (const study of studies.values()) if (!study.state) board.describe(study);
      tellCounts();
      // Whoever did not wait for the end of the reading has it sent now.
      if (isWanted && !reading) form.requestSubmit();
    },
    cleaned({ number, blob }) {
      cleaning.get(number)?.(blob);
      cleaning.delete(number);
    },
    failed({ number }) {
      cleaning.get(number)?.(null);
      cleaning.delete(number);
    },
    broke() {
      reading = 0;
      board.say("broke");
    },
  };
  worker.onmessage = ({ data }) => TOLD[data.kind](data);
  worker.onerror = () => board.say("broke");
  const ready = fetch(form.dataset.rules)
    .then((answer) => answer.json())
    .then((table) => worker.postMessage({ kind: "begin", table, key: keyOfPatients() }))
    .catch(() => board.say("broke"));

  function passOver(name, code) {
    counts.skipped += 1;
    board.pass(name, code);
    tellCounts();
  }

  function tellCounts() {
    if (!sender) board.say("read", counts);
  }

  // ---- what is chosen
  async function read(chosen) {
    if (!chosen.length || sender) return;
    reading += 1;
    board.say("reading");
    await ready;
    worker.postMessage({ kind: "add", files: chosen });
  }

  for (const input of [files, folder]) {
    input.addEventListener("change", () => {
      // Emptied, so that the same can be chosen again, and nothing is sent as it is.
      const chosen = [...input.files];
      input.value = "";
      read(chosen);
    });
  }
  const drop = document.getElementById("drop");
  for (const name of ["dragenter", "dragover"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  }
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", async (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    read(await filesOfDrop(event.dataTransfer));
  });

  // ---- studies
  function keep({ number, told, found, privates, hasDocument }) {
    let study = studies.get(told.study);
    if (!study) {
      study = {
        uid: told.study, title: "", date: "", modalities: new Set(), bytes: 0, items: [],
        found: new Map(), privates: 0, reasons: new Set(), sending: 0,
      };
      studies.set(told.study, study);
      board.add(study, leave);
    }
    study.title ||= told.title ?? "";
    study.date ||= told.date ?? "";
    if (told.modality) study.modalities.add(told.modality);
    study.bytes += told.bytes;
    study.privates += privates;
    study.hasDocument ||= hasDocument;
    study.isBurned ||= told.burned === "YES" || ["SC", "US", "OT"].includes(told.modality);
    study.items.push({ number, told });
    for (const [tag, name, value] of found) {
      if (!study.found.has(tag)) study.found.set(tag, { name, values: new Set() });
      study.found.get(tag).values.add(value);
    }
  }

  function leave(study) {
    worker.postMessage({ kind: "forget", numbers: study.items.map(({ number }) => number) });
    for (const { told } of study.items) instances.delete(told.instance);
    counts.images -= study.items.length;
    studies.delete(study.uid);
    study.card.remove();
    tellCounts();
    document.getElementById("found-head").scrollIntoView({ block: "nearest" });
    (studies.size ? send : files).focus();
  }

  const clean = ({ number }) => new Promise((done) => {
    cleaning.set(number, done);
    worker.postMessage({ kind: "clean", number });
  });

  // ---- sending
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    isWanted = reading > 0;
    if (sender || isWanted) return;
    const chosen = [...studies.values()];
    if (!chosen.length) {
      board.say("choose");
      files.focus();
      return;
    }
    sender = new Sender({
      root: form.dataset.root,
      api: form.dataset.api,
      csrf: form.elements.csrf.value,
      statement: form.dataset.statement,
      clean,
      tell: (study) => board.progress(study),
      say: (key, values) => board.say(key, values),
      renew,
    });
    sender.onhalt = showPause;
    setBusy(true);
    chosen.forEach((study) => board.begin(study));
    document.getElementById("found-head").scrollIntoView({ block: "start" });
    try {
      await sender.send(chosen);
      const isWhole = chosen.every(({ items }) => items.every(({ outcome }) => outcome !== "failed"));
      board.say(isWhole ? "done" : "doneSome");
    } catch (error) {
      board.say("refused", { reason: error.message });
    }
    setBusy(false);
    board.offerMore();
    for (const study of chosen) {
      if (study.token) follow(form.dataset.api, study.token, (upload) => board.follow(study, upload));
    }
  });

  // Whoever signed in again has another session, with a token of its own.
  async function renew() {
    const page = await fetch(window.location.pathname).then((answer) => answer.text());
    const anew = new DOMParser().parseFromString(page, "text/html").getElementById("uploading");
    return anew?.elements.csrf.value ?? "";
  }

  function setBusy(isBusy) {
    for (const input of [files, folder, send]) input.disabled = true;
    pause.hidden = !isBusy;
    showPause();
    window.onbeforeunload = isBusy ? (event) => event.preventDefault() : null;
  }

  function showPause() {
    pause.textContent = board.word(sender.isPaused ? "resume" : "pause");
  }

  pause.addEventListener("click", () => {
    if (sender.isPaused) sender.resume();
    else sender.pause();
    board.say(sender.isPaused ? "paused" : "working");
    showPause();
  });

  form.querySelectorAll("[data-script]").forEach((element) => { element.hidden = false; });
  form.querySelectorAll("[data-plain]").forEach((element) => { element.hidden = true; });
}

// Random, made once and kept in this browser only: it names patients anew, the same in every upload,
// so that earlier and later studies of somebody still belong together.
function keyOfPatients() {
  const digits = [...crypto.getRandomValues(new Uint8Array(32))]
    .map((byte) => byte.toString(16).padStart(2, "0")).join("");
  try {
    const kept = localStorage.getItem(KEY_NAME);
    if (/^[0-9a-f]{64}$/.test(kept ?? "")) return kept;
    localStorage.setItem(KEY_NAME, digits);
  } catch {
    // Without storage, studies that are sent together still belong together.
  }
  return digits;
}
