// Times as people write and say them.

const two = (number) => String(number).padStart(2, "0");

// 1:02:03, or 2:03
export function clock(ms) {
  const all = Math.max(0, Math.floor(ms / 1000)), hours = Math.floor(all / 3600);
  const minutes = Math.floor(all / 60) % 60, seconds = two(all % 60);
  return hours ? `${hours}:${two(minutes)}:${seconds}` : `${minutes}:${seconds}`;
}

const counted = (number, word) => number ? [`${number} ${word}${number === 1 ? "" : "s"}`] : [];

// "1 hour 2 minutes 3 seconds"
export function spoken(ms) {
  const all = Math.max(0, Math.floor(ms / 1000));
  const parts = [...counted(Math.floor(all / 3600), "hour"), ...counted(Math.floor(all / 60) % 60, "minute"), ...counted(all % 60, "second")];
  return parts.join(" ") || "0 seconds";
}

// "5 h 2 min", "3 min 20 s", "42 s"
export function brief(ms) {
  const all = Math.round(ms / 1000), hours = Math.floor(all / 3600), minutes = Math.floor(all / 60) % 60, seconds = all % 60;
  if (hours) return minutes ? `${hours} h ${minutes} min` : `${hours} h`;
  if (minutes) return seconds && minutes < 10 ? `${minutes} min ${seconds} s` : `${minutes} min`;
  return `${seconds} s`;
}

const forms = {
  hour: { hour: "numeric", minute: "2-digit" },
  date: { day: "numeric", month: "long" },
  dated: { day: "numeric", month: "long", year: "numeric" },
};
const made = {};

// Formats are slow to make, so only when needed, and once.
const form = (name, then) => (made[name] ??= new Intl.DateTimeFormat(undefined, forms[name])).format(then);

// "Today, 9:30", "24 November, 9:30"
export function moment(iso, now = new Date()) {
  const then = new Date(iso);
  if (Number.isNaN(then.getTime())) return "";
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  const same = (day) => then.toDateString() === day.toDateString();
  const named = same(now) ? "Today" : same(yesterday) ? "Yesterday" : form(then.getFullYear() === now.getFullYear() ? "date" : "dated", then);
  return `${named}, ${form("hour", then)}`;
}

// Its title, or one of its date.
export function titled(item) {
  const then = new Date(item.begun_at);
  return item.title || (Number.isNaN(then.getTime()) ? "Recording" : `Recording, ${form("date", then)}, ${form("hour", then)}`);
}
