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
  if (!lists.has(name)) lists.set(name, fetch(`/codes/${name}`).then((answer) => answer.json()));
  return lists.get(name);
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

  const line = () => many ? input.value.slice(0, input.selectionStart).split("\n").pop() : input.value;
  const close = () => { box.hidden = true; at = -1; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); };
  const choose = (option) => {
    if (many) {
      const end = input.selectionStart, start = end - line().length;
      const rest = input.value.slice(end).replace(/^[^\n]*/, "");
      input.value = `${input.value.slice(0, start)}${option.dataset.code}${rest || "\n"}`;
    } else input.value = `${option.dataset.code} · ${option.dataset.words}`;
    close();
    input.dispatchEvent(new Event("input", { bubbles: true }));
    close();
  };
  const mark = (to) => {
    const all = [...box.children];
    if (!all.length) return;
    at = (to + all.length) % all.length;
    all.forEach((one, n) => one.setAttribute("aria-selected", String(n === at)));
    input.setAttribute("aria-activedescendant", all[at].id);
    all[at].scrollIntoView({ block: "nearest" });
  };
  const open = async () => {
    const wanted = line().trim().toLowerCase();
    if (!wanted || wanted.includes(" · ")) { close(); return; }
    const found = (await codes(input.dataset.codes))
      .filter(([code, words]) => code.toLowerCase().startsWith(wanted) || words.toLowerCase().includes(wanted))
      .sort((a, b) => rank(a, wanted) - rank(b, wanted)).slice(0, 40);
    box.replaceChildren(...found.map(([code, words], n) => {
      const option = document.createElement("li");
      option.role = "option"; option.id = `${box.id}-${n}`; option.dataset.code = code; option.dataset.words = words;
      option.setAttribute("aria-selected", "false");
      const strong = document.createElement("b");
      strong.textContent = code;
      option.append(strong, words);
      option.addEventListener("pointerdown", (event) => { event.preventDefault(); choose(option); });
      return option;
    }));
    at = -1;
    box.hidden = !found.length;
    box.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-expanded", String(found.length > 0));
  };
  const rank = ([code, words], wanted) =>
    code.toLowerCase() === wanted ? 0 : words.toLowerCase().startsWith(wanted) ? 1 : code.toLowerCase().startsWith(wanted) ? 2 : 3;

  input.addEventListener("input", open);
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (box.hidden) return;
    if (event.key === "ArrowDown") { event.preventDefault(); mark(at + 1); }
    else if (event.key === "ArrowUp") { event.preventDefault(); mark(at - 1); }
    else if (event.key === "Enter" && at >= 0) { event.preventDefault(); choose(box.children[at]); }
    else if (event.key === "Escape") { event.preventDefault(); close(); }
  });
}

for (const input of form.querySelectorAll("[data-codes]")) picker(input);
