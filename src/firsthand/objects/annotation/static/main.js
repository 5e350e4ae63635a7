// The page: a frame with its boxes on the left, the world on the right, and what is known of a box below.

import * as api from "/api.js";
import { movedBy, turnedBy } from "/boxes.js";
import { Desk } from "/desk.js";
import { Fields } from "/fields.js";
import { listen } from "/keys.js";
import { List } from "/list.js";
import { onRepaint } from "/palette.js";
import { Picture } from "/picture.js";
import { met, putDown } from "/planes.js";
import { Reel } from "/reel.js";
import { Scene } from "/scene.js";
import { byId, remark, sentence } from "/theme/dom.js";
import { add, axisOf, times } from "/vectors.js";

const FIRST_SIZE = [0.3, 0.3, 0.3], STEP_M = 0.01, LARGE_M = 0.1, LARGE_DEGREES = 15, LOOK = 0.1;
const STATES = { loading: "Opening", saved: "Saved", saving: "Saving…" };
const NO_POSE = "Tracking was lost here: this frame has no pose, so no box is shown in it.";

const desk = new Desk({ changed, state: showState, word: remark });
let session = null, scene = null, picture = null, reel = null, fields = null, sights = null, asked = 0, placing = false, nudging = false, away = false;
const count = (number, what) => `${number.toLocaleString("en")} ${what}${number === 1 ? "" : "s"}`;
const list = new List((index) => desk.choose(index));

// Shows what changed; `other` says that the server has other objects, and so other labels.
function changed(other = false) {
  if (!scene) return;
  if (other) learn();
  const { box, chosen } = desk, known = sights?.length === desk.objects.length ? sights : null;
  scene.paint();
  picture.paint();
  fields.show();
  list.show(desk, known, session.frames.length);
  reel.show(box, chosen, known?.[chosen] ?? null);
}

async function learn() {
  const mine = ++asked;
  try {
    const { seen } = await api.seen();
    if (mine !== asked) return;
    sights = seen;
    changed();
  } catch (error) {
    if (mine === asked && !away) remark(sentence(error.message), true);
  }
}

function showState() {
  const { state, why, undos, redos } = desk;
  byId("state").dataset.state = state;
  byId("state-words").textContent = state === "failed" ? `Not saved: ${sentence(why)}` : STATES[state];
  byId("retry").hidden = state !== "failed";
  byId("undo").disabled = !undos && state !== "failed";
  byId("redo").disabled = !redos;
}

function place(on) {
  placing = on;
  scene.wantsClick = picture.wantsClick = on;
  byId("new").ariaPressed = String(on);
  byId("hint").hidden = !on;
  if (on) byId("picture").focus({ preventScroll: true });
  changed();
}

function placed(ray) {
  const found = ray && met(ray, scene.planes);
  if (!found) { remark(ray ? "There is no plane there." : NO_POSE, true); return; }
  if (desk.objects.length >= session.limits.objects) { remark(`A session has at most ${session.limits.objects} objects.`, true); return; }
  const like = desk.box ?? desk.objects.at(-1), category = like?.category ?? "object";
  const box = { name: nameFor(category), category, ...putDown(found, like?.size ?? FIRST_SIZE, ray.from) };
  place(false);
  desk.keep([...desk.objects, box], desk.objects.length);
}

function nameFor(category) {
  const taken = new Set(desk.objects.map(({ name }) => name)), start = category.slice(0, session.limits.name - 4);
  let number = 1;
  while (taken.has(`${start}-${number}`)) number += 1;
  return `${start}-${number}`;
}

function go(number) {
  scene.show(number);
  picture.show(number);
  notice(number, "");
}

function notice(number, problem) {
  if (number !== reel.number) return;
  const frame = session.frames[number], words = [problem && sentence(problem), frame && !frame.pose ? NO_POSE : ""].filter(Boolean).join(" ");
  byId("picture-notice").textContent = words;
  byId("picture-notice").classList.toggle("bad", Boolean(problem));
  byId("picture-notice").hidden = !words;
}

function withBox(act) {
  return () => { if (!desk.box) return false; act(desk.box); };
}

// As the picture at hand sees it: sideways, away.
function level(sideways, forwards) {
  const pose = session.frames[reel.number]?.pose ?? null, flat = ([x, , z]) => { const long = Math.hypot(x, z) || 1; return [x / long, 0, z / long]; };
  const right = flat(pose ? axisOf(pose, 0) : [1, 0, 0]), ahead = [right[2], 0, -right[0]];
  return [0, 1, 2].map((n) => sideways * right[n] + forwards * ahead[n]);
}

