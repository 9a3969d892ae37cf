// Part of upload-page.js: studies on the page. All that comes from files is text, never markup.

const MAX_VALUES = 3;
const MAX_SKIPPED_SHOWN = 200;

class Board {
  constructor(form) {
    this.form = form;
    this.words = JSON.parse(form.dataset.words);
    this.template = document.getElementById("study-template");
    this.list = document.getElementById("studies");
    this.skipped = 0;
  }

  say(key, values = {}) {
    document.getElementById("upload-status").textContent = this.word(key, values);
  }

  word(key, values = {}) {
    return this.words[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
  }

  // ---- before anything is sent

  add(study, leave) {
    const card = this.template.content.firstElementChild.cloneNode(true);
    study.card = card;
    part(card, "title").textContent = study.title || this.word("untitled");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-quiet";
    button.textContent = this.word("leave");
    button.addEventListener("click", () => leave(study));
    part(card, "actions").append(button);
    this.list.append(card);
    document.getElementById("found").hidden = false;
  }

  // What all files of a study tell, once more of them were read.
  describe(study) {
    const { card } = study;
    part(card, "title").textContent = study.title || this.word("untitled");
    const megabytes = Math.max(1, Math.round(study.bytes / 1e6));
    part(card, "meta").textContent = [
      [...study.modalities].join(", "), study.date,
      this.word("images", { count: study.items.length }),
      this.word("megabytes", { count: megabytes }),
    ].filter(Boolean).join(" · ");
    part(card, "found").replaceChildren(...this.facts(study));
    part(card, "details").hidden = false;
    const notes = [];
    if (study.isBurned) notes.push(this.word("burned"));
    if (study.hasDocument) notes.push(this.word("document"));
    if (!study.found.size && !study.privates) notes.push(this.word("nothing"));
    this.note(study, notes);
  }

  facts(study) {
    const rows = [...study.found.values()].map(({ name, values }) => {
      const more = values.size - MAX_VALUES;
      const some = [...values].slice(0, MAX_VALUES).join("; ");
      return [name, more > 0 ? `${some} ${this.word("values", { count: more })}` : some];
    });
    if (study.privates) {
      rows.push([this.word("private"), this.word("privates", { count: study.privates })]);
    }
    return rows.map(([name, value]) => {
      const row = document.createElement("div");
      row.append(textElement("dt", name, "en"), textElement("dd", value));
      row.translate = false;
      return row;
    });
  }

  note(study, notes) {
    part(study.card, "notes").replaceChildren(...notes.map((words) => textElement("li", words)));
  }

  pass(name, code) {
    this.skipped += 1;
    document.getElementById("passed-over").hidden = false;
    if (this.skipped > MAX_SKIPPED_SHOWN) return;
    const words = this.words[code] ?? this.words.broken;
    document.getElementById("skipped").append(textElement("li", `${name}: ${words}`));
  }

  // ---- while it is sent, and after

  progress(study) {
    const count = (outcome) => study.items.filter((item) => item.outcome === outcome).length;
    const [sent, already, failed] = ["sent", "already", "failed"].map(count);
    const all = study.items.length;
    const place = part(study.card, "progress");
    place.hidden = false;
    const bar = place.querySelector("progress");
    bar.max = all;
    bar.value = Math.min(all, sent + already + failed + (study.sending ?? 0));
    const said = [this.word("of", { done: sent + already, all })];
    if (already) said.push(this.word("already", { count: already }));
    if (failed) said.push(this.word("failed", { count: failed }));
    const state = study.state === "sent" ? this.word("sent") : this.word("working");
    bar.setAttribute("aria-label", state);
    place.querySelector(".progress-note").textContent = `${state}: ${said.join(", ")}`;
    this.note(study, [...study.reasons].map((reason) => this.word("refused", { reason })));
  }

  begin(study) {
    part(study.card, "actions").replaceChildren();
    part(study.card, "details").open = false;
    this.progress(study);
  }

  // Once everything is sent, the way to begin anew.
  offerMore() {
    const again = link(window.location.pathname, this.word("again"), "secondary");
    document.getElementById("send").replaceWith(again);
  }

  // What the server says of the study on its way.
  follow(study, upload) {
    const { instances, cleaned } = upload.progress;
    const notes = [this.words[`state ${upload.state}`] ?? upload.state];
    if (upload.reason) notes.push(upload.reason);
    if (!FINAL_STATES.has(upload.state)) notes.push(this.word("cleaned", { clean: cleaned, all: instances }));
    for (const reason of study.reasons) notes.push(this.word("refused", { reason }));
    this.note(study, notes);
    study.card.dataset.state = upload.state;
    part(study.card, "actions").replaceChildren(...this.links(study, upload));
  }

  links(study, upload) {
    const page = `${this.form.dataset.uploads}/${study.token}`;
    const links = [link(page, this.word("follow"), "secondary")];
    if (upload.state === "needs review" && this.form.dataset.reviews) {
      links.unshift(link(this.form.dataset.reviews + study.token, this.word("review"), "primary"));
    }
    if (upload.receipt) links.push(link(upload.receipt, this.word("receipt"), "quiet"));
    if (upload.state === "published") {
      const uid = upload.retrieve_url.split("/").at(-1);
      links.unshift(link(`${this.form.dataset.cases}${uid}`, this.word("makeCase"), "primary"));
    }
    return links;
  }
}

const part = (card, name) => card.querySelector(`[data-${name}]`);

function textElement(name, words, lang = "") {
  const element = document.createElement(name);
  element.textContent = words;
  if (lang) element.lang = lang;
  return element;
}

function link(href, words, kind) {
  const element = textElement("a", words);
  element.href = href;
  element.className = `btn btn-${kind}`;
  return element;
}
