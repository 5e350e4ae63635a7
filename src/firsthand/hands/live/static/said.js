// What a hand shows and does, in words.

const UNREMARKABLE = ["still", "move"];
const MIRRORED = {
  clockwise: "counter_clockwise", counter_clockwise: "clockwise", swipe_left: "swipe_right", swipe_right: "swipe_left",
};

// The gesture, the stroke, or both; "" for neither. In a mirrored view strokes go the other way.
export function said(hand, mirror) {
  const stroke = UNREMARKABLE.includes(hand.motion) ? null : hand.motion;
  const seen = mirror ? MIRRORED[stroke] ?? stroke : stroke;
  return [hand.gesture, seen].filter(Boolean).join(", ").replaceAll("_", " ");
}
