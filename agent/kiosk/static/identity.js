// The form of a person: the draft is kept as one types, what is wrong is said beside its field, codes are searched.

const form = document.getElementById("form");
const fixes = document.getElementById("fixes");
let timer = null;
let touched = new Set();

form.addEventListener("input", (event) => {
  touched.add(event.target.closest("[data-place]")?.dataset.place ?? "arrest.charges");
  clearTimeout(timer);
  timer = setTimeout(keep, 700);
});

async function keep() {
  const answer = await fetch(form.action, {
    method: "POST", headers: { accept: "application/json" }, body: new URLSearchParams(new FormData(form)), redirect: "manual",
  });
  if (answer.type === "opaqueredirect") { location.reload(); return; }
  if (!answer.ok) return;
  const said = await answer.json();
  fixes.textContent = `${form.dataset.draft}. ${said.said}`;
  for (const field of form.querySelectorAll("[data-place]")) show(field, said.wrong[field.dataset.place]);
}

// A field is called wrong only once somebody has been there.
function show(field, sentence) {
  if (!touched.has(field.dataset.place) && !field.classList.contains("wrong")) return;
  field.classList.toggle("wrong", Boolean(sentence));
  field.querySelector(".error").textContent = sentence ?? "";
  const input = field.querySelector("input, select, textarea");
  if (sentence) input.setAttribute("aria-invalid", "true"); else input.removeAttribute("aria-invalid");
}

// Codes, searched as one types: an ARIA combobox (APG) over a list that is fetched once.
const lists = new Map();
async function codes(name) {
  if (!lists.has(name)) lists.set(name, fetch(`/codes/${name}?${document.documentElement.lang}`).then((answer) => answer.json()));
  return lists.get(name);
}

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

// What is typed is looked for word by word, with or without accents, in this language or the list's own: "burg res" finds burglary in a
// residence, "2202" the code, "mexico" and "Mexico" México.
function matching(rows, asked) {
  const typed = plain(asked), parts = typed.split(/\s+/);
  const rank = ([code, words, , own]) => {
    const text = own === words ? plain(words) : `${plain(words)} ${plain(own)}`;
    if (code.toLowerCase() === typed) return 0;
    if (text.startsWith(typed)) return 1;
    if (code.toLowerCase().startsWith(typed)) return 2;
    return parts.every((part) => text.includes(part)) ? 3 : 4;
  };
  return rows.map((row) => [rank(row), row]).filter(([at]) => at < 4).sort((a, b) => a[0] - b[0]).slice(0, 40).map(([, row]) => row);
}

function picker(input) {
  const box = document.createElement("ul");
  box.className = "options"; box.hidden = true; box.role = "listbox"; box.id = `${input.id}-options`;
  box.setAttribute("aria-label", input.labels[0].textContent);
  input.after(box);
  input.role = "combobox";
  input.setAttribute("aria-controls", box.id); input.setAttribute("aria-autocomplete", "list"); input.setAttribute("aria-expanded", "false");
  const many = input.tagName === "TEXTAREA";
  let at = -1;
  let turn = 0; // a list that was asked for before the last key comes too late

  const line = () => many ? input.value.slice(0, input.selectionStart).split("\n").pop() : input.value;
  const close = () => {
    turn += 1; at = -1; box.hidden = true;
    input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant");
  };
  const leave = (text) => { input.value = text; input.dispatchEvent(new Event("input", { bubbles: true })); close(); };
  const choose = ({ dataset }) => {
    if (!many) { leave(dataset.leaves); return; }
    const end = input.selectionStart, start = end - line().length;
    const rest = input.value.slice(end).replace(/^[^\n]*/, "");
    leave(`${input.value.slice(0, start)}${dataset.code}${rest || "\n"}`);
  };
  const mark = (to) => {
    const all = [...box.children];
    if (!all.length) return;
    at = (to + all.length) % all.length;
    all.forEach((one, n) => one.setAttribute("aria-selected", String(n === at)));
    input.setAttribute("aria-activedescendant", all[at].id);
    all[at].scrollIntoView({ block: "nearest" });
  };
  const option = ([code, words, leaves], n) => {
    const one = document.createElement("li");
    one.role = "option"; one.id = `${box.id}-${n}`; one.dataset.code = code; one.dataset.leaves = leaves ?? `${code} · ${words}`;
    one.setAttribute("aria-selected", "false");
    const strong = document.createElement("b");
    strong.textContent = code;
    one.append(strong, words);
    one.addEventListener("pointerdown", (event) => { event.preventDefault(); choose(one); });
    return one;
  };
  const open = async () => {
    const mine = ++turn, wanted = line().trim().toLowerCase();
    if (!wanted || wanted.includes(" · ")) { close(); return; }
    const found = matching(await codes(input.dataset.codes), wanted);
    if (mine !== turn) return;
    box.replaceChildren(...found.map(option));
    at = -1;
    box.hidden = !found.length;
    box.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-expanded", String(found.length > 0));
  };
  const enter = (event) => { // what is marked, or the code that was typed whole; else the list goes and the text stays
    const [first] = box.children;
    const whole = first.dataset.code.toLowerCase() === line().trim().toLowerCase() ? first : null;
    const chosen = box.children[at] ?? whole;
    if (chosen || !many) event.preventDefault();
    if (chosen) choose(chosen); else close();
  };

  input.addEventListener("input", open);
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (box.hidden) return;
    if (event.key === "Enter") { enter(event); return; }
    const does = { ArrowDown: () => mark(at + 1), ArrowUp: () => mark(at - 1), Escape: close }[event.key];
    if (does) { event.preventDefault(); does(); }
  });
  if (input.dataset.codes === "offenses") input.addEventListener("change", async () => { // a code that was typed whole becomes its words
    const row = (await codes("offenses")).find(([code]) => code === input.value.trim());
    if (row) leave(row[2]);
  });
}

for (const input of form.querySelectorAll("[data-codes]")) picker(input);
form.querySelector("input:target")?.focus();
