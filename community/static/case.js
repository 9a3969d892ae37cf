// Puts the viewer into the page, where its link would lead to a page of its own.

document.addEventListener("click", (event) => {
  const opener = event.target.closest?.("[data-viewer]");
  const place = opener && document.getElementById(opener.dataset.viewer);
  if (!place || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const frame = document.createElement("iframe");
  frame.title = opener.dataset.title;
  frame.src = opener.href;
  // The viewer shares memory with its workers, which a frame may only where it is allowed to.
  frame.allow = "cross-origin-isolated; fullscreen";
  frame.className = "viewer-frame";
  place.replaceChildren(frame);
  place.classList.add("has-viewer");
  opener.remove();
  place.scrollIntoView({ block: "start" });
  frame.focus();
});
