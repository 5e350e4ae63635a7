// One round: what was asked, how far it is, who was lost on the way, and what it found.

import { answerOf } from "/answer.js";
import { make, sentence } from "/theme/dom.js";
import { many, short, span } from "/words.js";

const STATES = { open: "Under way", done: "Done", abandoned: "No sum" };

export class Round {
  #head = make("header"); #facts = make("p", { className: "facts small soft" }); #phases = make("dl", { className: "phases" });
  #rest = make("div"); #shown = ""; #ended;

  // `ended(number)` ends the round.
  constructor(ended) {
    this.#ended = ended;
    this.element = make("li", { className: "card" }, this.#head, this.#facts, this.#phases, this.#rest);
  }

  show(round) {
    this.#facts.textContent = factsOf(round);
    const { asked_s, ...rest } = round, shown = JSON.stringify(rest);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.element.className = `card ${round.state}`;
    this.#head.replaceChildren(make("h2", {}, make("bdi", {}, round.question)), make("span", { className: "state" }, STATES[round.state]));
    this.#phases.replaceChildren(...round.phases.map((phase) => phaseOf(phase, round)));
    const inside = [];
    if (round.reason) inside.push(make("p", { className: "reason small" }, sentence(round.reason)));
    if (round.answer) inside.push(answerOf(round.answer));
    if (round.state === "open") inside.push(make("p", { className: "actions" }, this.#ending(round.number)));
    if (round.state !== "open" || !this.#rest.querySelector("button")) this.#rest.replaceChildren(...inside);
  }

  #ending(number) {
    const button = make("button", { onclick: () => {
      if (button.dataset.sure) { this.#ended(number); return; }
      button.dataset.sure = "yes";
      button.className = "danger";
      button.textContent = "End it for good, without a sum";
    } }, "End this round");
    return button;
  }
}

function factsOf({ number, region, asked_s, took_s, least, most, privacy, devices, state }) {
  const facts = [`Round ${number}`, region ? `devices of ${region}` : "all devices"];
  if (state === "done") facts.push(`a sum over ${many(devices, "device")}`);
  else if (least !== null) facts.push(`${least} to ${most} wanted`);
  facts.push(privacy ? `epsilon ${short(privacy.epsilon)} at delta ${privacy.delta}` : "an exact sum");
  facts.push(`asked ${span(asked_s)} ago`);
  if (took_s !== null) facts.push(`took ${span(took_s)}`);
  return facts.join(" · ");
}

function phaseOf({ name, expected, answered }, { state, phases }) {
  const begun = answered !== null, now = state === "open" && begun && name === phases.findLast((phase) => phase.answered !== null).name;
  const share = begun && expected ? answered / expected : 0, fewer = begun && !now && answered < expected && name !== "keys";
  const told = begun ? `${answered} of ${expected ?? "?"}` : "–";
  return make("div", { className: `${now ? "now" : ""} ${fewer ? "fewer" : ""}` },
    make("dt", {}, make("p", { className: "track" }, make("span", { style: `width: ${100 * share}%` })), name[0].toUpperCase() + name.slice(1)),
    make("dd", { className: "number" }, fewer ? `${told}, ${expected - answered} lost` : told));
}
