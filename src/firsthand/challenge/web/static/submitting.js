// Models chosen or dropped, each with its card, copied to the server one after the other.

import { submit } from "/api.js";
import { chooses } from "/theme/choosing.js";
import { arrange, byId, make, remark, sentence } from "/theme/dom.js";
import { bytes } from "/numbers.js";

const LARGEST_CARD = 1 << 20;
const stem = ({ name }) => name.replace(/\.[^.]*$/, "");
const isModel = ({ name }) => /\.(tflite|onnx)$/i.test(name);
const isCard = ({ name }) => /\.json$/i.test(name);

export class Submitting {
  #hearer; #queue = Promise.resolve(); #rows = []; largest = Infinity;

  // `hearer` has submitted({ sha256, name, new }).
  constructor(hearer) {
    this.#hearer = hearer;
    chooses(byId("submit"), (files) => this.add(files));
  }

  // A card belongs to the model of its name, or to the only model there is.
  add(files) {
    const models = files.filter(isModel), cards = files.filter(isCard), left = new Set(files.filter((file) => !isModel(file)));
    for (const model of models) {
      const card = cards.find((each) => stem(each) === stem(model)) ?? (models.length === 1 && cards.length === 1 ? cards[0] : null);
      left.delete(card);
      this.#send(model, card);
    }
    if (!left.size) return;
    const [one] = left;
    remark(isCard(one) ? `${one.name} is a card without its model: choose both together.` : `${one.name} is no model: it would end in .tflite or .onnx.`, true);
  }

  #send(model, card) {
    const row = new Row(model.name, () => { this.#rows = this.#rows.filter((other) => other !== row); this.#arrange(); });
    this.#rows.push(row);
    this.#arrange();
    if (model.size > this.largest) { row.failed(`it has ${bytes(model.size)}; ${bytes(this.largest)} are allowed`); return; }
    if (card?.size > LARGEST_CARD) { row.failed(`its card has ${bytes(card.size)}; ${bytes(LARGEST_CARD)} are allowed`); return; }
    this.#queue = this.#queue.then(async () => {
      try {
        const answer = await submit(model, card, (share) => row.at(share));
        row.drop();
        this.#hearer.submitted(answer);
      } catch (error) {
        row.failed(error.message);
      }
    });
  }

  #arrange() {
    arrange(byId("sending"), this.#rows.map(({ element }) => element), byId("submit"));
    byId("sending").hidden = !this.#rows.length;
  }
}

class Row {
  #line = make("small", {}, "Copying"); #bar; #dismiss;

  constructor(name, drop) {
    this.drop = drop;
    this.#bar = make("progress", { max: 1, value: 0, "aria-label": `Copying ${name}` });
    this.#dismiss = make("button", { className: "plain", hidden: true, onclick: drop, "aria-label": `Dismiss ${name}` }, "Dismiss");
    this.element = make("li", {}, make("span", { className: "file" }, make("bdi", {}, name), this.#line), this.#bar, this.#dismiss);
  }

  at(share) { this.#bar.value = share; }

  failed(why) {
    this.element.className = "bad";
    this.element.setAttribute("role", "alert");
    this.#line.textContent = sentence(why);
    this.#bar.hidden = true;
    this.#dismiss.hidden = false;
  }
}
