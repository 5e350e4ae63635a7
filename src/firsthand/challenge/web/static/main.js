// The page: what the server knows, shown as a table and as a plot that point at each other.

import * as api from "/api.js";
import { Details } from "/details.js";
import { Plot } from "/plot.js";
import { Submitting } from "/submitting.js";
import { Table } from "/table.js";
import { byId, remark, sentence } from "/theme/dom.js";

let board = null, asked = 0, away = false;

const pointed = (sha256) => { table.point(sha256); plot.point(sha256); };
const opened = (sha256) => { const entry = board.entries.find((each) => each.sha256 === sha256); if (entry) details.open(entry); };
const table = new Table(byId("table"), { opened, pointed });
const plot = new Plot(byId("plot"), { opened, pointed });
const details = new Details({
  judgeAgain: (sha256) => attempt(() => api.judgeAgain(sha256)),
  remove: (sha256) => attempt(() => api.remove(sha256)),
  closed: (sha256) => { if (document.activeElement === document.body) table.focus(sha256); },
});
const submitting = new Submitting({
  submitted: (answer) => {
    remark(answer.new ? `${answer.name} is accepted.` : `${answer.name} was submitted before: it is the same model.`);
    refresh();
  },
});

async function attempt(act) {
  try { await act(); await refresh(); } catch (error) { remark(sentence(error.message), true); }
}

// Asks again while it is asked: of several answers the last counts.
async function refresh() {
  const mine = ++asked;
  try {
    const found = await api.board();
    if (mine === asked) { board = found; show(); }
  } catch (error) {
    if (mine === asked && !away) remark(error.message, true);
  }
}

function show() {
  const judged = board.entries.filter(({ standing }) => standing), { images, limit_ms } = board;
  submitting.largest = board.largest_bytes;
  byId("welcome").hidden = board.entries.length > 0;
  byId("ranking").hidden = !board.entries.length;
  byId("figure").hidden = !judged.length;
  table.show(board.entries, board.now);
  plot.show(judged, limit_ms);
  details.show(board.entries);
  byId("legend").textContent = judged.length ? `Score: correct answers within ${limit_ms} ms × ${images} images. 2018: accuracy for each second, as that year's platform had it, at 30 ms. Small figures are 95% intervals.` : "";
  byId("machine").textContent = `Measured on ${board.machine}, one model at a time, by ${images} images of ${board.classes} classes that no model sees the labels of.`;
  tell(board.now);
}

function tell(now) {
  byId("problem").hidden = !now.problem;
  byId("problem").textContent = sentence(now.problem);
}

api.news((message) => {
  if (message.now && board) { board.now = message.now; table.work(message.now); tell(message.now); }
  if (message.board) refresh();
}, refresh, (reason) => {
  if (reason) remark(sentence(reason), true);
  else if (away) remark("The server is back.");
  away = Boolean(reason);
});
