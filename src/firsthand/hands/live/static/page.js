// What of the live page is about hands.

import { start } from "/live/live.js";
import { said } from "/said.js";
import { COLOURS, drawHands } from "/view.js";

start({
  nothing: "No hand in view",
  draws: (pen, { hands }, { bones }) => drawHands(pen, hands, bones),
  lines: ({ hands }, mirror) => hands.map((hand) => {
    const words = said(hand, mirror), side = `${hand.handedness} hand`;
    return {
      colour: COLOURS[hand.handedness],
      name: words || "no known gesture",
      known: Boolean(words),
      more: side,
      spoken: `${side}: ${words || "no known gesture"}`,
    };
  }),
});
