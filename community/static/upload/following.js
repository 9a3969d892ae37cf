// Part of upload-page.js: what the server does with a study after it arrived, asked now and then.

const FINAL_STATES = new Set(["published", "rejected", "needs review"]);
const FIRST_WAIT_S = 1.5;
const LONGEST_WAIT_S = 15;

// Ask until nothing changes any more by itself; `tell` gets each answer.
async function follow(api, token, tell) {
  for (let wait = FIRST_WAIT_S; ; wait = Math.min(LONGEST_WAIT_S, wait * 1.3)) {
    const answer = await fetch(`${api}/${token}`, { headers: { Accept: "application/json" } })
      .catch(() => null);
    if (answer?.ok) {
      const upload = await answer.json();
      tell(upload);
      if (FINAL_STATES.has(upload.state)) return;
    } else if (answer?.status === 404) {
      return;
    }
    await new Promise((done) => { setTimeout(done, wait * 1000); });
  }
}
