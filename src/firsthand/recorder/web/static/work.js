// What is being done with a recording, in words and as a bar.

import { sentence } from "/theme/dom.js";

const STAGES = { waiting: "Waiting its turn", storing: "Storing the sound", "writing down": "Writing down" };

const share = ({ done_ms, whole_ms }) => whole_ms ? Math.min(1, done_ms / whole_ms) : 0;

// "Writing down, 42%"
export function told(work) {
  const stage = STAGES[work.stage] ?? sentence(work.stage);
  return work.whole_ms && work.stage !== "waiting" ? `${stage}, ${Math.floor(share(work) * 100)}%` : stage;
}

export function progress(bar, work) {
  if (work.whole_ms) bar.value = share(work);
  else bar.removeAttribute("value");
}

// Whether a microphone is being recorded, and not a file stored.
export const isLive = (item) => item.state === "recording" && item.work?.stage !== "storing";
