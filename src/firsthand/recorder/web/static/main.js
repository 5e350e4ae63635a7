// Joins the page's parts: which view is seen, and who hears what news.

import * as api from "/api.js";
import { Adding } from "/adding.js";
import { byId, remark, sentence } from "/theme/dom.js";
import { listen } from "/keys.js";
import { List } from "/list.js";
import { Live } from "/live.js";
import { RecordingView } from "/recording.js";
import { Search } from "/search.js";

const STEP_MS = 5000, LIST_MS = 300;

const asking = (act) => (what) => attempt(async () => { await act(what); refresh(); });
const list = new List({
  forget: asking(api.forget), retry: asking(api.retry), end: asking(api.end),
  again: (sending) => adding.again(sending), dismiss: (sending) => adding.dismiss(sending),
});
const search = new Search();
const view = new RecordingView({ left: (number) => { list.drop(number); location.hash = "#/"; refresh(); } });
const live = new Live({
  changed: () => {
    byId("record-words").textContent = "Record";
    byId("record").classList.toggle("recording", live.on);
  },
  ticked: (clock) => { byId("record-words").textContent = clock; },
  ended: (number, rest = null) => {
    if (seen === "live") location.replace(number ? `#/${number}` : "#/");
    else if (number) remark("The recording is kept.");
    if (rest) adding.add([rest], true);
    refresh();
  },
});
const adding = new Adding(list, { added: () => refresh() });
let seen = "", scrolled = 0, opened = null, away = false, waiting = null, stale = false;

async function attempt(act) {
  try { return await act(); } catch (error) { remark(sentence(error.message), true); return undefined; }
}

// Fetches the list: one fetch at a time, not too often, and one more if something happened meanwhile.
function refresh() {
  stale = true;
  waiting ??= attempt(async () => {
    while (stale) {
      stale = false;
      const { recordings, uploads } = await api.recordings();
      await list.show(recordings, uploads);
      await search.refresh();
      await new Promise((done) => { setTimeout(done, LIST_MS); });
    }
  }).finally(() => { waiting = null; });
}

function hear(message) {
  if (message.list) refresh();
  else if (message.upload) list.upload(message.upload, message.work);
  else {
    if ("work" in message) list.work(message.recording, message.work);
    live.news(message);
    view.hear(message);
  }
}

// "#/3?at=1200&words=cake" is recording 3; "#/live" what is being recorded; anything else the list.
function route() {
  const [path, asked] = location.hash.slice(2).split("?"), given = new URLSearchParams(asked), number = Number(path), at = Number(given.get("at"));
  const here = live.on && (path === "live" || number === live.number);
  const next = here ? "live" : Number.isInteger(number) && number > 0 ? "one" : "library";
  if (seen === "library") scrolled = scrollY;
  const moved = seen && seen !== next;
  seen = next;
  for (const one of ["library", "one", "live"]) byId(one).hidden = one !== next;
  byId("export").open = false;
  if (next === "one") {
    if (moved) scrollTo({ top: 0, behavior: "instant" });
    opened = view.open(number, { at_ms: given.get("at") && Number.isFinite(at) ? Math.max(0, at) : null, words: given.get("words") ?? "" });
  } else {
    const left = view.number;
    setTimeout(() => { if (seen !== "one") view.close(); });
    document.title = next === "live" ? "Recording – Recorder" : "Recorder";
    if (next === "library") scrollTo({ top: scrolled, behavior: "instant" });
    if (left && next === "library") (byId("recordings").querySelector(`[data-recording="${left}"] a`) ?? byId("library-title")).focus({ preventScroll: true });
  }
  if (moved && next !== "library") byId(next === "one" ? "one-title" : "live-title").focus({ preventScroll: true });
}

async function record() {
  if (!live.on) {
    byId("record").disabled = true;
    await attempt(() => live.start());
    byId("record").disabled = false;
    if (!live.on) byId("record").focus();
  }
  if (live.on) location.hash = "#/live";
}

const inRecording = (act) => () => seen === "one" ? act() : false;
const field = () => byId(seen === "one" ? "find" : "search");

byId("record").onclick = record;
byId("keys-close").onclick = () => byId("keys").close();
document.addEventListener("click", ({ target }) => { if (!byId("export").contains(target)) byId("export").open = false; });
byId("export").addEventListener("click", ({ target }) => { if (target.closest("a, li button")) byId("export").open = false; });
new IntersectionObserver(([{ intersectionRatio }]) => document.querySelector(".deck").classList.toggle("stuck", intersectionRatio < 1), { threshold: 1 }).observe(document.querySelector(".head"));

listen({
  " ": inRecording(() => view.toggle()),
  ArrowLeft: inRecording(() => view.step(-STEP_MS)),
  ArrowRight: inRecording(() => view.step(STEP_MS)),
  "+": inRecording(() => view.zoom(0.5)),
  "=": inRecording(() => view.zoom(0.5)),
  "-": inRecording(() => view.zoom(2)),
  "/": () => { if (seen === "live") return false; field().focus(); field().select(); return true; },
  n: inRecording(() => view.hit(1)),
  N: inRecording(() => view.hit(-1)),
  Enter: inRecording(() => view.finding ? view.hit(1) : false),
  Escape: () => { if (seen === "library") search.clear(); else location.hash = "#/"; },
  "?": () => byId("keys").showModal(),
});

addEventListener("hashchange", route);
route();
Promise.resolve(opened).finally(refresh); // what is looked at comes first
api.news(hear, () => { refresh(); view.again(); live.again(); }, (reason) => {
  if (reason) remark(sentence(reason), true);
  else if (away && !live.on) remark("The server is back.");
  away = Boolean(reason);
});
attempt(async () => {
  const about = await api.about();
  adding.about = about;
  byId("record").hidden = !about.microphone;
});
