// Asks every few seconds whether the officer has finished, so that nobody has to reload. Without this module the
// page's own button does the same.
const state = document.getElementById("age-state");

async function look() {
  try {
    const answer = await fetch(state.dataset.url, { headers: { Accept: "application/json" } });
    if (answer.ok && (await answer.json()).state !== state.dataset.state) {
      location.reload(); // a check that is closed leads on to the age page
      return;
    }
  } catch {
    // The network is away: ask again.
  }
  setTimeout(look, 4000);
}

if (state) setTimeout(look, 4000);
