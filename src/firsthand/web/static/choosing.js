// Files that are chosen, or dropped anywhere on the page.

import { byId } from "/theme/dom.js";

// Calls take(files, transfer): a click on `button` opens the chooser, `#chosen`; what is dragged over the page shows
// `#drop`. `transfer` is what was dropped, null for what was chosen.
export function chooses(button, take) {
  let inside = 0;
  button.onclick = () => byId("chosen").click();
  byId("chosen").onchange = ({ target }) => { take([...target.files], null); target.value = ""; };
  const carries = (event) => event.dataTransfer?.types.includes("Files"), over = (on) => { byId("drop").hidden = !on; };
  addEventListener("dragenter", (event) => { if (carries(event)) { inside += 1; over(true); } });
  addEventListener("dragleave", (event) => { if (carries(event) && --inside <= 0) { inside = 0; over(false); } });
  addEventListener("dragover", (event) => { if (carries(event)) event.preventDefault(); });
  addEventListener("drop", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    inside = 0;
    over(false);
    take([...event.dataTransfer.files], event.dataTransfer);
  });
}
