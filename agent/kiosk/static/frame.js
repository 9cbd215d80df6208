// The frame of every page: the clock, parts that renew themselves, the lock, focus where it is needed.
// Nothing here is needed for a page to work; all of it makes waiting and looking easier.

const clock = document.getElementById("clock");
if (clock) {
  const offset = Date.parse(clock.dateTime) - Date.now();
  const zone = clock.dateTime.slice(19).replace(/^\.\d+/, "");
  const minutes = zone === "Z" ? 0 : Number(zone.slice(0, 3)) * 60 + Math.sign(Number(zone.slice(0, 3)) || 1) * Number(zone.slice(4, 6));
  const tick = () => {
    const now = new Date(Date.now() + offset + minutes * 60000);
    clock.textContent = now.toISOString().slice(11, 16);
    setTimeout(tick, 1000);
  };
  tick();
}

// Pictures that are loading="lazy" in a part of class "later" are asked for when its words have been painted.
requestAnimationFrame(() => setTimeout(() => {
  for (const part of document.querySelectorAll(".later")) part.classList.remove("later");
}));

// data-refresh="/path" data-every="ms": a part of the page that the server renders again.
for (const part of document.querySelectorAll("[data-refresh]")) {
  let last = part.innerHTML;
  const renew = async () => {
    try {
      const answer = await fetch(part.dataset.refresh, { redirect: "manual" });
      if (answer.type === "opaqueredirect") location.reload(); // locked or signed out: the server says where to
      else if (answer.ok) {
        const text = await answer.text();
        if (text !== last && !part.contains(document.activeElement)) { last = text; part.innerHTML = text; }
      }
    } catch { /* the core is away: what is shown stays, the next try says more */ }
    setTimeout(renew, Number(part.dataset.every));
  };
  setTimeout(renew, Number(part.dataset.every));
}

// A form that does something once: a second press waits for the first.
for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", () => { for (const one of form.querySelectorAll("button")) one.disabled = true; });
}

document.querySelector("[data-focus]")?.focus();

// Arrows move between the choices of a list of links or buttons, as on a keypad.
document.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  const group = event.target.closest?.(".rows, .choices, .hands, .boxes");
  if (!step || !group || /INPUT|SELECT|TEXTAREA/.test(event.target.tagName)) return;
  const all = [...group.querySelectorAll("a, button")];
  const at = all.indexOf(event.target.closest("a, button"));
  if (at < 0) return;
  event.preventDefault();
  all[(at + step + all.length) % all.length].focus();
});

document.querySelector("[data-print]")?.addEventListener("click", () => print());
