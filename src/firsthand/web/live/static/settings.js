// What may be chosen: the elements with data-option, which is the option's name.

// data-offers names a list of what the server offers; data-kind="number" is of a select whose values are numbers; a row
// with data-only is there while pictures come from that kind of source.
export class Settings {
  #fields; #rows;

  constructor(root, changed) {
    this.#fields = [...root.querySelectorAll("[data-option]")];
    this.#rows = [...root.querySelectorAll("[data-only]")];
    for (const field of this.#fields) field.onchange = () => { if (field.reportValidity()) changed(); };
  }

  // `about` is what the server offers, and what is chosen at first.
  offer(about) {
    for (const field of this.#fields) {
      const { option, offers } = field.dataset, chosen = about[option] ?? "";
      if (offers) {
        field.replaceChildren(...about[offers].map((name) => new Option(name)));
        field.closest("label").hidden = about[offers].length < 2;
      }
      if (field.type === "checkbox") { field.checked = chosen; continue; }
      const known = () => [...field.options].some(({ value }) => value === String(chosen));
      if (field.matches("select") && !known()) field.add(new Option(chosen));
      field.value = chosen;
    }
  }

  // What is only for pictures from another kind of source goes, and what is for this one begins anew.
  only(kind) {
    for (const row of this.#rows) {
      row.hidden = row.dataset.only !== kind;
      for (const field of row.querySelectorAll("[type=checkbox]")) field.checked = false;
    }
  }

  get values() { return Object.fromEntries(this.#fields.map((field) => [field.dataset.option, valueOf(field)])); }
}

function valueOf(field) {
  if (field.type === "checkbox") return field.checked;
  if (field.type === "number") return field.value && field.checkValidity() ? Number(field.value) : null;
  return field.dataset.kind === "number" ? Number(field.value) : field.value;
}
