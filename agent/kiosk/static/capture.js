// The one sentence beside the live picture (picture.js), and the side that the server renders.

const live = document.getElementById("live");
const booking = live.dataset.booking;
const sentence = document.getElementById("sentence");
const side = document.getElementById("side");
const csrf = document.getElementById("csrf").content.textContent.trim();
let sideStamp = null;

const ghosts = { slap_right: "four", slap_left: "four-left", flat_1: "one", roll: "roll" };

function say(now) {
  const before = live.dataset.state;
  live.dataset.state = now.state;
  live.dataset.ghost = ghosts[now.mode] ?? "";
  if (sentence.textContent !== now.sentence) sentence.textContent = now.sentence;
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
  side.innerHTML = await answer.text();
  dress();
  const question = side.querySelector(".question");
  if (question && !asked) question.querySelector("[data-focus]").focus();
}

// Forms that arrive with the side carry this session's mark, and are sent without leaving the page.
function dress() {
  for (const form of side.querySelectorAll("form[data-csrf]")) {
    form.elements.csrf.value = csrf;
    form.addEventListener("submit", send);
  }
}

async function send(event) {
  event.preventDefault();
  const form = event.currentTarget;
  const body = new URLSearchParams(new FormData(form, event.submitter ?? undefined));
  for (const one of form.querySelectorAll("button")) one.disabled = true;
  const answer = await fetch(form.action, { method: "POST", body });
  if (!answer.ok) { document.open(); document.write(await answer.text()); document.close(); return; }
  form.closest(".question")?.remove();
  sideStamp = null;
}

document.getElementById("take-now")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.currentTarget;
  await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
});

dress();
picture.connect(`/live/${booking}`, say);
