// Joins the page's parts: what is chosen, where pictures come from, and what is told.

import { byId, sentence } from "/theme/dom.js";
import { Camera } from "/live/camera.js";
import { FileShow } from "/live/file.js";
import { Readouts } from "/live/readouts.js";
import { Settings } from "/live/settings.js";
import { View } from "/live/view.js";

const welcome = [byId("notice-title").textContent, byId("notice-words").textContent];
const settings = new Settings(byId("settings"), () => { if (source) source.options = settings.values; });
let system = null, about = {}, view = null, readouts = null, source = null, paused = false, over = false, refused = false;

function server(state, words) {
  byId("server").dataset.state = state;
  byId("server-words").textContent = words;
}

function remark(words, bad = false) {
  byId("remark").textContent = words;
  byId("remark").classList.toggle("bad", bad);
  refused = false;
}

function notice(title, words, choice = "Use the camera") {
  byId("notice-title").textContent = title;
  byId("notice-words").textContent = sentence(words);
  byId("notice-camera").textContent = choice;
  byId("notice").hidden = false;
}

const again = () => source?.kind === "camera" ? "Try again" : "Use the camera";

function setPaused(on) {
  paused = on;
  over = false;
  byId("pause").textContent = on ? "Go on" : "Pause";
  if (source) source.paused = on;
}

const hearer = {
  connected() { server("good", "Connected"); },
  server(state, reason) {
    server(state, reason || "The server does not answer; trying again");
    if (!reason) remark("Is the program in the terminal still running? If it was started anew, open the address it shows.", true);
  },
  told(words) {
    byId("loading").hidden = true;
    if (byId("picture").hidden) notice("This cannot be looked at", words, again());
    else if (!refused) remark(words, true);
  },
  started(options, instead) {
    settings.standing = options;
    if (refused && !instead) remark(source.name ?? "");
  },
  refused(words, last) {
    remark(words, true);
    refused = true;
    if (last) settings.putBack();
    return settings.standing;
  },
  loading(share) {
    byId("notice").hidden = true;
    byId("loading").hidden = false;
    byId("upload").value = share;
    byId("loading-words").textContent = share < 1 ? "Reading the file" : `Looking for ${document.body.dataset.things}`;
  },
  begun(file) {
    byId("pause").hidden = file.kind !== "clip";
    byId("elapsed").hidden = !file.duration_us;
    setPaused(false);
  },
  shown(picture) {
    byId("notice").hidden = byId("loading").hidden = true;
    if (byId("remark").classList.contains("bad") && !refused) remark(source.name ?? "");
    view.show(picture.image, picture.result);
    readouts.add(picture, system.lines(picture.result, view.mirror, about));
  },
  at(share) { byId("elapsed").firstElementChild.style.transform = `scaleX(${share})`; },
  ended(damage) {
    if (damage) remark(`The file is not whole: ${damage}`, true);
    if (byId("pause").hidden) return; // a photograph
    over = true;
    byId("pause").textContent = "Play again";
  },
  failed(title, words) {
    const choice = again();
    leave();
    notice(title, words, choice);
  },
};

function leave() {
  source?.stop();
  source = null;
  over = paused = false;
  view.clear();
  readouts.clear();
  server("", "Ready");
  remark("");
  byId("loading").hidden = byId("elapsed").hidden = byId("device-row").hidden = true;
  settings.only("");
  byId("bar").hidden = byId("pause").hidden = true;
  byId("pause").textContent = "Pause";
  byId("camera").textContent = "Camera";
  notice(...welcome);
}

function mirror(on) {
  byId("mirror").checked = on;
  view.mirror = on;
}

async function useCamera(device = "") {
  leave();
  byId("notice").hidden = true;
  byId("loading").hidden = false;
  byId("upload").removeAttribute("value");
  byId("loading-words").textContent = "Waiting for the camera";
  mirror(true);
  const camera = new Camera(settings.values, device, hearer);
  source = camera;
  byId("bar").hidden = false;
  byId("camera").textContent = "Stop";
  await camera.start();
  if (source !== camera) return;
  byId("pause").hidden = false;
  const devices = (await navigator.mediaDevices.enumerateDevices()).filter((d) => d.kind === "videoinput");
  byId("device").replaceChildren(...devices.map((d, n) => new Option(d.label || `Camera ${n + 1}`, d.deviceId)));
  byId("device").value = camera.device;
  byId("device-row").hidden = devices.length < 2;
}

function openFile(file) {
  if (!file) return;
  leave();
  settings.only("file");
  mirror(false);
  source = new FileShow(file, settings.values, hearer);
  source.name = file.name;
  byId("bar").hidden = false;
  remark(file.name);
  source.start();
}

function pressPause() {
  if (byId("pause").hidden || !source) return;
  if (over) source.replay();
  setPaused(!over && !paused);
}

const choose = () => byId("chosen").click();

byId("pause").onclick = pressPause;
byId("camera").onclick = () => source?.kind === "camera" ? leave() : useCamera();
byId("notice-camera").onclick = () => useCamera();
byId("open").onclick = byId("notice-open").onclick = choose;
byId("chosen").onchange = ({ target }) => { openFile(target.files[0]); target.value = ""; };
byId("mirror").onchange = ({ target }) => mirror(target.checked);
byId("device").onchange = ({ target }) => useCamera(target.value);

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("select, input:not([type=checkbox])")) return;
  const pressed = event.target.matches("button, input");
  const act = { " ": pressed ? null : pressPause, m: () => mirror(!byId("mirror").checked), c: () => byId("camera").click(), o: choose }[event.key.toLowerCase()];
  if (!act) return;
  event.preventDefault();
  act();
});

let inside = 0;
const carriesFile = (event) => event.dataTransfer?.types.includes("Files");
addEventListener("dragenter", (event) => { if (carriesFile(event)) { inside += 1; byId("drop").hidden = false; } });
addEventListener("dragleave", (event) => { if (carriesFile(event) && --inside <= 0) { inside = 0; byId("drop").hidden = true; } });
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  inside = 0;
  byId("drop").hidden = true;
  openFile(event.dataTransfer?.files[0]);
});

// `what` is of the page's system: what is said where there is `nothing`, draws(pen, result, about) and lines(result,
// mirror, about), as a View and Readouts take them; `about` is what the server said.
export async function start(what) {
  system = what;
  view = new View(byId("picture"), byId("stage"), (pen, result) => system.draws(pen, result, about));
  readouts = new Readouts(byId, system.nothing);
  leave();
  try {
    about = await (await fetch("/about")).json();
    settings.offer(about);
  } catch {
    hearer.server("bad", "");
  }
}
