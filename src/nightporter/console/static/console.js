// Keeps an open page live: events, ticking times, and small comforts. Without it every page still works.
"use strict";

const MINUTE = 60_000, DAY = 86_400_000, TICK_EVERY = 15_000, LOST_AFTER = 4_000;
const body = document.body;
document.documentElement.classList.add("js");
const ahead = Date.now() - Number(body.dataset.now); // the node's clock is right, not this machine's

function span(milliseconds) {
  const minutes = Math.max(0, Math.floor(milliseconds / MINUTE));
  if (minutes < 60) return `${minutes} min`;
  if (milliseconds < 2 * DAY) return minutes % 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${minutes / 60} h`;
  return `${Math.floor(milliseconds / DAY)} ${body.dataset.days}`;
}

function tick() {
  const now = Date.now() - ahead;
  for (const time of document.querySelectorAll("time.ticks")) {
    const { since, until } = time.dataset;
    const text = span(since ? now - Number(since) : Number(until) - now);
    if (time.textContent !== text) time.textContent = text;
  }
}

// --- what changes on the node

let source = null, lost = 0;

function follow() {
  if (!body.dataset.live || source) return;
  source = new EventSource(body.dataset.live);
  source.addEventListener("changed", () => htmx.trigger(body, "changed"));
  source.onopen = () => {
    clearTimeout(lost);
    lost = 0;
    if (!document.getElementById("lost").hidden) htmx.trigger(body, "changed");
    document.getElementById("lost").hidden = true;
  };
  source.onerror = () => {
    lost ||= setTimeout(() => { document.getElementById("lost").hidden = false; }, LOST_AFTER);
    if (source && source.readyState === EventSource.CLOSED) {
      source = null;
      setTimeout(follow, LOST_AFTER);
    }
  };
}

function leave() {
  if (source) source.close();
  source = null;
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return leave(); // a browser opens few connections to one address
  follow();
  htmx.trigger(body, "changed");
});

// --- what a swap must not lose: opened details, and the end of the talk

let opened = [], atEnd = true;

function thread() { return document.getElementById("thread"); }

function isAtEnd() {
  const box = thread();
  return Boolean(box) && box.scrollHeight - box.scrollTop - box.clientHeight < 80;
}

function toEnd() {
  const box = thread();
  if (box) box.scrollTop = box.scrollHeight;
  atEnd = true;
}

document.addEventListener("scroll", (event) => { if (event.target === thread()) atEnd = isAtEnd(); }, true);
document.addEventListener("load", (event) => { if (atEnd && event.target.matches?.("#thread img")) toEnd(); }, true);

const shown = new Map(); // part of the page -> what the node sent for it last

body.addEventListener("htmx:beforeSwap", (event) => {
  const { target, serverResponse, requestConfig } = event.detail;
  if (requestConfig.verb === "get" && shown.get(target.id) === serverResponse) {
    event.detail.shouldSwap = false; // nothing new: leave focus, sound and selection alone
    return;
  }
  shown.set(target.id, serverResponse);
  opened = [...event.target.querySelectorAll("details[open]")].map((one) => one.id);
});

body.addEventListener("htmx:afterSwap", () => {
  for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
  if (atEnd) toEnd();
  tick();
});

// --- forms

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.once === undefined) return;
  if (form.dataset.sent) event.preventDefault(); // a double tap is one answer; the node would count it once anyway
  form.dataset.sent = "yes";
});

document.addEventListener("change", (event) => { if (event.target.dataset.auto !== undefined) event.target.form.requestSubmit(); });

document.addEventListener("keydown", (event) => {
  const enter = event.key === "Enter" && (event.ctrlKey || event.metaKey || event.target.dataset.enter === "sends");
  if (enter && !event.shiftKey && event.target.matches("textarea, input[data-enter]")) {
    event.preventDefault();
    event.target.form.requestSubmit();
  }
  const menu = document.querySelector("details.menu[open]");
  if (event.key === "Escape" && menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

document.addEventListener("click", (event) => {
  const menu = document.querySelector("details.menu[open]");
  if (menu && !menu.contains(event.target)) menu.open = false;
});

window.addEventListener("pageshow", () => { for (const form of document.forms) delete form.dataset.sent; });

document.querySelector(".players [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
toEnd();
follow();
setInterval(tick, TICK_EVERY);
