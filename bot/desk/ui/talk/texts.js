// Texts: variables that are still open, passages to mark, Markdown taken away, times in China, ids, what the tab keeps.
const HOLE = /\{[^{}\s]{1,20}\}/gu;
export const ZONE = "Asia/Shanghai";

// The variables that still stand in braces, as [start, end] of the text.
export function holes(text) {
  return [...text.matchAll(HOLE)].map((found) => [found.index, found.index + found[0].length]);
}

// The text in parts, each with the kind of what it is marked for; hits count characters, as the server does.
export function marked(text, hits) {
  const characters = [...text], starts = [0];
  characters.forEach((one) => starts.push(starts.at(-1) + one.length));
  const spans = hits.map((hit) => [starts[hit.start] ?? 0, starts[hit.end] ?? text.length, hit.severity]);
  spans.push(...holes(text).map(([from, to]) => [from, to, "hole"]));
  const parts = [];
  let at = 0;
  for (const [from, to, kind] of spans.sort((a, b) => a[0] - b[0])) {
    if (from < at) continue;
    parts.push({ text: text.slice(at, from), kind: "" }, { text: text.slice(from, to), kind });
    at = to;
  }
  return [...parts, { text: text.slice(at), kind: "" }].filter((one) => one.text);
}

// An answer of the knowledge base as plain words: no stars, and links with their address where it leads elsewhere.
export function plain(markdown) {
  return markdown
    .replace(/\*\*(.+?)\*\*/gs, "$1")
    .replace(/\[([^\]]*)\]\((https?:[^)]*)\)/g, "$1（$2）")
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/^#+\s*/gm, "")
    .trim();
}

export function clock(at) {
  return new Intl.DateTimeFormat("zh-CN", { timeZone: ZONE, hour: "2-digit", minute: "2-digit", hour12: false }).format(at);
}

export function dayOf(at, words) {
  const day = (ms) => new Intl.DateTimeFormat("zh-CN", { timeZone: ZONE, year: "numeric", month: "long", day: "numeric", weekday: "short" }).format(ms);
  const label = day(at);
  if (label === day(Date.now())) return words.today;
  return label === day(Date.now() - 86400000) ? words.yesterday : label;
}

// A moment as an input of the kind datetime-local has it, in China; and back with its zone.
export function toField(iso) {
  return new Date(Date.parse(iso) + 8 * 3600000).toISOString().slice(0, 16);
}

export function fromField(value) {
  return value ? `${value}:00+08:00` : null;
}

export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((one) => one.toString(16).padStart(2, "0")).join("");
}

export function keep(key, value) {
  if (value) sessionStorage.setItem(key, value);
  else sessionStorage.removeItem(key);
}

export function kept(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? "null");
  } catch {
    return null;
  }
}
