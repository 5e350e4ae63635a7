// What is known of the chosen box in words and numbers, which can be typed.

import { movedBy, turnOf, turnedBy } from "/boxes.js";
import { byId, make } from "/theme/dom.js";

const USUAL = ["shoe", "chair", "cup", "camera"];
const METRES = { digits: 3, step: 0.01, large: 0.1 }, DEGREES = { digits: 1, step: 1, large: 15 };

const middle = (axis) => ({
  ...METRES,
  get: (box) => box.middle[axis],
  set: (box, value) => movedBy(box, [0, 1, 2].map((n) => n === axis ? value - box.middle[n] : 0)),
});
const edge = (axis) => ({ ...METRES, edge: true, get: (box) => box.size[axis], set: (box, value) => ({ ...box, size: box.size.with(axis, value) }) });

const NUMBERS = {
  x: middle(0), y: middle(1), z: middle(2),
  width: edge(0), height: edge(1), depth: edge(2),
  turn: { ...DEGREES, get: turnOf, set: (box, value) => turnedBy(box, value - turnOf(box)) },
};

export class Fields {
  #desk; #limits; #form = byId("fields"); #index = -1; #edited = null;

  constructor(desk, limits) {
    this.#desk = desk;
    this.#limits = limits;
    this.#form.onsubmit = (event) => event.preventDefault();
    for (const input of this.#inputs) {
      input.oninput = () => { this.#edited = input; };
      input.onchange = () => this.#enter(input);
      input.onblur = () => { if (this.#edited !== input && input.ariaInvalid) this.#clear(); };
      input.onkeydown = (event) => this.#key(input, event);
      if (!NUMBERS[input.name]) input.maxLength = limits.name;
    }
  }

  get #inputs() { return [...this.#form.querySelectorAll("input")]; }

  show() {
    const { box, chosen, objects } = this.#desk;
    this.#form.hidden = !box;
    if (chosen !== this.#index) this.#clear();
    this.#index = chosen;
    if (!box) return;
    for (const input of this.#inputs) if (input !== this.#edited) input.value = textOf(input.name, box);
    const known = [...new Set([...USUAL, ...objects.map(({ category }) => category)])];
    if (byId("categories").children.length !== known.length) byId("categories").replaceChildren(...known.map((value) => make("option", { value })));
  }

  #clear() {
    this.#edited = null;
    for (const input of this.#inputs) input.ariaInvalid = null;
    byId("wrong").hidden = true;
  }

  #enter(input) {
    const wrong = this.#taken(input);
    if (!wrong) {
      this.#clear();
      this.show();
      return;
    }
    input.ariaInvalid = "true";
    byId("wrong").textContent = wrong;
    byId("wrong").hidden = false;
  }

  // Takes what was typed, or returns why not.
  #taken(input) {
    const { box, objects, chosen } = this.#desk, { name, value } = input, text = value.trim();
    if (text === textOf(name, box)) return "";
    if (name in NUMBERS) return this.#number(name, text);
    if (!text) return `A ${name} has at least one character.`;
    if (name === "name" && objects.some((each, n) => n !== chosen && each.name === text)) return `There is another ${text}; give each a name of its own.`;
    this.#edited = null;
    this.#desk.keepBox({ ...box, [name]: text });
    return "";
  }

  #number(name, text) {
    const { edge: isEdge, set } = NUMBERS[name], value = text ? Number(text.replace(",", ".").replace("−", "-")) : NaN, { farthest_m, least_edge_m } = this.#limits;
    if (!Number.isFinite(value)) return `${name}: ${text || "nothing"} is no number.`;
    if (isEdge && value < least_edge_m) return `${name}: an edge is ${least_edge_m} m or longer.`;
    if (name !== "turn" && Math.abs(value) > farthest_m) return `${name}: nothing is farther than ${farthest_m} m.`;
    this.#edited = null;
    this.#desk.keepBox(set(this.#desk.box, value));
    return "";
  }

  #key(input, event) {
    const number = NUMBERS[input.name];
    if (event.key === "Escape") {
      this.#clear();
      this.show();
      input.blur();
    } else if (event.key === "Enter") this.#enter(input);
    else if (number && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      const by = (event.key === "ArrowUp" ? 1 : -1) * (event.shiftKey ? number.large : number.step);
      this.#edited = input;
      input.value = (number.get(this.#desk.box) + by).toFixed(number.digits);
      this.#enter(input);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

const textOf = (name, box) => name in NUMBERS ? NUMBERS[name].get(box).toFixed(NUMBERS[name].digits).replace(/^-(0\.?0*)$/, "$1") : box[name];
