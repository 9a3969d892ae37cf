// Part of upload-live.js: the page of one upload shows how far it is, and comes anew when it goes on.

const place = document.getElementById("live");
if (place) {
  const { api, token, state, words } = place.dataset;
  follow(api, token, (upload) => {
    if (upload.state !== state) {
      window.location.reload();
      return;
    }
    const { instances, cleaned } = upload.progress;
    const bar = place.querySelector("progress");
    const note = place.querySelector(".progress-note");
    bar.max = Math.max(1, instances);
    bar.value = cleaned;
    note.textContent = words.replace("{clean}", cleaned).replace("{all}", instances);
  });
}
