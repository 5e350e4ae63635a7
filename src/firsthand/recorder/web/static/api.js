// What the page asks of its server, and what its server tells it.

import * as server from "/theme/asking.js";
import { Connection } from "/theme/connection.js";

const { body } = server;
const answers = (path, how) => (!how.method && early(path)) || fetch(path, how);
const ask = (path, how) => server.ask(path, how, answers);
const json = (path, how) => server.json(path, how, answers);

export const about = () => json("/api/about");
export const recordings = () => json("/api/recordings");
export const recording = (number, signal) => json(`/api/recordings/${number}`, { signal });
export const retitle = (number, title) => json(`/api/recordings/${number}`, body("PATCH", { title }));
export const nameSpeaker = (number, speaker, name) => json(`/api/recordings/${number}/speakers/${speaker}`, body("PUT", { name }));
export const remove = (number) => ask(`/api/recordings/${number}`, { method: "DELETE" });
export const write = (number) => ask(`/api/recordings/${number}/write`, { method: "POST" });
export const end = (number) => ask(`/api/recordings/${number}/end`, { method: "POST" });
export const retry = (upload) => ask(`/api/uploads/${encodeURIComponent(upload)}/retry`, { method: "POST" });
export const forget = (upload) => ask(`/api/uploads/${encodeURIComponent(upload)}`, { method: "DELETE" });
export const sounds = async () => (await json("/api/sounds")).names;
export const soundOf = (number) => `/api/recordings/${number}/sound`;
export const savedSoundOf = (number) => `${soundOf(number)}?download=1`;
export const exportOf = (number, form) => `/api/recordings/${number}/export?form=${form}`;

export async function search(asked, signal) {
  return (await json(`/api/search?${new URLSearchParams(asked)}`, { signal })).hits;
}

// { bar_ms, classes, levels, colours }; the arrays look into the answer itself.
async function bars(path, signal) {
  const octets = await (await ask(path, { signal })).arrayBuffer();
  const length = new DataView(octets).getUint32(0, true);
  const told = JSON.parse(new TextDecoder().decode(new Uint8Array(octets, 4, length)));
  return {
    bar_ms: told.bar_ms, classes: told.classes,
    levels: new Uint8Array(octets, 4 + length, told.count),
    colours: new Uint8Array(octets, 4 + length + told.count, told.count),
  };
}

export const barsOf = (number, signal) => bars(`/api/recordings/${number}/bars`, signal);
export const thumbnailOf = (number) => bars(`/api/recordings/${number}/thumbnail`);

// Sends a file; tells `progress` its share. fetch() has no progress of what goes out.
export function upload(file, progress) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/api/uploads?${new URLSearchParams({ name: file.name, modified: file.lastModified })}`);
    request.setRequestHeader("content-type", "application/octet-stream");
    request.upload.onprogress = ({ loaded, total }) => progress(total ? loaded / total : 0);
    request.onerror = () => failed(new Error("the connection was lost on the way"));
    request.onload = () => {
      let answer = {};
      try { answer = JSON.parse(request.responseText); } catch { answer = { detail: request.responseText }; }
      if (request.status < 300) done(answer);
      else failed(new Error(answer.detail || `the server says ${request.status}`));
    };
    request.send(file);
  });
}

// Calls hear(message) for every piece of news, and again() when everything may be different.
export function news(hear, again, lost) {
  let before = false;
  return new Connection("/api/news", {
    opened: () => { if (before) again(); before = true; lost(""); },
    text: hear,
    lost: (reason) => lost(reason || "The server does not answer; trying again"),
    refused: (reason) => lost(reason || "The server stopped"),
  });
}
