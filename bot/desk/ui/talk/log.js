// The rows of a conversation's log: days, bubbles, notes of colleagues, ratings, and what is still on its way.
import { clock, dayOf, ZONE } from "kuaida-desk/texts.js";

// Everything in the order in which it belongs together, with a line for each new day.
export function rowsOf({ messages, notes, ratings, outbox, revealed, read, conversation, has_older, words, authors, fates, files }) {
  const first = messages[0]?.seq ?? 0, entries = [];
  messages.forEach((one) => entries.push({ seq: one.seq, rank: 0, at: one.created_at, row: bubble(one, { revealed, read, conversation, authors, fates, files }) }));
  notes.filter((one) => !has_older || one.after_seq >= first).forEach((one) => entries.push({ seq: one.after_seq, rank: 1, at: one.at, row: { key: `n${one.id}`, note: one, author: "note", parts: mentions(one) } }));
  ratings.filter((one) => one.seq >= first).forEach((one) => entries.push({ seq: one.seq, rank: 2, at: one.answered_at, row: { key: `r${one.seq}`, rating: one, author: "rating" } }));
  entries.sort((a, b) => a.seq - b.seq || a.rank - b.rank || Date.parse(a.at) - Date.parse(b.at));
  outbox.forEach((one) => entries.push({ at: one.at, row: { ...bubble({ author: "agent", text: one.text, created_at: one.at, attachments: (one.files ?? []).map((each) => ({ kind: "file", name: each.name })) }, { revealed: {}, read: 0, conversation, authors, fates, files }), key: one.id, sending: !one.why, why: one.why, kind: one.kind } }));
  const rows = [];
  let day = "";
  entries.forEach(({ at, row }) => {
    const moment = Date.parse(at), label = dayOf(moment, words);
    if (label !== day) rows.push({ key: `day ${label}`, day: (day = label) });
    rows.push({ ...row, at, time: clock(moment), full: new Date(moment).toLocaleString("zh-CN", { timeZone: ZONE }) });
  });
  return rows;
}

// Only our own side writes Markdown; of it the desk shows bold and the words of a link.  A customer's stars stay stars.
function bubble(message, { revealed, read, conversation, authors, fates, files }) {
  const ours = message.author === "bot" || message.author === "system";
  const written = revealed[message.seq] ?? message.text;
  const text = ours ? written.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1") : written;
  const parts = ours ? text.split("**").map((each, i) => ({ text: each, strong: i % 2 === 1 })) : [{ text, strong: false }];
  const delivery = message.delivery || (message.author === "agent" && message.seq ? (message.seq <= read ? "read" : "sent") : "");
  return {
    key: `m${message.seq}`,
    seq: message.seq,
    author: message.author,
    name: message.author_name || authors[message.author],
    parts,
    plain: parts.map((one) => one.text).join(""),
    is_masked: message.is_masked && revealed[message.seq] === undefined,
    buttons: (message.buttons ?? []).map((one) => one.title),
    files: attached(message, conversation, files),
    delivery,
    fate: fates[delivery] ?? "",
    problem: message.delivery_problem ?? "",
  };
}

function attached(message, conversation, files) {
  const path = `/api/v1/desk/conversations/${conversation}/messages/${message.seq}/attachments/`;
  return (message.attachments ?? []).map((one, i) => ({
    key: i,
    url: one.id ? path + i : "",
    picture: one.id && one.kind === "image",
    sound: one.id && one.kind === "voice",
    label: files[one.kind] ?? one.kind,
    name: one.name || (one.id ? files[one.kind] ?? one.kind : ""),
  }));
}

function mentions(note) {
  return note.text.split(/([@＠][\p{L}\d_.-]{1,64})/u).filter(Boolean).map((text) => ({ text, strong: /^[@＠]/.test(text) }));
}
