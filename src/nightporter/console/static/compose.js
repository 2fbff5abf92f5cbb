// Writing to a guest: ready answers by "/" or by their button. Without it the same list works as plain buttons.
"use strict";

const field = document.getElementById("text"), list = document.getElementById("ready");
const told = document.getElementById("ready-told");
const GAP = /\{[^{}\n]{1,40}\}/;
let active = -1, typed = ""; // typed: the "/word" before the caret that opened the list

function plainly(text) { return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase(); }

function picks() { return [...list.querySelectorAll(".pick:not([hidden]) button.plain")]; }

function show(word) {
  for (const one of list.querySelectorAll(".pick")) one.hidden = !plainly(one.dataset.name).includes(plainly(word));
  mark(picks().length ? 0 : -1);
}

function mark(place) {
  const found = picks();
  active = found.length ? (place + found.length) % found.length : -1;
  found.forEach((one, at) => one.classList.toggle("chosen", at === active));
  if (active >= 0) found[active].scrollIntoView({ block: "nearest" });
  told.textContent = active >= 0 ? found[active].querySelector("b").textContent : "";
}

function close() {
  list.open = false;
  typed = "";
  for (const one of list.querySelectorAll(".pick")) one.hidden = false;
  for (const one of list.querySelectorAll(".chosen")) one.classList.remove("chosen");
}

function toGap() {
  const gap = GAP.exec(field.value);
  if (gap) field.setSelectionRange(gap.index, gap.index + gap[0].length);
  return Boolean(gap);
}

function judge() { field.setCustomValidity(GAP.test(field.value) ? field.dataset.gap : ""); }

async function pick(button) {
  const answer = await fetch(`${list.dataset.text}?pick=${encodeURIComponent(button.value)}`).catch(() => null);
  if (!answer?.ok) return void button.form.requestSubmit(button); // the plain way says what is wrong
  const text = await answer.text(), end = field.selectionStart, begin = end - typed.length;
  close();
  field.focus();
  field.setRangeText(text, begin, field.selectionEnd, "end");
  toGap();
  judge();
}

if (field && list) {
  field.addEventListener("input", () => {
    judge();
    const found = /(?:^|\s)(\/\S*)$/.exec(field.value.slice(0, field.selectionStart));
    if (found) {
      typed = found[1];
      list.open = true;
      show(typed.slice(1));
    } else if (typed) close();
  });
  field.addEventListener("keydown", (event) => {
    if (!list.open || !typed) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) mark(active + step);
    else if (event.key === "Enter" && active >= 0 && !event.ctrlKey && !event.metaKey) pick(picks()[active]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  list.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=pick]");
    if (!button) return;
    event.preventDefault();
    pick(button);
  });
  field.form.addEventListener("invalid", (event) => { if (event.target === field && field.value) toGap(); }, true);
  judge();
}

document.addEventListener("keydown", (event) => {
  const open = document.querySelector("details.tool[open]");
  if (event.key !== "Escape" || !open) return;
  const inField = document.activeElement === field;
  if (open === list) close();
  open.open = false;
  if (!inField) open.querySelector("summary").focus();
});

document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.tool[open]")) {
    if (!open.contains(event.target) && event.target !== field) open.open = false;
  }
});

// --- notes and labels leave the page, and what was typed for the guest, as it is

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.dataset.stays === undefined) return;
  event.preventDefault();
  const fields = new URLSearchParams(new FormData(form));
  const answer = await fetch(form.action, { method: "POST", body: fields, headers: { "X-Stay": "yes" } }).catch(() => null);
  if (answer?.status !== 204) return void form.submit(); // the plain way says what is wrong
  form.reset();
  const open = form.closest("details.tool");
  if (open) {
    open.open = false;
    open.querySelector("summary").focus();
  }
  htmx.trigger(document.body, "changed");
});

for (const tool of document.querySelectorAll("details.tool")) {
  tool.addEventListener("toggle", () => { if (tool.open) tool.querySelector("textarea, input:not([type=hidden])")?.focus(); });
}
