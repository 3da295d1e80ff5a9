// A page that shows a running export asks again by itself; everything else works without script.
const running = document.querySelector("[data-refresh-seconds]");
if (running) {
  setTimeout(() => location.reload(), Number(running.dataset.refreshSeconds) * 1000);
}
