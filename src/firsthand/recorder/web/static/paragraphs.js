// Words in paragraphs: by who speaks, by pauses, by length; between them what else is heard.

const LONG_WORDS = 60, ENOUGH_WORDS = 38, PAUSE_MS = 1500, LONG_PAUSE_MS = 4000, FEW_WORDS = 10, SHORTEST_SOUND_MS = 1000, NEAR_MS = 1500;

// Who says each word, by its middle; -1 where nobody knows.
export class Turns {
  #turns; #next = 0; #last = -1;

  constructor(turns) { this.#turns = [...turns].sort((one, other) => one[1] - other[1]); }

  // For words in the order of time.
  at(ms) {
    while (this.#next < this.#turns.length && this.#turns[this.#next][2] <= ms) this.#next += 1;
    const turn = this.#turns[this.#next];
    if (turn && turn[1] <= ms) this.#last = turn[0];
    return this.#last;
  }
}

// { first, last, start_ms, speaker, turn } from word `from` on; `turn` where the speaker changes.
export function* paragraphs(words, turns, from = 0, before = -2) {
  const who = new Turns(turns), speakerOf = (at) => who.at((words.start_ms[at] + words.end_ms[at]) / 2);
  let first = from, speaker = from < words.text.length ? speakerOf(from) : -1;
  for (let next = from + 1; next <= words.text.length; next += 1) {
    const at = next - 1, more = next < words.text.length;
    if (more && words.attached[next]) continue;
    const then = more ? speakerOf(next) : speaker, count = next - first;
    if (more && then === speaker && !over(words, at, count)) continue;
    yield { first, last: at, start_ms: words.start_ms[first], speaker, turn: speaker !== before };
    before = speaker;
    speaker = then;
    first = next;
  }
}

// Whether a paragraph of `count` words had best end with word `at`.
function over(words, at, count) {
  const pause = words.start_ms[at + 1] - words.end_ms[at];
  if (count >= LONG_WORDS || pause >= LONG_PAUSE_MS) return true;
  return count >= ENOUGH_WORDS ? /[.!?…]["'”’)]*$/.test(words.text[at]) : count >= FEW_WORDS && pause >= PAUSE_MS;
}

// What is heard besides speech, near pieces of the same joined: { name, start_ms, end_ms }.
export function noises(sounds, names) {
  const joined = [], last = new Map();
  for (const [index, start_ms, end_ms] of [...sounds].sort((one, other) => one[1] - other[1])) {
    const name = names[index] ?? "";
    if (!name || name === "speech") continue;
    const before = last.get(name);
    if (before && start_ms - before.end_ms <= NEAR_MS) { before.end_ms = Math.max(before.end_ms, end_ms); continue; }
    const noise = { name, start_ms, end_ms };
    last.set(name, noise);
    joined.push(noise);
  }
  return joined.filter(({ start_ms, end_ms }) => end_ms - start_ms >= SHORTEST_SOUND_MS);
}
