// Part of upload-page.js (community/look/assets.py joins it): files that somebody chose or dropped,
// folders with all that is in them.

async function filesOfDrop(transfer) {
  // The list is emptied when the event is over, so all entries are taken at once.
  const entries = [...transfer.items]
    .filter((item) => item.kind === "file")
    .map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile());
  const files = [];
  for (const entry of entries) {
    if (entry instanceof File) files.push(entry);
    else if (entry) await gather(entry, files);
  }
  return files;
}

async function gather(entry, files) {
  if (entry.isFile) {
    files.push(await new Promise((done, failed) => { entry.file(done, failed); }));
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    // A reader gives some entries at a time, and none when there are no more.
    const some = await new Promise((done, failed) => { reader.readEntries(done, failed); });
    if (!some.length) return;
    for (const one of some) await gather(one, files);
  }
}
