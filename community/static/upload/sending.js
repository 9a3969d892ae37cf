// Part of upload-page.js: cleaned files to the server in STOW-RS messages (PS3.18 section 10.5), with
// progress, tried again when the server or the way there is down, and going on where it stopped.

const MAX_BATCH_FILES = 50;
const MAX_BATCH_BYTES = 24 * 1024 * 1024;
const MAX_ASKED = 500;
const MAX_TRIES = 6;
const MAX_WAIT_S = 60;
const TRY_AGAIN = new Set([0, 408, 425, 429, 500, 502, 503, 504]);

const SOP_INSTANCE_UID = "00081155";
const ERROR_COMMENT = "00000902";
const FAILED_SOPS = "00081198";
const STORED_SOPS = "00081199";

// Sends studies one after the other. `clean(item)` gives a file that may leave; `tell(study)` is
// called when something of a study changed; `say(key, values)` when there is something to read;
// `renew()` gives the token of the session that there is now.
class Sender {
  constructor({ root, api, csrf, statement, clean, tell, say, renew }) {
    Object.assign(this, { root, api, csrf, statement, clean, tell, say, renew });
    this.request = null;
    this.gate = Promise.resolve();
    this.open = () => {};
    this.isPaused = false;
  }

  pause() {
    if (this.isPaused) return;
    this.isPaused = true;
    this.gate = new Promise((open) => { this.open = open; });
    this.request?.abort();
  }

  resume() {
    this.isPaused = false;
    this.open();
  }

  async send(studies) {
    // Nothing leaves before it is on record that this person confirmed it.
    await this.ask("confirmations", { statement: this.statement });
    for (const study of studies) await this.sendStudy(study);
  }

  async sendStudy(study) {
    study.state = "working";
    await this.passOver(study, study.items);
    // The next message is made while one is on its way.
    let making = this.nextBatch(study);
    for (let batch = await making; batch.length; batch = await making) {
      making = this.nextBatch(study);
      await this.deliver(study, batch);
    }
    await this.confirm(study);
    study.state = "sent";
    this.tell(study);
  }

  // Mark what is there already, so that it is not sent again.
  async passOver(study, items) {
    const open = items.filter((item) => !item.outcome);
    for (let at = 0; at < open.length; at += MAX_ASKED) {
      const some = open.slice(at, at + MAX_ASKED);
      const asked = { study: study.uid, instances: some.map((item) => item.told.instance) };
      const { have, upload } = await this.ask("have", asked);
      const there = new Set(have);
      if (upload) study.token = upload;
      for (const item of some) if (there.has(item.told.instance)) item.outcome = "already";
    }
    this.tell(study);
  }

  async nextBatch(study) {
    const batch = [];
    let bytes = 0;
    for (const item of study.items) {
      if (item.outcome || item.isTaken) continue;
      if (batch.length && (batch.length >= MAX_BATCH_FILES || bytes + item.told.bytes > MAX_BATCH_BYTES)) break;
      item.isTaken = true;
      const blob = await this.clean(item);
      if (!blob) {
        item.outcome = "failed";
        continue;
      }
      batch.push({ item, blob });
      bytes += blob.size;
    }
    return batch;
  }

  async deliver(study, batch) {
    const answer = await this.tried(() => this.post(study, batch), async () => {
      // The answer may have been lost, and not the message.
      await this.passOver(study, batch.map(({ item }) => item));
      batch = batch.filter(({ item }) => !item.outcome);
      return batch.length > 0;
    });
    study.sending = 0;
    if (answer === null) return;
    if (answer.status === 413 && batch.length > 1) {
      const middle = Math.ceil(batch.length / 2);
      await this.deliver(study, batch.slice(0, middle));
      await this.deliver(study, batch.slice(middle));
      return;
    }
    this.read(study, batch, answer);
    this.tell(study);
    await this.confirm(study);
  }

