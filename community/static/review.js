// Boxes over a frame, drawn with pointer and keys. The rows of the form are what is sent, so they
// are what is true: everything here reads them, writes them, and shows them over the picture.
// Without this script the same rows are filled in by hand.

const FIELDS = ["left", "top", "width", "height"];
const SVG = "http://www.w3.org/2000/svg";
const form = document.querySelector("form.review");
const svg = form?.querySelector(".stage svg");
if (svg) start();

function start() {
  const stage = svg.parentElement;
  const picture = svg.querySelector("image");
  const layer = svg.querySelector("#boxes");
  const rows = document.getElementById("rows");
  const columns = svg.viewBox.baseVal.width;
  const lines = svg.viewBox.baseVal.height;
  const frames = Number(svg.dataset.frames);
  const step = Math.max(1, Math.round(Math.max(columns, lines) / 100));
  const marks = new Map(); // row → its group over the picture
  const seen = new Set();
  // What is said comes from the page, in its language; {names} are filled in here.
  const words = (key, values = {}) =>
    form.dataset[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
  let frame = Number(svg.dataset.frame);
  let gesture = null;

  // ---- rows and boxes
  const field = (row, name) => row.querySelector(`[name="${name}-${row.dataset.row}"]`);
  const read = (row) => {
    const [left, top, width, height] = FIELDS.map((name) => parseInt(field(row, name).value, 10));
    return width > 0 && height > 0 && left >= 0 && top >= 0 ? { left, top, width, height } : null;
  };
  const isHere = (row) => ["all", String(frame)].includes(field(row, "frame").value);
  const within = (value, low, high) => Math.min(Math.max(Math.round(value), low), high);

  function write(row, box) {
    const width = within(box.width, 1, columns);
    const height = within(box.height, 1, lines);
    const placed = {
      left: within(box.left, 0, columns - width), top: within(box.top, 0, lines - height), width, height,
    };
    FIELDS.forEach((name) => { field(row, name).value = placed[name]; });
    show(row);
  }

  function between(one, other) {
    const [left, right] = [one.x, other.x].map((x) => within(x, 0, columns)).sort((a, b) => a - b);
    const [top, bottom] = [one.y, other.y].map((y) => within(y, 0, lines)).sort((a, b) => a - b);
    return { left, top, width: Math.max(1, right - left), height: Math.max(1, bottom - top) };
  }

  function addRow(box) {
    const names = [...rows.children].map((row) => Number(row.dataset.row) || 0);
    const name = String(Math.max(0, ...names) + 1);
    const html = document.getElementById("blank").innerHTML.replaceAll("__", name);
    rows.insertAdjacentHTML("beforeend", html);
    const row = rows.lastElementChild;
    ready(row);
    write(row, box);
    return row;
  }

  function removeRow(row) {
    const after = row.nextElementSibling ?? row.previousElementSibling;
    marks.get(row)?.remove();
    marks.delete(row);
    row.remove();
    say(words("removed", { title: row.querySelector("legend").firstChild.textContent.trim() }));
    (marks.get(after) ?? document.getElementById("add")).focus();
  }

  function ready(row) {
    const remove = document.createElement("button");
    remove.type = "button";
    remove.textContent = words("remove");
    remove.setAttribute("aria-label", words("removeBox", { name: row.dataset.row }));
    remove.addEventListener("click", () => removeRow(row));
    row.querySelector(".remove")?.replaceWith(remove);
    const select = row.querySelector("select");
    if (select) offerFrame(select);
    row.addEventListener("input", () => show(row));
  }

  function offerFrame(select) {
    for (const option of [...select.options]) {
      if (!option.selected && option.value !== "all") option.remove();
    }
    if (![...select.options].some((option) => option.value === String(frame))) {
      select.add(new Option(String(frame), String(frame)));
    }
  }

  // ---- over the picture
  function show(row) {
    const box = isHere(row) ? read(row) : null;
    let mark = marks.get(row);
    if (!box) {
      mark?.remove();
      marks.delete(row);
      return;
    }
    if (!mark) {
      mark = newMark(row);
      marks.set(row, mark);
      layer.append(mark);
    }
    const [rect, handle] = mark.children;
    const size = handleSize();
    place(rect, box.left, box.top, box.width, box.height);
    place(handle, box.left + box.width - size / 2, box.top + box.height - size / 2, size, size);
    mark.setAttribute("aria-label", words("box", { name: row.dataset.row, ...box }));
  }

  function newMark(row) {
    const mark = document.createElementNS(SVG, "g");
    mark.setAttribute("class", "mark");
    mark.setAttribute("tabindex", "0");
    mark.setAttribute("role", "button");
    mark.setAttribute("aria-roledescription", words("mark"));
    mark.setAttribute("aria-describedby", "keys");
    mark.append(document.createElementNS(SVG, "rect"), document.createElementNS(SVG, "rect"));
    mark.lastChild.setAttribute("class", "handle");
    mark.addEventListener("keydown", (event) => press(event, row));
    mark.addEventListener("pointerdown", (event) => grasp(event, row));
    return mark;
  }

  function place(rect, x, y, width, height) {
    Object.entries({ x, y, width, height }).forEach(([name, value]) => rect.setAttribute(name, value));
  }

  const scale = () => svg.getScreenCTM()?.a || 1;
  const handleSize = () => 12 / scale();

  function point(event) {
    return new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
  }

  function say(words) {
    document.getElementById("said").textContent = words;
  }

  const refresh = () => [...rows.children].forEach(show);

  // ---- keys
  const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  function press(event, row) {
    const box = read(row);
    const move = MOVES[event.key];
    if (move && box) {
      const by = event.ctrlKey || event.metaKey ? 1 : step;
      const [right, down] = move.map((direction) => direction * by);
      if (event.shiftKey) {
        write(row, {
          ...box,
          width: within(box.width + right, 1, columns - box.left),
          height: within(box.height + down, 1, lines - box.top),
        });
      } else {
        write(row, { ...box, left: box.left + right, top: box.top + down });
      }
      say(marks.get(row).getAttribute("aria-label"));
    } else if (event.key === "Delete" || event.key === "Backspace") {
      removeRow(row);
    } else if (event.key === "Enter") {
      field(row, "left").focus();
    } else {
      return;
    }
    event.preventDefault();
  }

  // ---- pointer
  function grasp(event, row) {
    if (event.button !== 0) return;
    event.stopPropagation();
    event.preventDefault();
    const box = read(row);
    const from = point(event);
    marks.get(row).focus();
    const corner = { x: box.left, y: box.top };
    follow(event, event.target.classList.contains("handle")
      ? (to) => write(row, between(corner, to))
      : (to) => write(row, { ...box, left: box.left + to.x - from.x, top: box.top + to.y - from.y }));
  }

  function begin(event) {
    const mayDraw = event.pointerType !== "touch" || stage.classList.contains("drawing");
    if (event.button !== 0 || !mayDraw) return;
    event.preventDefault();
    const from = point(event);
    let row = null;
    follow(event, (to) => {
      const box = between(from, to);
      const isDrawn = Math.max(box.width, box.height) * scale() > 4;
      if (!row && isDrawn) row = addRow(box);
      else if (row) write(row, box);
    }, () => {
      if (!row) return;
      marks.get(row).focus();
      say(marks.get(row).getAttribute("aria-label"));
    });
  }

  function follow(event, moved, ended = () => {}) {
    if (gesture) return;
    gesture = { id: event.pointerId, moved, ended };
    svg.setPointerCapture(event.pointerId);
  }

  svg.addEventListener("pointerdown", begin);
  svg.addEventListener("pointermove", (event) => {
    if (gesture?.id === event.pointerId) gesture.moved(point(event));
  });
  for (const name of ["pointerup", "pointercancel"]) {
    svg.addEventListener(name, (event) => {
      if (gesture?.id !== event.pointerId) return;
      gesture.ended();
      gesture = null;
    });
  }

  // ---- views and frames, without a trip that would lose what was drawn
  function look() {
    const view = form.elements.view.value;
    const path = svg.dataset.picture.replace(/0\.png$/, `${frame}.png`);
    picture.setAttribute("href", `${path}?view=${view}`);
    picture.setAttribute("aria-label", words("frame", { frame }));
    watchPicture();
  }

  function turnTo(number) {
    frame = within(number, 1, frames);
    form.elements.frame.value = frame;
    document.getElementById("place").textContent = words("place", { frame, frames });
    document.getElementById("previous").disabled = frame === 1;
    document.getElementById("next").disabled = frame === frames;
    rows.querySelectorAll("select").forEach(offerFrame);
    look();
    refresh();
  }

  // The picture may be there before this script is, so its load event tells too little.
  function watchPicture() {
    const asked = picture.getAttribute("href");
    const isStill = () => picture.getAttribute("href") === asked;
    picture.decode().then(() => {
      if (!isStill()) return;
      seen.add(frame);
      const told = document.getElementById("seen");
      if (told) told.textContent = words("seen", { seen: seen.size, frames });
    }, () => {
      if (isStill()) say(words("unseen"));
    });
  }

  form.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.name === "go-view") {
      event.preventDefault();
      form.elements.view.value = button.value;
      form.querySelectorAll('[name="go-view"]').forEach((one) => {
        one.setAttribute("aria-pressed", String(one === button));
      });
      look();
    } else if (button?.name === "go-frame") {
      event.preventDefault();
      turnTo(frame + (button.id === "next" ? 1 : -1));
    }
  });
  if (frames > 1) {
    stage.addEventListener("keydown", (event) => {
      const by = { PageUp: -1, PageDown: 1 }[event.key];
      if (!by) return;
      event.preventDefault();
      turnTo(frame + by);
    });
  }

  function toggle(id, target, name) {
    const button = document.getElementById(id);
    button.addEventListener("click", () => {
      const on = target.classList.toggle(name);
      button.setAttribute("aria-pressed", String(on));
      refresh();
    });
  }

  // ---- begin
  [...rows.children].forEach((row) => {
    if (read(row) || row.querySelector(".problem")) ready(row);
    else row.remove();
  });
  layer.replaceChildren();
  refresh();
  watchPicture();
  toggle("draw", stage, "drawing");
  toggle("preview", stage, "preview");
  toggle("zoom", stage, "enlarged");
  document.getElementById("add").addEventListener("click", () => {
    const [width, height] = [columns, lines].map((side) => Math.max(1, Math.round(side / 5)));
    const row = addRow({ left: (columns - width) / 2, top: (lines - height) / 2, width, height });
    marks.get(row).focus();
    say(marks.get(row).getAttribute("aria-label"));
  });
  // Enter in a number is not a decision.
  rows.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.tagName === "INPUT") event.preventDefault();
  });
  new ResizeObserver(refresh).observe(svg);
  document.getElementById("drawing").hidden = false;
  document.getElementById("keys").hidden = false;
  stage.classList.add("ready");
}
