// Marks a place on an image with a pointer and writes it into the fields, which say it otherwise.

const place = document.querySelector("[data-pointing]");
const picture = place?.querySelector("img");
const mark = place?.querySelector("rect");
const fields = ["x", "y", "w", "h"].map((name) => document.getElementById(`p-${name}`));

const clamp = (value) => Math.min(Math.max(value, 0), 1);

function at(event) {
  const box = picture.getBoundingClientRect();
  return [clamp((event.clientX - box.left) / box.width), clamp((event.clientY - box.top) / box.height)];
}

function draw([x, y, w, h]) {
  const isSpot = w * h === 0;
  const [left, top, width, height] = isSpot ? [x - 0.01, y - 0.01, 0.02, 0.02] : [x, y, w, h];
  const shown = { x: left, y: top, width, height };
  for (const [name, value] of Object.entries(shown)) mark.setAttribute(name, value);
}

function tell(region) {
  fields.forEach((field, part) => {
    field.value = (Math.floor(region[part] * 1000) / 10).toString();
  });
  draw(region);
}

if (picture && mark && fields.every(Boolean)) {
  let began = null;
  place.classList.add("can-point");
  place.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    place.setPointerCapture(event.pointerId);
    began = at(event);
    tell([...began, 0, 0]);
  });
  place.addEventListener("pointermove", (event) => {
    if (!began) return;
    const [x, y] = at(event);
    const [left, top] = [Math.min(x, began[0]), Math.min(y, began[1])];
    const [width, height] = [Math.abs(x - began[0]), Math.abs(y - began[1])];
    // A hand that trembles points at a spot.
    tell(width < 0.01 && height < 0.01 ? [...began, 0, 0] : [left, top, width, height]);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    place.addEventListener(end, () => {
      began = null;
    });
  }
  for (const field of fields) {
    field.addEventListener("input", () => draw(fields.map((one) => Number(one.value) / 100)));
  }
}
