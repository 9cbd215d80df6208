// Security keys (W3C Web Authentication Level 2): proving oneself with one, agreeing to something with one, taking a new one on.
// Words are the page's own: data-* of the button. `securityKey.dress()` makes the button work where a page brings it later.

class Refused extends Error {}

let asked = null; // what is under way: the button, its word, an AbortController

function say(text, bad = false) {
  const said = document.getElementById("key-says");
  if (!said) return;
  said.textContent = text;
  said.classList.toggle("error", bad);
}

async function ask(path, body, headers) {
  const answer = await fetch(path, { method: "POST", headers, body });
  if (answer.status === 401 || answer.status === 423 || answer.redirected) { location.reload(); }
  const got = await answer.json();
  if (!answer.ok) throw new Refused([got.what, got.means, got.do].filter(Boolean).join(" "));
  return got;
}

const asJson = (path, body) => ask(path, JSON.stringify(body), { "content-type": "application/json" });
const touched = (options, signal) =>
  navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options), signal });

// By what the button does: which fields must be filled in beside those that the form always wants, and how an answer of the key is had.
const ways = {
  add: {
    needs: [],
    async answer(form, _body, signal) {
      const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(await asJson("/api/session/keys/challenge", {}));
      return navigator.credentials.create({ publicKey, signal });
    },
  },
  prove: {
    needs: [],
    async answer(form, _body, signal) {
      const officer = form.dataset.officer ?? form.elements.officer.value.trim();
      return touched(await asJson("/api/sign-in/challenge", { officer, password: form.elements.password.value }), signal);
    },
  },
  agree: {
    needs: ["second", "second_password"],
    async answer(form, body, signal) {
      body.set("choice", "take");
      const got = await ask(form.dataset.challenge, body);
      say(got.says);
      return touched(got.options, signal);
    },
  },
};

// All that is asked for but the code, which the key stands for.
function complete(form, needs) {
  const code = form.elements.code;
  const wanted = needs.map((name) => form.elements[name]);
  if (code) code.required = false;
  for (const one of wanted) one.required = true;
  const whole = form.reportValidity();
  for (const one of wanted) one.required = false;
  if (code) code.required = true;
  return whole;
}

// What was agreed to is what is sent, whatever is typed while the key is asked: `body` was taken before.
function sent(form, body) {
  if (form.dispatchEvent(new CustomEvent("proved", { detail: body, cancelable: true }))) form.submit();
}

async function use(event) {
  const button = event.currentTarget;
  const way = ways[button.dataset.does];
  const form = button.form ?? document.getElementById("form");
  if (asked) { asked.waits.abort(); return; }
  if (!complete(form, way.needs)) return;
  const mine = asked = { button, waits: new AbortController() };
  const word = button.textContent;
  const body = new URLSearchParams(new FormData(form));
  button.textContent = button.dataset.cancel;
  say(button.dataset.touch);
  try {
    const answer = JSON.stringify((await way.answer(form, body, mine.waits.signal)).toJSON());
    form.elements.key.value = answer;
    body.set("key", answer);
    sent(form, body);
  } catch (error) {
    if (asked === mine) say(error instanceof Refused ? error.message : reason(error, button), true);
    button.textContent = word;
  }
  if (asked === mine) asked = null;
}

function reason(error, button) {
  if (error.name === "InvalidStateError" && button.dataset.does === "add") return button.dataset.known;
  if (error.name === "AbortError" || error.name === "NotAllowedError") return button.dataset.cancelled;
  return button.dataset.failed;
}

function dress() {
  if (asked && !asked.button.isConnected) { asked.waits.abort(); asked = null; }
  const button = document.getElementById("use-key");
  if (!button) return;
  if (window.PublicKeyCredential?.parseRequestOptionsFromJSON) {
    button.hidden = false;
    button.onclick = use;
  } else if (button.dataset.does === "add") say(button.dataset.failed, true);
}

globalThis.securityKey = { dress };
dress();
