
// ---- Talking to the sandbox.

let token = sessionStorage.getItem("token") || "";
const setToken = (text) => { token = text; sessionStorage.setItem("token", text); };
// A token in the address is taken out of it, also where the page was open already.
function takeToken() {
  if (!location.hash.startsWith("#token=")) return false;
  const given = location.hash.slice(7);
  history.replaceState(null, "", "#/send");
  try { setToken(decodeURIComponent(given)); } catch { setToken(given); }
  return true;
}
takeToken();
async function api(path, body, method, signal) {
  const options = { signal, method: method || (body === undefined ? "GET" : "POST"), headers: {} };
  if (token) options.headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) { options.headers["Content-Type"] = "application/json"; options.body = JSON.stringify(body); }
  const response = await fetch(`/sandbox/${path}`, options);
  const answer = await response.json();
  if (!response.ok) throw Object.assign(new Error(answer.error || `status ${response.status}`), { status: response.status });
  return answer;
}
let noticeTimer;
function notice(text) {
  clearTimeout(noticeTimer);
  $("notice").textContent = text;
  noticeTimer = setTimeout(() => { $("notice").textContent = ""; }, 5000);
}
const attempt = (work) => async (...given) => {
  try { return await work(...given); } catch (error) { notice(error.message); }
};
const act = (path, body, said, method) => attempt(async () => { await api(path, body, method); if (said) notice(said); await refresh(); });
const button = (text, onclick, more) => el("button", { class: "slim", type: "button", onclick, ...more }, text);
const copyButton = (text, what, label = "Copy") => button(label, attempt(async () => {
  try { await navigator.clipboard.writeText(text); } catch {
    // Without a secure address there is no clipboard for scripts but this one.
    const area = el("textarea", { value: text, class: "skip" });
    document.body.append(area); area.select(); document.execCommand("copy"); area.remove();
  }
  notice(`Copied ${what}.`);
}), { "aria-label": label === "Copy" ? `Copy ${what}` : label });
const copyable = (node, text, what) => el("div", { class: "copy" }, node, copyButton(text, what));

// ---- What is remembered between redraws: what was typed, and what came of it.

let state = { keys: [], templates: [], recipients: [], behaviors: {}, events: [], callbacks: { urls: [], faults: [] }, languages: ["default"], api: { faults: [], queued: [], operations: [], errors: [] }, smpp: null, now: Date.now(), clock_offset_seconds: 0 };
const typed = { key: "", to: "+6591234567", template: "sandbox-otp-tpl", language: "default", params: "", kind: "sendOtp", code: "", message: "", verify_code: "", url: "", snippet: "curl", test: "Python", row: "", operation: "", of: "", behavior: "", error: "5016", new_template: "" };
const results = { send: null, check: null };
function forgetResults() {
  Object.assign(results, { send: null, check: null });
  Object.assign(typed, { message: "", verify_code: "" });
  for (const pages of Object.values(turned)) pages.length = 0;
}
const filter = { q: "", channel: "", status: "", since: "", until: "" };
// The pages that were turned, by list: each begins before the entry that is named here.
const turned = { messages: [], requests: [], callbacks: [] };
let refusedOnly = false;

const field = (name, label, extra) => el("label", {}, label, el("input", { id: `field-${name}`, name, value: typed[name], autocomplete: "off", spellcheck: "false", oninput: (event) => { typed[name] = event.target.value; }, ...extra }));
const choice = (name, label, options, onchange) => {
  const select = el("select", { id: `field-${name}`, name, onchange: (event) => { typed[name] = event.target.value; if (onchange) onchange(); } },
    options.map(([value, text]) => el("option", { value }, text || value)));
  select.value = typed[name];
  if (select.selectedIndex < 0) { select.selectedIndex = 0; typed[name] = select.value; }
  return el("label", {}, label, select);
};
const area = (name, label, extra) => {
  const node = el("textarea", { id: `field-${name}`, "aria-label": label, spellcheck: "false", oninput: (event) => { typed[name] = event.target.value; }, ...extra });
  node.value = typed[name];
  return node;
};
