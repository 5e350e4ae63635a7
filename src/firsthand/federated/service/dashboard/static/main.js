// The page: asked for anew every second while somebody looks.

import { Round } from "/round.js";
import { arrange, byId, make, remark, sentence } from "/theme/dom.js";
import { many, short } from "/words.js";

const EVERY_MS = 1000;

const rounds = new Map();
let away = false;

async function ask(path, how = {}) {
  const answer = await fetch(path, how).catch(() => { throw new Error("The server does not answer. Is the program in the terminal still running?"); });
  if (answer.ok) return answer;
  const { detail } = await answer.json().catch(() => ({}));
  throw new Error(sentence(detail) || `The server says ${answer.status}.`);
}

async function end(number) {
  try {
    await ask(`/api/rounds/${number}/end`, { method: "POST" });
    await refresh();
  } catch (error) { remark(error.message, true); }
}

async function refresh() {
  show(await (await ask("/api/rounds")).json());
}

function show(found) {
  const regions = Object.entries(found.regions), count = regions.reduce((sum, [, each]) => sum + each, 0);
  const where = regions.length > 1 ? ` from ${regions.map(([name, each]) => `${name} (${each})`).join(", ")}` : "";
  byId("lead").textContent = `${many(count, "device")} seen in the last day${where}${found.devices ? `; they come to ${found.devices}` : ""}`;
  byId("welcome").hidden = found.rounds.length > 0;
  byId("budgets").hidden = !found.spent.length;
  byId("budgets").replaceChildren(...found.spent.map(budgetOf));
  const here = new Set(found.rounds.map(({ number }) => number));
  for (const number of rounds.keys()) if (!here.has(number)) rounds.delete(number);
  for (const round of found.rounds) {
    if (!rounds.has(round.number)) rounds.set(round.number, new Round(end));
    rounds.get(round.number).show(round);
  }
  arrange(byId("rounds"), found.rounds.map(({ number }) => rounds.get(number).element));
}

function budgetOf({ source, rounds: count, exact, epsilon, delta }) {
  const exactly = exact ? `, ${exact === count ? "all" : exact} of them exact` : "";
  return make("div", { className: "card" }, make("h2", {}, make("bdi", {}, source)),
    make("p", { className: "amount number" }, exact === count ? "exact" : `ε ${short(epsilon)}`),
    make("p", { className: "small soft" }, `${exact === count ? "" : `at δ ${delta}, for who took part in all; `}${many(count, "round")}${exactly}`));
}

async function look() {
  if (!document.hidden) {
    try {
      await refresh();
      if (away) remark("The server is back.");
      away = false;
    } catch (error) {
      if (!away) remark(error.message, true);
      away = true;
    }
  }
  setTimeout(look, EVERY_MS);
}

look();
