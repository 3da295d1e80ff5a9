// A page that shows a running export asks again by itself; everything else works without script.
// Unfold loads this in the head, before there is a page to look at.
document.addEventListener("DOMContentLoaded", () => {
  const running = document.querySelector("[data-refresh-seconds]");
  if (running) setTimeout(() => location.reload(), Number(running.dataset.refreshSeconds) * 1000);
});
