// Words of a recording that come while it is recorded or written down.

// What of `more` comes after the `known` first words; null if some are missing between.
export function unknown(more, known) {
  const before = known - (more.first ?? known);
  if (before < 0) return null;
  const part = (list) => list.slice(before);
  return { text: part(more.text), start_ms: part(more.start_ms), end_ms: part(more.end_ms), attached: part(more.attached) };
}
