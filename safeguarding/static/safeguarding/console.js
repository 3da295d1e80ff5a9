// Where one is stands in sight in the list of places.
// A page that shows a running export asks again by itself, and what is to be handed over has a button that prints it;
// everything else works without script. Unfold loads this in the head, before there is a page to look at.
// Unfold writes the name of a chosen file into the nearest text field: here that is somebody's reason or note.
document.addEventListener("change", (event) => {
  if (event.target instanceof HTMLInputElement && event.target.type === "file") event.stopPropagation();
}, true);
document.addEventListener("DOMContentLoaded", () => {
  document.querySelector(".hv-side nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  const running = document.querySelector("[data-refresh-seconds]");
  if (running) setTimeout(() => location.reload(), Number(running.dataset.refreshSeconds) * 1000);
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
});