  // What the server says of each instance of a message.
  read(study, batch, answer) {
    const model = parsed(answer.body);
    const stored = uidsIn(model, STORED_SOPS);
    const failed = reasonsIn(model, FAILED_SOPS);
    for (const { item } of batch) {
      const uid = item.told.instance;
      if (stored.has(uid)) item.outcome = "sent";
      else {
        item.outcome = "failed";
        study.reasons.add(failed.get(uid) ?? model?.detail ?? model?.error ?? `HTTP ${answer.status}`);
      }
    }
    for (const [, token] of (answer.link ?? "").matchAll(/\/uploads\/([0-9a-f]+)>; rel="status"/g)) {
      study.token = token;
    }
  }

  async confirm(study) {
    if (!study.token || study.isConfirmed) return;
    await this.ask("confirmations", { statement: this.statement, uploads: [study.token] });
    study.isConfirmed = true;
  }

  // ---- the way there

  // An answer, tried for some time and then when somebody says so; `again` says whether there is
  // still something to do, and null is the answer when there is not.
  async tried(attempt, again = async () => true) {
    for (let tries = 1; ; tries += 1) {
      await this.gate;
      const answer = await attempt();
      if (!TRY_AGAIN.has(answer.status) && answer.status !== 401) return answer;
      if (answer.status === 401) {
        this.say("signin");
        this.halt();
        await this.gate;
        this.csrf = await this.renew();
      } else if (!this.isPaused && tries % MAX_TRIES) {
        await this.wait(answer, tries);
      } else if (!this.isPaused) {
        this.say("stopped");
        this.halt();
      }
      await this.gate;
      if (!(await again())) return null;
    }
  }

  halt() {
    this.pause();
    this.onhalt?.();
  }

  async wait(answer, tries) {
    const told = Number(answer.retryAfter);
    const seconds = Math.min(MAX_WAIT_S, told > 0 ? told : 2 ** (tries - 1));
    this.say("waiting", { seconds });
    await new Promise((done) => { setTimeout(done, seconds * 1000); });
  }

  post(study, batch) {
    const boundary = `dicomtube-${crypto.randomUUID()}`;
    const pieces = [];
    for (const { blob } of batch) {
      pieces.push(`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`, blob, "\r\n");
    }
    pieces.push(`--${boundary}--\r\n`);
    const type = `multipart/related; type="application/dicom"; boundary=${boundary}`;
    return this.request_("POST", this.root, new Blob(pieces), type, "application/dicom+json", (share) => {
      study.sending = share * batch.length;
      this.tell(study);
    });
  }

  async ask(path, body) {
    const answer = await this.tried(() => this.request_(
      "POST", `${this.api}/${path}`, JSON.stringify(body), "application/json", "application/json",
    ));
    const said = parsed(answer.body);
    if (answer.status >= 300) throw new Error(said?.detail ?? `HTTP ${answer.status}`);
    return said;
  }

  // XMLHttpRequest, as fetch does not tell how much of a body has left.
  request_(method, url, body, type, accept, progress = null) {
    return new Promise((done) => {
      const request = new XMLHttpRequest();
      const answer = () => done({
        status: request.status,
        body: request.responseText,
        link: request.getResponseHeader("Link"),
        retryAfter: request.getResponseHeader("Retry-After"),
      });
      request.open(method, url);
      request.setRequestHeader("Content-Type", type);
      request.setRequestHeader("Accept", accept);
      request.setRequestHeader("X-CSRF-Token", this.csrf);
      if (progress) request.upload.onprogress = ({ loaded, total }) => progress(total ? loaded / total : 0);
      request.onloadend = answer;
      this.request = request;
      request.send(body);
    });
  }
}

function parsed(body) {
  try {
    return body ? JSON.parse(body) : null;
  } catch {
    return null;
  }
}

const valueIn = (item, tag) => item[tag]?.Value ?? [];

function uidsIn(model, tag) {
  return new Set(valueIn(model ?? {}, tag).flatMap((item) => valueIn(item, SOP_INSTANCE_UID)));
}

function reasonsIn(model, tag) {
  return new Map(valueIn(model ?? {}, tag).map((item) => [
    valueIn(item, SOP_INSTANCE_UID)[0], valueIn(item, ERROR_COMMENT).join(" "),
  ]));
}
