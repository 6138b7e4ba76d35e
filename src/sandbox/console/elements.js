"use strict";

// ---- Making elements. Strings become text, never markup.

const HANDLERS = ["onclick", "onsubmit", "oninput", "onchange"];

function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") node.className = value;
    else if (HANDLERS.includes(name)) node[name] = value;
    else if (name === "value") { node.value = value; node.setAttribute("value", value); }
    else node.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(3)) if (child !== undefined && child !== null && child !== false) node.append(child);
  return node;
}

// Makes what is shown like what is wanted, and leaves alone what is the same: focus, selection, scrolling and what is
// being typed stay where they are.
function morph(shown, wanted) {
  for (const { name } of [...shown.attributes]) if (!wanted.hasAttribute(name)) shown.removeAttribute(name);
  for (const { name, value } of wanted.attributes) if (shown.getAttribute(name) !== value) shown.setAttribute(name, value);
  for (const name of HANDLERS) if (shown[name] !== wanted[name]) shown[name] = wanted[name];
  morphChildren(shown, wanted);
  // In a choice nobody types: it shows what holds, also where the focus is.
  const isTyped = shown === document.activeElement && wanted.tagName !== "SELECT";
  if ("value" in wanted && wanted.tagName !== "BUTTON" && wanted.tagName !== "LI" && wanted.tagName !== "OPTION" && !isTyped && shown.value !== wanted.value) shown.value = wanted.value;
}
const same = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName && (a.nodeType !== 1 || (a.id === b.id && a.dataset.key === b.dataset.key));
function morphChildren(shown, wanted) {
  let at = shown.firstChild;
  for (const child of [...wanted.childNodes]) {
    let match = at;
    // Something new may have come before: look a little further for the same thing.
    for (let steps = 0; match && !same(match, child) && steps < 60; steps += 1) match = match.nextSibling;
    if (!match || !same(match, child)) { shown.insertBefore(child, at); continue; }
    while (at !== match) { const gone = at; at = at.nextSibling; gone.remove(); }
    at = at.nextSibling;
    if (match.nodeType === 1) morph(match, child);
    else if (match.data !== child.data) match.data = child.data;
  }
  while (at) { const gone = at; at = at.nextSibling; gone.remove(); }
}

const $ = (id) => document.getElementById(id);
const pad = (number, width) => String(number).padStart(width, "0");
const clock = (at) => { const d = new Date(at); return `${pad(d.getHours(), 2)}:${pad(d.getMinutes(), 2)}:${pad(d.getSeconds(), 2)}.${pad(d.getMilliseconds(), 3)}`; };
const zone = () => { const minutes = -new Date().getTimezoneOffset(), sign = minutes < 0 ? "−" : "+"; return `UTC${sign}${pad(Math.floor(Math.abs(minutes) / 60), 2)}:${pad(Math.abs(minutes) % 60, 2)}`; };
const day = (at) => { const d = new Date(at); return `${d.getFullYear()}-${pad(d.getMonth() + 1, 2)}-${pad(d.getDate(), 2)}`; };
const when = (at) => day(at) === day(state.now) ? clock(at).slice(0, 8) : `${day(at)} ${clock(at).slice(0, 8)}`;
const moment = (at) => el("time", { datetime: new Date(at).toISOString(), title: `${day(at)} ${clock(at)} ${zone()}` }, when(at));
const since = (at, start) => at - start < 60000 ? `+${((at - start) / 1000).toFixed(1)} s` : `+${span((at - start) / 1000)}`;
const UNITS = [[86400, "day"], [3600, "h"], [60, "min"]];
const span = (seconds) => {
  const unit = UNITS.findIndex(([length]) => seconds >= length);
  if (unit < 0) return `${Number(seconds.toFixed(3))} s`;
  const [length, name] = UNITS[unit], whole = Math.floor(seconds / length), rest = Math.floor(seconds % length);
  const [next, nextName] = UNITS[unit + 1] || [1, "s"], left = Math.floor(rest / next);
  return `${whole} ${name}${name === "day" && whole !== 1 ? "s" : ""}${left ? ` ${left} ${nextName}` : ""}`;
};
const cents = (amount) => `$${(amount / 100).toFixed(2)}`;
const pretty = (text) => { try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; } };
const count = (number, what) => `${number.toLocaleString("en")} ${what}${number === 1 ? "" : "s"}`;

const MOODS = new Map(Object.entries({ delivered: "good", verified: "good", approved: "good", rejected: "bad", delivered_failed: "bad", sent_failed: "bad", target_invalid: "bad", verified_failed: "warn", verified_timeout: "warn", failing: "warn", "in review": "warn", "given up": "bad" }));
const mood = (status) => MOODS.get(status) || "";
const badge = (status) => el("span", { class: `badge ${mood(status)}` }, status || "nothing yet");

// A long text scrolls by itself, and so takes the focus.
const block = (text, label, id) => el("pre", { tabindex: "0", role: "region", "aria-label": label, id }, text);
