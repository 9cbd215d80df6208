// The scanner's live picture on the page of devices: asked for by a button, ended by it, or when a booking begins.

const live = document.getElementById("live");
const sentence = document.getElementById("sentence");
const button = document.getElementById("show");

function say(now) {
  live.dataset.state = now.state;
  if (sentence.textContent !== now.sentence) sentence.textContent = now.sentence;
  if (now.state !== "shown") picture.clear();
}

button?.addEventListener("click", () => {
  const on = live.dataset.state === "off";
  live.dataset.state = on ? "asked" : "off";
  button.textContent = on ? button.dataset.hide : button.dataset.show;
  if (on) picture.connect("/live-scanner", say);
  else { picture.end(); sentence.textContent = live.dataset.off; }
});
