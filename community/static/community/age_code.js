// Follows the check over a socket, and where there is none (a guardian has no account) asks every few seconds, so that
// nobody has to reload.
// Without this module the page's own button does the same.
const state = document.getElementById("age-state");

function heard(now) {
  if (now === state.dataset.state) return false;
  location.reload(); // a check that is closed leads on to the age page
  return true;
}

async function look() {
  try {
    const answer = await fetch(state.dataset.url, { headers: { Accept: "application/json" } });
    if (answer.ok && heard((await answer.json()).state)) return;
  } catch {
    // The network is away: ask again.
  }
  setTimeout(look, 4000);
}

function follow() {
  try {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}${state.dataset.socket}`);
    let changed = false;
    socket.addEventListener("message", (event) => {
      changed = heard(JSON.parse(event.data).state) || changed;
    });
    socket.addEventListener("close", () => {
      if (!changed) setTimeout(look, 4000);
    });
  } catch {
    setTimeout(look, 4000);
  }
}

if (state) state.dataset.socket ? follow() : setTimeout(look, 4000);
