// The keys, while nobody is typing.

import { byId } from "/theme/dom.js";

const TYPING = "textarea, select, input";

// `acts` maps a key to what it does; one that returns false leaves the key to the browser.
export function listen(acts) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const { target, key } = event;
    if (key === "Escape" && byId("export").open) {
      byId("export").open = false;
      byId("export").firstElementChild.focus();
      return;
    }
    if (target.matches(TYPING)) {
      if (key === "Escape" && !target.value) target.blur();
      return;
    }
    if (key === " " && target.closest("button, summary, a")) return;
    if (key === "Enter" && target.closest("button, summary, a, [role=slider]")) return;
    const act = acts[key];
    if (!act || act() === false) return;
    event.preventDefault();
  });
}
