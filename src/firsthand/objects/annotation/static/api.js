// What the page asks of its server, and what its server tells it.

import { ask, body, json } from "/theme/asking.js";
import { Connection } from "/theme/connection.js";

export const session = () => json("/api/session");
export const points = async () => new Float32Array(await (await ask("/api/points")).arrayBuffer());
export const picture = async (number, signal) => createImageBitmap(await (await ask(`/api/frames/${number}/picture`, { signal })).blob());
export const objects = () => json("/api/objects");
export const change = (mark, changed) => json("/api/objects", body("PUT", { mark, objects: changed }));
export const undo = (mark) => json("/api/undo", body("POST", { mark }));
export const redo = (mark) => json("/api/redo", body("POST", { mark }));
export const seen = () => json("/api/seen");

// Calls hear(mark) when the annotations are others, again() when everything may be different, lost(reason), "" when it is back.
export function news(hear, again, lost) {
  return new Connection("/api/news", {
    opened: () => { again(); lost(""); },
    text: ({ mark }) => hear(mark),
    lost: (reason) => lost(reason || "The server does not answer; trying again."),
    refused: (reason) => lost(reason || "The server stopped."),
  });
}
