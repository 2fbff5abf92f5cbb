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
  look();
});

// --- how many wait: in the title, on the icon, and to be heard

const SOUND = "nightporter-sound", HEARD = "nightporter-heard", ALARM_EVERY = 4_000, HIDDEN_EVERY = 15_000;
const CHIME = [[660, 0, 0.18], [880, 0.16, 0.3]], ALARM = [[988, 0, 0.22], [740, 0.26, 0.22], [988, 0.52, 0.22], [740, 0.78, 0.3]];
const title = document.title, icon = document.querySelector("link[rel=icon]"), soundButton = document.getElementById("sound");
let audio = null, ringing = 0;

function wanted() { return localStorage.getItem(SOUND) !== "off"; }

function play(notes) {
  if (!wanted() || !audio || audio.state !== "running") return false;
  for (const [pitch, from, seconds] of notes) {
    const tone = audio.createOscillator(), volume = audio.createGain(), start = audio.currentTime + from;
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.0001, start);
    volume.gain.exponentialRampToValueAtTime(0.25, start + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, start + seconds);
    tone.connect(volume).connect(audio.destination);
    tone.start(start);
    tone.stop(start + seconds + 0.05);
  }
  return true;
}

function ring() {
  const live = document.getElementById("live");
  if (live && Number(live.dataset.alarms)) body.dataset.rang = play(ALARM) ? "alarm" : "silent";
}

function look() {
  const live = document.getElementById("live");
  if (!live) return;
  const waiting = Number(live.dataset.waiting), newest = Number(live.dataset.newest), alarms = Number(live.dataset.alarms);
  document.title = waiting ? `(${waiting}) ${title}` : title;
  const image = waiting ? icon.dataset.waits : icon.dataset.calm;
  if (icon.getAttribute("href") !== image) icon.setAttribute("href", image);
  const before = localStorage.getItem(HEARD); // of all windows: one of them chimes
  if (before === null || newest > Number(before)) {
    localStorage.setItem(HEARD, String(newest));
    if (before !== null && !alarms) body.dataset.rang = play(CHIME) ? "chime" : "silent";
  }
  if (alarms && !ringing) {
    ring();
    ringing = setInterval(ring, ALARM_EVERY);
  } else if (!alarms && ringing) {
    clearInterval(ringing);
    ringing = 0;
  }
}

function showSound() {
  soundButton.hidden = false;
  soundButton.setAttribute("aria-pressed", String(wanted()));
}

function unlock() { // browsers let a page sound only after somebody has touched it
  if (!soundButton || !window.AudioContext) return;
  audio ??= new AudioContext();
  if (audio.state === "suspended") audio.resume().then(look, () => {});
}

for (const touch of ["pointerdown", "keydown"]) document.addEventListener(touch, unlock);
if (soundButton && window.AudioContext) {
  showSound();
  soundButton.addEventListener("click", () => {
    localStorage.setItem(SOUND, wanted() ? "off" : "on");
    showSound();
    play(CHIME);
  });
}
setInterval(() => { // nobody looks at the page: it has no stream, and asks now and then
  if (document.hidden && body.dataset.live) htmx.ajax("GET", "/fragments/count", { target: "#count" });
}, HIDDEN_EVERY);

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
look();
follow();
setInterval(tick, TICK_EVERY);
