// The rows of all models, which the page holds already: sorted, marked and lit up.

// The numbers of `members` by a field, the highest first if so wanted; equal ones stay in order.
function sorted(members, by, high) {
  const compare = (a, b) => typeof a === "string" ? a.localeCompare(b) : a - b;
  return [...members.keys()].sort((a, b) => (high ? -1 : 1) * compare(members[a][by], members[b][by]));
}

class Table {
  #members; #body; #rows; #heads;

  // `pointed` gets the number of the member that is looked at, or -1.
  constructor(root, members, pointed) {
    this.#members = members;
    this.#body = root.tBodies[0];
    this.#rows = [...this.#body.rows];
    this.#heads = [...root.querySelectorAll(".head")];
    for (const head of this.#heads) head.addEventListener("click", () => this.#sort(head));
    for (const [at, row] of this.#rows.entries()) {
      row.addEventListener("pointerenter", () => pointed(at));
      row.addEventListener("pointerleave", () => pointed(-1));
    }
  }

  // Marks one member, in a word.
  choose(member, word) {
    for (const [at, row] of this.#rows.entries()) {
      const badge = row.querySelector(".chosen");
      badge.textContent = word;
      badge.hidden = this.#members[at] !== member;
    }
  }

  point(at) {
    for (const [n, row] of this.#rows.entries()) row.classList.toggle("on", n === at);
  }

  // By a column; once more turns it round.
  #sort(head) {
    const cell = head.parentElement, before = cell.ariaSort, { by, high } = head.dataset;
    const falling = before ? before === "ascending" : high !== undefined;
    for (const other of this.#heads) other.parentElement.removeAttribute("aria-sort");
    cell.ariaSort = falling ? "descending" : "ascending";
    this.#body.append(...sorted(this.#members, by, falling).map((at) => this.#rows[at]));
  }
}
