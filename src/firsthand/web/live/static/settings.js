// What may be chosen: the elements with data-option, which is the option's name.

// data-offers names a list of what the server offers; data-kind="number" is of a select whose values are numbers; a row
// with data-only is there while pictures come from that kind of source.
export class Settings {
  #fields; #rows; #values = {}; #standing = {};

  constructor(root, changed) {
    this.#fields = [...root.querySelectorAll("[data-option]")];
    this.#rows = [...root.querySelectorAll("[data-only]")];
    for (const field of this.#fields) field.onchange = () => { if (this.#took(field)) changed(); };
  }

  // `about` is what the server offers, and what is chosen at first.
  offer(about) {
    for (const field of this.#fields) {
      const { option, offers } = field.dataset, chosen = about[option] ?? "";
      if (offers) {
        field.replaceChildren(...about[offers].map((name) => new Option(name, name)));
        field.closest("label").hidden = about[offers].length < 2;
      }
      const known = () => [...field.options].some(({ value }) => value === String(chosen));
      if (field.matches("select") && !known()) field.add(new Option(chosen, chosen));
      this.#put(field, about[option]);
    }
    this.standing = this.values;
  }

  // What is only for pictures from another kind of source goes, and what is for this one begins anew.
  only(kind) {
    for (const row of this.#rows) {
      row.hidden = row.dataset.only !== kind;
      for (const field of row.querySelectorAll("[type=checkbox]")) {
        this.#put(field, false);
        this.#standing[field.dataset.option] = false;
      }
    }
  }

  // What is chosen; of a field that has no value it may have, the last that it had.
  get values() { return { ...this.#values }; }

  // What the server has started.
  get standing() { return { ...this.#standing }; }

  set standing(options) { this.#standing = { ...options }; }

  // Chooses what stands again.
  putBack() {
    for (const field of this.#fields) {
      const { option } = field.dataset;
      if (this.#values[option] !== this.#standing[option]) this.#put(field, this.#standing[option]);
    }
  }

  #put(field, value) {
    if (field.type === "checkbox") field.checked = value;
    else field.value = value ?? "";
    field.ariaInvalid = null;
    this.#values[field.dataset.option] = value ?? null;
  }

  #took(field) {
    const right = field.reportValidity();
    field.ariaInvalid = right ? null : "true";
    if (right) this.#values[field.dataset.option] = valueOf(field);
    return right;
  }
}

function valueOf(field) {
  if (field.type === "checkbox") return field.checked;
  if (field.type === "number") return field.value ? Number(field.value) : null;
  return field.dataset.kind === "number" ? Number(field.value) : field.value;
}
