// What the page asks of its server, and what its server tells it.

import { ask, detailOf } from "/theme/asking.js";
import { Connection } from "/theme/connection.js";

export const board = async () => (await ask("/api/board")).json();
export const judgeAgain = (sha256) => ask(`/api/entries/${sha256}/judge`, { method: "POST" });
export const remove = (sha256) => ask(`/api/entries/${sha256}`, { method: "DELETE" });

// Sends a model and, before it, its card, if any; tells `progress` its share. fetch() has no progress of what goes out.
export function submit(model, card, progress) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/api/entries?${new URLSearchParams({ name: model.name, card_bytes: card?.size ?? 0 })}`);
    request.setRequestHeader("content-type", "application/octet-stream");
    request.upload.onprogress = ({ loaded, total }) => progress(total ? loaded / total : 0);
    request.onerror = () => failed(new Error("the connection was lost on the way"));
    request.onload = () => {
      if (request.status < 300) done(JSON.parse(request.responseText));
      else failed(new Error(detailOf(request.responseText) || `the server says ${request.status}`));
    };
    request.send(card ? new Blob([card, model]) : model);
  });
}

// Calls hear(message) for every piece of news, again() when everything may be different, and lost(reason), "" when it is back.
export function news(hear, again, lost) {
  return new Connection("/api/news", {
    opened: () => { again(); lost(""); },
    text: hear,
    lost: (reason) => lost(reason || "The server does not answer; trying again."),
    refused: (reason) => lost(reason || "The server stopped."),
  });
}
