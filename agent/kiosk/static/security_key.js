// Security keys (W3C Web Authentication Level 2): proving oneself with one, and taking a new one on. Words are the page's own: data-* of the button.

const button = document.getElementById("use-key");
const form = document.getElementById("form");
const said = document.getElementById("key-says");
const word = button.textContent;
const makes = button.dataset.does === "add";
let waiting = null; // AbortController while the key is asked

const say = (text, bad = false) => {
  said.textContent = text;
  said.classList.toggle("error", bad);
};

async function ask(path, body) {
  const answer = await fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  if (answer.status === 401 || answer.status === 423) { location.reload(); }
  const got = await answer.json();
  if (!answer.ok) throw new Refused([got.what, got.means, got.do].filter(Boolean).join(" "));
  return got;
}

class Refused extends Error {}

async function add() {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(await ask("/api/session/keys/challenge", {}));
  return navigator.credentials.create({ publicKey, signal: waiting.signal });
}

async function prove() {
  const officer = form.dataset.officer ?? form.elements.officer.value.trim();
  const options = await ask("/api/sign-in/challenge", { officer, password: form.elements.password.value });
  return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options), signal: waiting.signal });
}

// All that the form asks for but the code, which the key stands for.
function complete() {
  const code = form.elements.code;
  if (code) code.required = false;
  const whole = form.reportValidity();
  if (code) code.required = true;
  return whole;
}

async function use() {
  if (waiting) { waiting.abort(); return; }
  if (!complete()) return;
  waiting = new AbortController();
  button.textContent = button.dataset.cancel;
  say(button.dataset.touch);
  try {
    const answer = await (makes ? add() : prove());
    form.elements.key.value = JSON.stringify(answer.toJSON());
    form.submit();
  } catch (error) {
    say(error instanceof Refused ? error.message : reason(error), true);
    button.textContent = word;
    waiting = null;
  }
}

function reason(error) {
  if (error.name === "InvalidStateError" && makes) return button.dataset.known;
  if (error.name === "AbortError" || error.name === "NotAllowedError") return button.dataset.cancelled;
  return button.dataset.failed;
}

if (window.PublicKeyCredential?.parseRequestOptionsFromJSON) {
  button.hidden = false;
  button.addEventListener("click", use);
} else if (makes) say(button.dataset.failed, true);
