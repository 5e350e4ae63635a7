// Who speaks, by name, how much, and a small form to name them.

import { arrange, byId, make } from "/theme/dom.js";

export class Speakers {
  #root = byId("speakers"); #names = new Map(); #rows = new Map(); #hearer;

  // `hearer` has named(speaker, name).
  constructor(hearer) { this.#hearer = hearer; }

  nameOf = (speaker) => this.#names.get(speaker) || `Speaker ${speaker + 1}`;

  show(speakers, turns) {
    this.#names = new Map(speakers.map(({ speaker, name }) => [speaker, name]));
    const spoken = new Map();
    let all = 0;
    for (const [speaker, start_ms, end_ms] of turns) {
      spoken.set(speaker, (spoken.get(speaker) ?? 0) + end_ms - start_ms);
      all += end_ms - start_ms;
    }
    byId("people").hidden = !speakers.length;
    arrange(this.#root, speakers.map(({ speaker }) => {
      if (!this.#rows.has(speaker)) this.#rows.set(speaker, this.#row(speaker));
      const { row, name, share, button } = this.#rows.get(speaker);
      name.textContent = this.nameOf(speaker);
      share.textContent = all ? `${Math.round((spoken.get(speaker) ?? 0) / all * 100)}%` : "";
      button.setAttribute("aria-label", `Rename ${this.nameOf(speaker)}`);
      return row;
    }), byId("find"));
  }

  clear() {
    this.#rows.clear();
    this.#root.replaceChildren();
  }

  // Puts the form in the place of what is inside `place`.
  rename(speaker, place) {
    const before = [...place.childNodes];
    const field = make("input", { value: this.#names.get(speaker) ?? "", placeholder: this.nameOf(speaker), "aria-label": "Name of this speaker", maxLength: 80, dir: "auto", autocomplete: "off", spellcheck: false });
    const form = make("form", { className: "naming" }, field, make("button", { className: "main" }, "Save"));
    const back = () => { if (form.isConnected) place.replaceChildren(...before); before.find((one) => one.matches?.("button"))?.focus({ preventScroll: true }); };
    form.onsubmit = (event) => {
      event.preventDefault();
      back();
      this.#hearer.named(speaker, field.value.replaceAll(/\s+/g, " ").trim());
    };
    form.onkeydown = (event) => { if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); back(); } };
    form.onfocusout = ({ relatedTarget }) => { if (!form.contains(relatedTarget) && document.hasFocus()) queueMicrotask(() => { if (form.isConnected) place.replaceChildren(...before); }); };
    place.replaceChildren(form);
    field.focus({ preventScroll: true });
    field.select();
  }

  #row(speaker) {
    const name = make("bdi"), share = make("small", { className: "number" }), button = make("button", { className: "plain" }, "Rename");
    const row = make("li", { "data-speaker-row": speaker }, make("b", {}, name, share), button);
    button.onclick = () => this.rename(speaker, row);
    return { row, name, share, button };
  }
}
