// Figures as people read them.

// Three digits that count, without an exponent.
export const short = (value) => Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
export const percent = (share) => (100 * share).toFixed(1);
export const between = ([, low, high], told) => `${told(low)}–${told(high)}`;
export const bytes = (count) => count >= 1e6 ? `${short(count / 1e6)} MB` : count >= 1e3 ? `${short(count / 1e3)} kB` : `${count} B`;
export const moment = (iso) => new Date(iso).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
