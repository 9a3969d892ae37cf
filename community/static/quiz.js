// Pointing at a place in an image. The two numbers of the form are what is sent; a click writes
// them, and whatever writes them moves the mark. Without this script they are filled in by hand.

for (const question of document.querySelectorAll("[data-locate]")) {
  const place = question.querySelector(".locate-picture");
  const mark = place.querySelector(".locate-own");
  const [x, y] = ["x", "y"].map((axis) => question.querySelector(`[data-axis="${axis}"]`));

  const show = () => {
    const isPlace = x.value !== "" && y.value !== "" && x.validity.valid && y.validity.valid;
    mark.setAttribute("d", isPlace ? `M${x.valueAsNumber * 10} ${y.valueAsNumber * 10}h0` : "");
  };

  place.addEventListener("click", (event) => {
    const box = place.getBoundingClientRect();
    const percent = (from, at, length) => Math.min(Math.max((100 * (at - from)) / length, 0), 100);
    x.value = percent(box.left, event.clientX, box.width).toFixed(2);
    y.value = percent(box.top, event.clientY, box.height).toFixed(2);
    show();
  });
  for (const input of [x, y]) input.addEventListener("input", show);
  place.classList.add("locate-ready");
  show();
}