// A key that is held down is one step more, saved when it is let go.
const nudge = (changed) => (_target, again) => {
  if (!desk.box) return false;
  if (again) desk.preview(changed(desk.box)); else desk.keepBox(changed(desk.box));
  nudging = again;
};
const settle = () => { if (nudging) { nudging = false; desk.settle(); } };
const move = (sideways, forwards, up, metres) => nudge((box) => movedBy(box, times(add(level(sideways, forwards), [0, up, 0]), metres)));
const turn = (degrees) => nudge((box) => turnedBy(box, degrees));
const remove = withBox(() => desk.keep(desk.objects.toSpliced(desk.chosen, 1), -1));
const look = withBox((box) => scene.fit(box));
const step = (by, sideways, upwards) => (target) => { if (target === byId("scene")) scene.turn(sideways * LOOK, upwards * LOOK); else if (by) reel.go(reel.number + by); else return false; };
const choose = (by) => () => { if (desk.objects.length) desk.choose((desk.chosen + by + desk.objects.length) % desk.objects.length); };
const all = () => { scene.fit(); picture.whole(); };

function leave() {
  if (picture.cancel() || scene.cancel()) return;
  if (placing) place(false); else desk.choose(-1);
}

const moves = Object.entries({ w: [0, 1, 0], s: [0, -1, 0], a: [-1, 0, 0], d: [1, 0, 0], r: [0, 0, 1], f: [0, 0, -1] });
const acts = {
  ArrowLeft: step(-1, -1, 0), ArrowRight: step(1, 1, 0), ArrowUp: step(0, 0, 1), ArrowDown: step(0, 0, -1),
  "Shift+ArrowLeft": step(-10, -1, 0), "Shift+ArrowRight": step(10, 1, 0),
  Home: () => reel.go(0), End: () => reel.go(session.frames.length - 1),
  n: () => place(!placing), Enter: () => { if (!placing) return false; placed(picture.middle); }, Escape: leave,
  ...Object.fromEntries(moves.flatMap(([key, by]) => [[key, move(...by, STEP_M)], [`Shift+${key}`, move(...by, LARGE_M)]])),
  q: turn(1), e: turn(-1), "Shift+q": turn(LARGE_DEGREES), "Shift+e": turn(-LARGE_DEGREES),
  ",": choose(-1), ".": choose(1), Delete: remove, Backspace: remove, l: look, 0: all,
  "+": () => scene.nearer(1.25), "=": () => scene.nearer(1.25), "-": () => scene.nearer(0.8), "?": () => byId("keys").showModal(),
  "Ctrl+z": () => desk.undo(), "Ctrl+Shift+z": () => desk.redo(), "Ctrl+y": () => desk.redo(),
};

async function open() {
  const [about, points] = await Promise.all([api.session(), api.points()]);
  session = about;
  document.title = `${about.name} · Annotate`;
  byId("title").textContent = about.name;
  const shown = points.length / 3;
  const some = shown < about.points ? ` (${shown.toLocaleString("en")} shown)` : "";
  byId("about").textContent = [count(about.frames.length, "frame"), count(about.planes.length, "plane"), count(about.points, "point") + some].join(", ");
  byId("about").title = about.origin;
  reel = new Reel(about.frames, go);
  fields = new Fields(desk, about.limits);
  picture = new Picture(byId("picture"), about.frames, desk, { placed, picture: notice });
  scene = new Scene(byId("scene"), about, points, desk, {
    placed, counted: (inside) => { byId("inside").textContent = `· ${count(inside, "point")} inside`; },
  });
  onRepaint(() => changed());
  byId("new").onclick = () => place(!placing);
  byId("undo").onclick = () => desk.undo();
  byId("redo").onclick = () => desk.redo();
  byId("retry").onclick = () => desk.retry();
  byId("fit").onclick = all;
  byId("look").onclick = look;
  byId("delete").onclick = remove;
  byId("help").onclick = acts["?"];
  byId("close-keys").onclick = () => byId("keys").close();
  listen(acts);
  addEventListener("keyup", settle);
  addEventListener("blur", settle);
  addEventListener("beforeunload", (event) => { if (desk.unsaved) event.preventDefault(); });
  await desk.load();
  byId("new").disabled = false;
  reel.go(0);
  changed();
  api.news((mark) => desk.heard(mark), () => desk.retry(), (reason) => {
    if (reason) remark(sentence(reason), true);
    else if (away) remark("The server is back.");
    away = Boolean(reason);
  });
}

open().catch((error) => {
  byId("problem").textContent = sentence(error.message);
  byId("problem").hidden = false;
});
