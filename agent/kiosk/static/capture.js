// The one sentence beside the live picture (picture.js), and the side that the server renders.

const live = document.getElementById("live");
const booking = live.dataset.booking;
const sentence = document.getElementById("sentence");
const side = document.getElementById("side");
const csrf = document.getElementById("csrf").content.textContent.trim();
let sideStamp = null;

const ghosts = { slap_right: "four", slap_left: "four-left", flat_1: "one", roll: "roll" };

const drawing = document.getElementById("pictogram");
const waits = drawing.getAttribute("aria-label");

// What the person does, beside the sentence: parts of one drawing, shown by name.
function illustrate(drawn) {
  const { name, left, fingers, says } = drawn ?? { name: "wait", left: false, fingers: [], says: waits };
  drawing.dataset.name = name;
  drawing.classList.toggle("left", left);
  const thumb = fingers.length === 1 && fingers[0] === 1;
  drawing.classList.toggle("thumb", thumb);
  live.dataset.way = left === thumb ? "right" : "left"; // fingers away from the body, thumbs towards it
  drawing.setAttribute("aria-label", says);
  for (const part of drawing.querySelectorAll("[data-for]")) part.toggleAttribute("hidden", !part.dataset.for.split(" ").includes(name));
  for (const one of drawing.querySelectorAll("[data-finger]")) one.classList.toggle("meant", fingers.includes(Number(one.dataset.finger)));
}

function say(now) {
  const before = live.dataset.state;
  live.dataset.state = now.state;
  live.dataset.ghost = ghosts[now.mode] ?? "";
  if (sentence.textContent !== now.sentence) sentence.textContent = now.sentence;
  illustrate(now.drawn);
  document.getElementById("seen").textContent =
    now.expected && ["await finger", "tracking"].includes(now.state)
      ? live.dataset.seen.replace("{found}", now.found).replace("{expected}", now.expected) : "\u00a0";
  document.getElementById("progress").textContent = live.dataset.progress.replace("{done}", now.done).replace("{of}", live.dataset.of);
  document.querySelector("#ring .way").style.strokeDasharray = `${now.rolled} 1000`;
  document.getElementById("rolled").textContent = `${Math.round(now.rolled / 10)} %`;
  if (before !== now.state && ["await clear", "await finger", "paused", "done"].includes(now.state)) picture.clear();
  const stamp = JSON.stringify(now.side);
  if (stamp !== sideStamp) { sideStamp = stamp; renewSide(); }
  document.getElementById("to-review").hidden = !now.finished;
  document.getElementById("primary").hidden = now.finished;
}

async function renewSide() {
  const answer = await fetch(`/booking/${booking}/capture/side`, { redirect: "manual" });
  if (!answer.ok) { location.reload(); return; }
  const asked = side.querySelector(".question") !== null;
  const text = await answer.text();
  const held = side.contains(document.activeElement) ? document.activeElement.id : "";
  side.innerHTML = text;
  dress();
  if (held) document.getElementById(held)?.focus();
  const question = side.querySelector(".question");
  if (question && !asked) question.querySelector("[data-focus]").focus();
}

// Forms that arrive with the side carry this session's mark, and are sent without leaving the page.
function dress() {
  for (const form of side.querySelectorAll("form[data-csrf]")) {
    form.elements.csrf.value = csrf;
    form.addEventListener("submit", (event) => { event.preventDefault(); send(form, new FormData(form, event.submitter ?? undefined)); });
    form.addEventListener("proved", (event) => { event.preventDefault(); send(form, event.detail); }); // security_key.js
  }
  securityKey.dress();
}

async function send(form, said) {
  for (const one of form.querySelectorAll("button")) one.disabled = true;
  const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(said) });
  if (!answer.ok) { document.open(); document.write(await answer.text()); document.close(); return; }
  form.closest(".question")?.remove();
  sideStamp = null;
}

document.getElementById("take-now")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.currentTarget;
  await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
});

illustrate(null);
dress();
picture.connect(`/live/${booking}`, say);
