// Quick exit: the page is replaced, so that "back" does not return here. Without JavaScript it is a plain link.
const exit = document.getElementById("quick-exit");

function leave() {
  document.documentElement.hidden = true;
  window.location.replace(exit.href);
}

exit.addEventListener("click", (event) => {
  event.preventDefault();
  leave();
});

let presses = [];
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const now = Date.now();
  presses = [...presses.filter((at) => now - at < 1500), now];
  if (presses.length >= 3) leave();
});
