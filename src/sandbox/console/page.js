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
async function api(path, body, method) {
  const options = { method: method || (body === undefined ? "GET" : "POST"), headers: {} };
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

// ---- Sending and verifying.

const key = () => state.keys.find((known) => known.key === typed.key) || state.keys[0] || { key: "", secret: "", is_demo: false };
const call = (path, body, method = "POST") => api("call", { key: typed.key || key().key, method, path, body });

function sendBody() {
  const template = { id: typed.template };
  if (typed.kind !== "sendMessage" && typed.language !== "default") template.language = typed.language;
  // Without a prototype: any name may be typed.
  const params = Object.create(null);
  for (const line of typed.params.split("\n").filter((line) => line.trim())) {
    const at = line.indexOf("=");
    params[(at < 0 ? line : line.slice(0, at)).trim()] = at < 0 ? "" : line.slice(at + 1);
  }
  if (typed.kind === "sendMessage" && typed.code) params.code = typed.code;
  if (Object.keys(params).length) template.params = params;
  const body = { to: typed.to, template };
  if (typed.kind === "sendCode") body.code = typed.code;
  return body;
}
async function send(event) {
  event.preventDefault();
  results.send = await call(SENDS[typed.kind], sendBody());
  results.check = null;
  if (results.send.status === 200) {
    typed.message = results.send.body.message_id;
    typed.verify_code = "";
  }
  await draw();
}
async function check(event) {
  event.preventDefault();
  results.check = await call("/v1/verifications", { message_id: typed.message, verify_code: typed.verify_code });
  await draw();
}
function outcome(result, shown, id) {
  if (!result) return null;
  const ok = result.status === 200 && shown.good !== false;
  return el("div", { class: `result ${ok ? "good" : "bad"}`, role: "status", id },
    el("strong", {}, result.unanswered ? `No answer: ${result.unanswered}` : shown.title),
    result.unanswered ? null : el("dl", {}, shown.pairs.map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])),
    result.unanswered ? null : el("span", { class: "dim small" }, `HTTP ${result.status} in ${(result.micros / 1000).toFixed(1)} ms`),
    ok ? null : el("a", { href: "#/requests", class: "small" }, "Why? See the requests"));
}
const refused = (body) => ({ title: "Refused", good: false, pairs: typeof body === "string" ? [["body", body]] : [["code", String(body.code)], ["message", body.message]] });
const messageLink = (id) => el("a", { class: "mono", href: `#/message/${id}` }, id);

const usesSandbox = () => state.callbacks.urls.length > 0;
const noUrl = () => el("span", {}, "No callback address is set. ", el("a", { href: "#/callbacks" }, "Set one"), ".");

async function sendView() {
  const newest = (await api("messages?limit=1")).messages[0];
  const latest = newest ? await api(`messages/${newest.id}`) : null;
  const fill = latest && latest.id === typed.message && latest.code && latest.expires;
  const sent = results.send && (results.send.status === 200
    ? { title: "Accepted", pairs: [["channel", results.send.body.send_channel], ["message id", messageLink(results.send.body.message_id)]] }
    : refused(results.send.body || {}));
  const checked = results.check && (results.check.status === 200
    ? { title: results.check.body.verified ? "Verified" : "Wrong code", good: results.check.body.verified, pairs: [["verified", String(results.check.body.verified)]] }
    : refused(results.check.body || {}));
  return [
    el("p", { class: "lead" }, "This is a stand-in for the OTP service, on your machine. Programs talk to it as they would to the service: it keeps templates, messages and codes, posts callbacks, and delivers nothing to anybody. Send from here, or ", el("a", { href: "#/send", onclick: (event) => { event.preventDefault(); $("point-title").scrollIntoView(); $("point-title").focus(); } }, "point your program here"), "."),
    el("div", { class: "two" },
      el("section", { class: "card", "aria-labelledby": "send-title" },
        el("h2", { id: "send-title" }, "Send"),
        el("form", { id: "send", onsubmit: attempt(send) },
          el("div", { class: "pair" },
            choice("kind", "What", [["sendOtp", "generated code"], ["sendCode", "own code"], ["sendMessage", "message"]], draw),
            choice("key", "API key", [...state.keys.map((known) => [known.key]), ["a-key-nobody-knows"]])),
          field("to", "To", { list: "recipients", required: true, inputmode: "email" }),
          el("datalist", { id: "recipients" }, state.recipients.map(([to, explanation]) => el("option", { value: to }, explanation))),
          el("div", { class: "pair" },
            choice("template", "Template", state.templates.map((id) => [id])),
            typed.kind === "sendMessage" ? null : choice("language", "Language", state.languages.map((name) => [name])),
            typed.kind === "sendOtp" ? null : field("code", "Code to send", { inputmode: "numeric", required: typed.kind === "sendCode" })),
          details("parameters", el("span", {}, "Parameters"), () => [area("params", "Parameters, one name=value on each line", { placeholder: "name=value, one on each line" })]),
          el("div", { class: "row" }, el("button", { class: "main", type: "submit" }, "Send"))),
        outcome(results.send, sent || {}, "sent")),
      el("section", { class: "card", "aria-labelledby": "check-title" },
        el("h2", { id: "check-title" }, "Verify"),
        el("form", { id: "check", onsubmit: attempt(check) },
          field("message", "Message id", { required: true, inputmode: "numeric", class: "mono" }),
          field("verify_code", "Code that was typed", { required: true, inputmode: "numeric", class: "mono" }),
          el("div", { class: "row" },
            el("button", { class: "main", type: "submit" }, "Verify"),
            fill ? button(`Fill in ${latest.code}`, () => { typed.verify_code = latest.code; $("field-verify_code").value = latest.code; $("field-verify_code").focus(); }, { id: "use" }) : null)),
        outcome(results.check, checked || {}, "checked"))),
    latest ? runCard(latest, "The newest message", await templatesForTest()) : el("section", { class: "card" }, el("h2", {}, "The newest message"),
      el("p", { class: "empty" }, "Nothing was sent yet. Press Send above, or run one of the calls below.")),
    pointHere(),
    el("section", { class: "card", "aria-labelledby": "known" },
      el("h2", { id: "known" }, "Recipients with a behaviour of their own"),
      el("p", { class: "dim small" }, "Messages to anybody else are delivered after a second."),
      el("ul", { class: "known" }, state.recipients.map(([to, explanation]) =>
        el("li", { "data-key": to }, el("span", {}, el("code", {}, to), el("span", {}, explanation)),
          button("Use", () => { typed.to = to; $("field-to").value = to; $("field-to").focus(); }, { "aria-label": `Use ${to}` })))))];
}

// ---- Where programs are pointed.

function pointHere() {
  const { environment, ...calls } = snippets(typed.to, typed.template), { key: name, secret } = key();
  const line = (label, text) => [el("dt", {}, label), el("dd", {}, copyable(el("code", {}, text), text, label.toLowerCase()))];
  return el("section", { class: "card", "aria-labelledby": "point-title" },
    el("h2", { id: "point-title", tabindex: "-1" }, "Point your program here"),
    el("div", { class: "two" },
      el("div", { class: "card-part" },
        el("dl", { class: "values" }, line("Base URL", location.origin), line("Base URL with /v1", `${location.origin}/v1`), line("Key", name), line("Secret", secret)),
        el("h3", {}, "As the environment"),
        el("div", { class: "copy" }, block(environment, "The environment", "environment"), copyButton(environment, "the environment"))),
      el("div", { class: "card-part" },
        choice("snippet", "A first call", Object.keys(calls).map((language) => [language]), draw),
        el("div", { class: "copy" }, block(calls[typed.snippet], "The call", "snippet"), copyButton(calls[typed.snippet], `the call in ${typed.snippet}`)),
        el("p", { class: "dim small" }, "What it did shows above, and why it was refused, if it was, under ", el("a", { href: "#/requests" }, "Requests"), "."))));
}
// ---- One message: request, timeline, callback and answer side by side.

// A test sets up the template of its message, if that is one of the user's own.
const templatesForTest = async () => opened.has("test") ? (await api("templates")).templates : [];
function runCard(message, title, templates) {
  const answers = message.callbacks.flatMap((callback) => callback.attempts.map((one) => ({ callback, ...one }))).sort((one, other) => one.at - other.at);
  const event = (name, said, more) => act(`messages/${message.id}/events`, { event: name, ...more }, said);
  const live = message.code && message.expires && !message.verified && message.expires > state.now;
  return el("section", { class: "card", "aria-labelledby": "run-title", id: "run" },
    el("header", {}, el("h2", { id: "run-title" }, title), badge(message.status)),
    el("div", { class: "row" }, el("strong", {}, message.to), messageLink(message.id), message.code ? el("span", {}, "code ", el("strong", { class: "mono", id: "run-code" }, message.code)) : null, message.code ? copyButton(message.code, "the code", "Copy code") : null, copyButton(message.id, "the message id", "Copy id")),
    el("div", { class: "run" },
      el("section", { class: message.requests.length ? "on" : "" }, el("h3", {}, "1. Request"), message.requests.length === 0 ? el("p", { class: "dim small" }, message.by_smpp ? "It came over SMPP." : "No longer remembered.") : message.requests.slice(-4).map((one) =>
        el("div", { class: "small" }, el("strong", {}, one.operation || one.path), ` ${one.status === null ? "no answer" : one.status}`, el("br"), el("span", { class: "dim" }, `${when(one.at)}, ${(one.took_micros / 1000).toFixed(1)} ms`)))),
      el("section", { class: message.timeline.length ? "on" : "" }, el("h3", {}, "2. Timeline"), timeline(message, "run-timeline")),
      el("section", { class: message.callbacks.length ? "on" : "" }, el("h3", {}, "3. Callbacks"), message.callbacks.length === 0 ? el("p", { class: "dim small" }, usesSandbox() ? "None yet." : noUrl()) : message.callbacks.slice(-6).map((callback) =>
        el("div", { class: "small", "data-key": String(callback.id) }, el("span", { class: "dim" }, `#${callback.id} `), el("strong", {}, rowNames(callback, message.id)), " ", callbackBadge(callback)))),
      el("section", { class: answers.length ? "on" : "" }, el("h3", {}, "4. Your answer"), answers.length === 0 ? el("p", { class: "dim small" }, "None yet.") : answers.slice(-6).map((one) =>
        el("div", { class: `result small ${one.status === 200 ? "good" : "bad"}` }, el("span", {}, el("strong", {}, one.status ? `HTTP ${one.status}` : "no answer"), el("span", { class: "dim" }, ` to #${one.callback.id}`)), el("span", { class: "dim" }, `${since(one.at, message.sent)}, ${one.took} ms`), one.answer ? el("code", {}, one.answer) : null)))),
    el("div", { class: "row", id: "act" },
      button("Deliver now", event("deliver", "Delivered.")), button("Fail now", event("fail", "Failed.")),
      button("Expire the code", event("expire", "The code has expired."), { disabled: !live }), button("Verify", event("verify", "Verified."), { disabled: !live })),
    details("test", el("span", {}, "Copy as test"), () => {
      const text = testFor(typed.test, message, templates);
      return [
        choice("test", "Language", [["Rust"], ["Python"], ["TypeScript"]], draw),
        el("p", { class: "dim small" }, typed.test === "Rust" ? "It starts a sandbox of its own, and has the same happen there." : `It empties the sandbox at ${location.origin}, and has the same happen there once more.`,
          token && typed.test !== "Rust" ? [" It reads the token from ", el("code", {}, "ENGAGELAB_SANDBOX_TOKEN"), "."] : null),
        el("div", { class: "copy" }, block(text, "The test", "test-text"), copyButton(text, `the test in ${typed.test}`)),
      ];
    }));
}
function timeline(message, id) {
  if (message.timeline.length === 0) return el("p", { class: "dim small" }, "Nothing is reported of this message.");
  return [message.omitted ? el("p", { class: "dim small" }, `${count(message.omitted, "wrong guess").replace("guesss", "guesses")} left out.`) : null, el("ol", { class: "timeline", id }, message.timeline.map((entry, index, all) => el("li", { class: mood(entry.status) },
    index && entry.at < all[index - 1].at ? el("div", { class: "dim small" }, "The clock was put back before this.") : null,
    el("div", { class: "step" }, el("span", {}, el("strong", {}, entry.status), " ", el("span", { class: "dim" }, `by ${entry.channel}`)), el("span", { class: "dim small mono", title: `${day(entry.at)} ${clock(entry.at)} ${zone()}` }, since(entry.at, message.sent))),
    entry.error ? el("div", { class: "small" }, `${entry.error.code} ${entry.error.name.replaceAll("_", " ")}`) : null)))];
}
async function messageView(id) {
  const message = await api(`messages/${encodeURIComponent(id)}`);
  const pick = choice("report", "Status to report", ["delivered", "plan", "target_valid", "target_invalid", "sent", "sent_failed", "delivered_failed", "verified", "verified_failed", "verified_timeout"].map((status) => [status]));
  return [
    el("p", {}, el("a", { href: "#/messages", id: "back" }, "← Messages")),
    runCard(message, "Message", await templatesForTest()),
    el("section", { class: "card", "aria-labelledby": "message-title" },
      el("h2", { id: "message-title" }, "What it is"),
      el("div", { class: "two" },
        el("div", { class: "card-part" },
          message.code ? el("div", {}, el("div", { class: "dim small" }, "Code"), el("div", { class: "code", id: "code" }, message.code)) : null,
          el("div", { class: "dim small" }, "What the recipient reads"),
          block(message.text, "What the recipient reads", "text"),
          message.code && message.expires ? el("div", { class: "row" }, button("Verify this code by hand", () => { typed.message = message.id; typed.verify_code = message.code; results.check = null; location.hash = "#/send"; })) : null),
        el("dl", {},
          [["Message id", el("code", {}, message.id)], ["Recipient", message.to], ["Template", message.template], ["Channel", message.channel === message.first_channel ? message.channel : `${message.first_channel}, then ${message.channel}`],
           ["Sent", `${day(message.sent)} ${clock(message.sent)} ${zone()}`], ["Cost, about", cents(message.cost_cents)],
           message.behavior ? ["Behaviour set", el("code", {}, message.behavior)] : null,
           message.expires ? ["Code valid until", `${clock(message.expires).slice(0, 8)} (${since(message.expires, message.sent)})`] : null,
           ...Object.entries(message.params).map(([name, value]) => [`{{${name}}}`, el("code", {}, value)])].filter(Boolean).map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])))),
    el("section", { class: "card", "aria-labelledby": "requests-title" }, el("h2", { id: "requests-title" }, "Requests about it"), requestList(message.requests, message.by_smpp ? "It came over SMPP." : "They are no longer remembered.")),
    el("section", { class: "card", "aria-labelledby": "callbacks-title" },
      el("h2", { id: "callbacks-title" }, "Callbacks"),
      callbackList(message.callbacks, "No callback was made for this message.", message.id),
      usesSandbox() ? el("form", { class: "row", onsubmit: attempt(async (event) => { event.preventDefault(); await api("callbacks", { message: message.id, status: typed.report }); notice(`Reported ${typed.report}.`); }) },
        pick, el("button", { type: "submit" }, "Report this status")) : null)];
}

// ---- Lists.

// What is open is remembered at the click, and not at the event `toggle`: that comes later, also for elements which were
// made and never shown, and would undo what was clicked meanwhile.
const opened = new Set();
function details(id, summary, content) {
  const toggle = (event) => { event.preventDefault(); if (!opened.delete(id)) opened.add(id); draw(); };
  return el("details", { "data-key": id, open: opened.has(id) },
    el("summary", { onclick: toggle }, summary), opened.has(id) ? el("div", {}, content()) : null);
}

function listQuery(name, more) {
  const query = new URLSearchParams({ limit: PAGE, ...more });
  if (turned[name].length) query.set("before", turned[name].at(-1));
  return query;
}
// What cannot be done is said to be so, and keeps the focus.
function pager(name, page) {
  const pages = turned[name];
  if (!pages.length && !page.next) return null;
  const turn = (text, id, can, how) => button(text, async () => { if (!can) return; how(); await draw(); scrollTo(0, 0); }, { id: `${name}-${id}`, "aria-disabled": can ? null : "true" });
  return el("nav", { class: "row pages", "aria-label": `Pages of ${name}` },
    turn("Newest", "newest", pages.length > 0, () => { pages.length = 0; }),
    turn("Newer", "newer", pages.length > 0, () => { pages.pop(); }),
    turn("Older", "older", Boolean(page.next), () => { pages.push(page.next); }),
    el("span", { class: "dim small", role: "status" }, `Page ${pages.length + 1}`));
}
const PAGE = 50;
const none = (name, otherwise) => turned[name].length ? "There are no older ones." : otherwise;

let typing;
const later = () => { turned.messages.length = 0; clearTimeout(typing); typing = setTimeout(draw, 150); };
async function messagesView() {
  const query = listQuery("messages");
  if (filter.q.trim()) query.set("q", filter.q);
  if (filter.channel) query.set("channel", filter.channel);
  if (filter.status) query.set("status", filter.status);
  if (filter.since) query.set("since", String(new Date(filter.since).getTime()));
  if (filter.until) query.set("until", String(new Date(filter.until).getTime()));
  const page = await api(`messages?${query}`);
  const filtered = page.matching !== null;
  const pick = (name, label, options) => { const select = el("select", { id: `filter-${name}`, onchange: (event) => { filter[name] = event.target.value; turned.messages.length = 0; draw(); } }, el("option", { value: "" }, "any"), options.map((value) => el("option", { value }, value))); select.value = filter[name]; return el("label", {}, label, select); };
  const time = (name, label) => el("label", {}, label, el("input", { id: `filter-${name}`, type: "datetime-local", step: "1", value: filter[name], onchange: (event) => { filter[name] = event.target.value; turned.messages.length = 0; draw(); } }));
  return [el("section", { class: "card", "aria-labelledby": "history-title" },
    el("header", {}, el("h2", { id: "history-title" }, "Messages"), el("span", { class: "dim small", role: "status", id: "found" }, filtered ? `${page.matching.toLocaleString("en")} of ${count(page.total, "message")} match${page.matching === 1 ? "es" : ""}` : count(page.total, "message"))),
    el("div", { class: "filters" },
      el("label", {}, "Search in everything", el("input", { id: "filter", type: "search", placeholder: "id, recipient, text, code, template, status", value: filter.q, oninput: (event) => { filter.q = event.target.value; later(); } })),
      pick("channel", "Channel", ["whatsapp", "sms", "voice", "email"]),
      pick("status", "Status", ["plan", "target_valid", "sent", "delivered", "delivered_failed", "verified", "verified_failed", "verified_timeout"]),
      time("since", "Sent from"), time("until", "Sent before")),
    page.messages.length === 0 ? el("p", { class: "empty" }, turned.messages.length ? "There are no older ones." : filtered ? ["Nothing matches. ", button("Show all messages", () => { Object.assign(filter, { q: "", channel: "", status: "", since: "", until: "" }); $("filter").focus(); for (const name of Object.keys(filter)) { const shown = $(name === "q" ? "filter" : `filter-${name}`); if (shown) shown.value = ""; } draw(); }, { id: "show-all" })] : ["Nothing was sent yet. ", el("a", { href: "#/send" }, "Send something"), "."]) :
    el("table", { class: "stack", id: "messages" },
      el("thead", {}, el("tr", {}, ["Time", "Template", "Recipient", "Channel", "Status"].map((name) => el("th", { scope: "col" }, name)), el("th", { class: "right", scope: "col" }, "Cost, about"))),
      el("tbody", {}, page.messages.map((message) => el("tr", { class: "link", "data-key": message.id, onclick: (event) => { if (!event.target.closest("a")) location.hash = `#/message/${message.id}`; } },
        el("td", { class: "time" }, moment(message.sent)),
        el("td", { class: "template" }, message.template),
        el("td", { class: "to" }, el("a", { href: `#/message/${message.id}` }, message.to)),
        el("td", { class: "channel" }, message.channel, message.by_smpp ? " (SMPP)" : ""),
        el("td", { class: "status" }, badge(message.status)),
        el("td", { class: "right cost" }, cents(message.cost_cents)))))),
    el("div", { class: "row" }, pager("messages", page), page.total ? button("Clear the history", (...given) => { forgetResults(); return act("messages", undefined, "The history is empty.", "DELETE")(...given); }, { class: "slim push", id: "clear" }) : null))];
}

// Whom or what a request is about, as far as that was kept.
function subject(request) {
  try { return `to ${[JSON.parse(request.body).to].flat().map(String).slice(0, 3).join(", ")}`.replace("to undefined", ""); } catch { return ""; }
}
function requestList(requests, otherwise) {
  if (requests.length === 0) return el("p", { class: "empty" }, otherwise);
  return requests.map((request) => details(`request-${request.id}`,
    [el("strong", {}, `${request.method} ${request.path}`), el("span", { class: `badge ${request.status === null ? "warn" : request.status < 400 ? "good" : "bad"}` }, request.status === null ? "no answer" : String(request.status)),
      el("span", { class: "dim" }, subject(request)), request.error ? el("span", {}, `${request.error.code}: ${request.reason}`) : null, request.fault ? el("span", { class: "badge warn" }, `fault ${request.fault}`) : null,
      el("span", { class: "dim small push" }, `#${request.id}, ${when(request.at)}, ${(request.took_micros / 1000).toFixed(1)} ms`)],
    () => [
      request.error ? el("div", { class: "result bad" }, el("strong", {}, `Refused with ${request.error.code} ${request.error.name.replaceAll("_", " ")}`), el("span", {}, request.reason), request.field ? el("span", {}, "Field: ", el("code", {}, request.field)) : null, request.advice ? el("span", { class: "dim" }, request.advice) : null) : null,
      el("dl", {}, [["Operation", request.operation || "none"], ["Key", request.key || "none"], request.message ? ["Message", messageLink(request.message)] : null].filter(Boolean).map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])),
      request.body ? [el("div", { class: "dim small" }, "Body, codes masked"), copyable(block(pretty(request.body), `Body of request ${request.id}`), request.body, "the body")] : null,
      request.answer ? [el("div", { class: "dim small" }, "Answer"), block(pretty(request.answer), `Answer to request ${request.id}`)] : null,
      callCopy(curlOf(request))]));
}
function callCopy({ text, variables, missing }) {
  if (missing) return el("p", { class: "dim small" }, missing);
  const names = variables.map((name) => [" ", el("code", {}, name)]);
  return el("div", { class: "row" }, copyButton(text, "the call in curl", "Copy as curl"),
    variables.length ? el("span", { class: "dim small" }, "To be set in your shell first, since it is not kept:", names) : null);
}
async function requestsView() {
  const page = await api(`requests?${listQuery("requests", { refused: refusedOnly })}`);
  return [el("section", { class: "card", "aria-labelledby": "requests-title" },
    el("header", {}, el("h2", { id: "requests-title" }, "Requests"), el("span", { class: "dim small" }, `${count(page.total, "request")} remembered`)),
    el("p", { class: "dim small" }, "Every call to the API, and why it was refused if it was. Codes are masked."),
    el("div", { class: "row" }, button("Only refused ones", () => { refusedOnly = !refusedOnly; turned.requests.length = 0; draw(); }, { "aria-pressed": String(refusedOnly), id: "refused" })),
    requestList(page.requests, none("requests", refusedOnly ? "None was refused." : "No program has called yet. The first page shows where to point it.")), pager("requests", page))];
}

function rowNames(callback, id) {
  if (callback.is_address_check) return "address check";
  try {
    const rows = JSON.parse(callback.body).rows;
    return rows.filter((row) => id === undefined || (row && row.message_id === id)).map(rowName).join(", ") || "rows of other messages";
  } catch { return "unreadable"; }
}
function rowName(row) {
  for (const kind of ["status", "notification", "response", "system_event"]) {
    const part = row && row[kind];
    if (part) return String(part.message_status || part.event);
  }
  return "a row of no known kind";
}
// Rows are delivered too: a callback is accepted.
const callbackBadge = ({ state: is }) => el("span", { class: `badge ${mood(is)}` }, is === "delivered" ? "accepted" : is);
function callbackList(callbacks, otherwise, id) {
  if (callbacks.length === 0) return el("p", { class: "empty" }, usesSandbox() || place().name === "callbacks" ? otherwise : noUrl());
  return callbacks.map((callback) => details(`callback-${callback.id}`,
    [el("strong", {}, rowNames(callback, id)), callbackBadge(callback), el("span", { class: "dim small push" }, `#${callback.id}, ${when(callback.made)}, ${count(callback.attempts.length, "attempt")}`)],
    () => [
      el("div", { class: "small" }, "POST ", el("code", {}, callback.url), callback.next ? el("span", { class: "dim" }, ` again at ${when(callback.next)}`) : null),
      callback.attempts.map((one, index) => el("div", { class: `result ${one.status === 200 ? "good" : "bad"}` },
        el("div", { class: "row small" }, el("strong", {}, `${index + 1}. ${one.status ? `HTTP ${one.status}` : "no answer"}`), el("span", { class: "dim push mono" }, `${clock(one.at)}, ${one.took} ms`)),
        one.signature ? copyable(el("code", { class: "small" }, `X-CALLBACK-ID: ${one.signature}`), one.signature, `the signature of attempt ${index + 1}`) : null,
        one.answer ? block(one.answer, `Answer to attempt ${index + 1} of callback ${callback.id}`) : null)),
      copyable(block(pretty(callback.body), `Body of callback ${callback.id}`), callback.body, "the body"),
      el("div", { class: "row" },
        button("Post again, signed anew", act(`callbacks/${callback.id}/redeliveries`, {}, "Posted again.")),
        button("Replay as it was", act(`callbacks/${callback.id}/redeliveries`, { as_it_was: true }, "Replayed.")))]));
}
async function callbacksView() {
  const page = await api(`callbacks?${listQuery("callbacks")}`);
  if (!typed.row) typed.row = '{"server": "otp", "itime": 0, "notification": {"event": "anything", "notification_data": {}}}';
  return [
    el("section", { class: "card", "aria-labelledby": "url-title" },
      el("h2", { id: "url-title" }, "Where callbacks go"),
      state.callbacks.urls.length ? el("ul", { class: "plain" }, state.callbacks.urls.map((url) => el("li", {}, el("code", {}, url)))) : [el("p", { class: "dim small" }, "Nowhere yet. Enter the address of your receiver; it is checked at once, as the service does. One that prints what comes listens at ", el("code", {}, "http://127.0.0.1:8036"), " when it is started so:"),
        copyable(el("code", {}, "engagelab-otp callback listen --sandbox"), "engagelab-otp callback listen --sandbox", "the command")],
      el("form", { class: "row", id: "set-url", onsubmit: attempt(async (event) => { event.preventDefault(); await api("callback-urls", { url: typed.url }); typed.url = ""; notice("Set, and checked: see below."); await refresh(); }) },
        field("url", state.callbacks.urls.length ? "Another address" : "Address", { type: "url", placeholder: "http://127.0.0.1:8000/callback", required: true }), el("button", { type: "submit" }, "Set")),
      state.callbacks.signed_as ? el("dl", { class: "values", id: "signed-as" }, [["Signed by", "user"], ["With the secret", "secret"]].map(([label, name]) => [el("dt", {}, label), el("dd", {}, copyable(el("code", {}, state.callbacks.signed_as[name]), state.callbacks.signed_as[name], `the ${name === "user" ? "user name" : "secret"} of callbacks`))])) : null),
    el("div", { class: "two" },
      el("section", { class: "card", "aria-labelledby": "fire-title" },
        el("h2", { id: "fire-title" }, "Report an event"),
        el("p", { class: "dim small" }, usesSandbox() ? "With made-up particulars." : "Once there is an address."),
        el("div", { class: "row", id: "events" }, state.events.map((event) => button(event, act("callbacks", { event }, `Reported ${event}.`), { disabled: !usesSandbox() })))),
      el("section", { class: "card", "aria-labelledby": "row-title" },
        el("h2", { id: "row-title" }, "Report a row of your own"),
        el("form", { onsubmit: attempt(async (event) => { event.preventDefault(); let row; try { row = JSON.parse(typed.row); } catch (error) { notice(`This is not JSON: ${error.message}`); return; } await api("callbacks", { row }); notice("Reported."); }) },
          area("row", "A row, as JSON"), el("div", { class: "row" }, el("button", { type: "submit", disabled: !usesSandbox() }, "Report"))))),
    el("section", { class: "card", "aria-labelledby": "all-title" },
      el("header", {}, el("h2", { id: "all-title" }, "Callbacks"), el("span", { class: "dim small" }, `${count(page.total, "callback")} remembered`)), callbackList(page.callbacks, none("callbacks", usesSandbox() ? "No callback was made yet." : "None is made as long as there is no address to post to.")), pager("callbacks", page))];
}

const NEW_TEMPLATE = { template_id: "login", send_channel_strategy: "whatsapp|sms", brand_name: "Example", verify_code_config: { verify_code_type: 1, verify_code_len: 6, verify_code_ttl: 5 }, whatsapp_config: { template_type: 1, template_default_config: { contain_security: true, contain_expire: true } }, sms_config: { template_type: 1, template_default_config: { contain_security: true, contain_expire: true } } };
async function templatesView() {
  const { templates } = await api("templates");
  const names = { 1: "in review", 2: "approved", 3: "rejected" };
  if (!typed.new_template) typed.new_template = JSON.stringify(NEW_TEMPLATE, null, 2);
  const create = attempt(async (event) => {
    event.preventDefault();
    let definition;
    try { definition = JSON.parse(typed.new_template); } catch (error) { notice(`This is not JSON: ${error.message}`); return; }
    const result = await call("/v1/template-configs", definition);
    notice(result.status === 200 ? "Created." : `Refused: ${result.body.message}`);
    await refresh();
  });
  return [el("section", { class: "card", "aria-labelledby": "templates-title" },
    el("header", {}, el("h2", { id: "templates-title" }, "Templates"), button("Restore the built-in ones", act("templates/restore", {}, "The built-in templates are as they were."), { id: "restore" })),
    templates.length === 0 ? el("p", { class: "empty" }, "All templates are deleted. Restore the built-in ones, or create one below.") : null,
    templates.map((template) => details(`template-${template.id}`,
      [el("strong", {}, template.id), el("span", { class: "dim" }, template.definition.send_channel_strategy.replaceAll("|", " → ")), template.is_builtin ? el("span", { class: "dim small" }, "built in") : null, el("span", { class: "push" }, badge(names[template.status] || String(template.status)))],
      () => {
        const select = el("select", { "aria-label": `Review of ${template.id}`, onchange: attempt(async (event) => { await api(`templates/${encodeURIComponent(template.id)}/status`, { status: Number(event.target.value) }, "PUT"); notice("Reviewed; a callback reports it."); }) },
          Object.entries(names).map(([value, name]) => el("option", { value }, name)));
        select.value = String(template.status);
        return [el("div", { class: "row" }, select, button("Delete", attempt(async () => {
          const result = await call(`/v1/template-configs/${encodeURIComponent(template.id)}`, null, "DELETE");
          notice(result.status === 200 ? `Deleted ${template.id}.` : `Refused: ${result.body.message}`);
          await refresh();
        }), { "aria-label": `Delete ${template.id}` })), block(JSON.stringify(template.definition, null, 2), `Definition of ${template.id}`)];
      }))),
    el("section", { class: "card", "aria-labelledby": "create-title" },
      el("h2", { id: "create-title" }, "Create a template"),
      el("form", { id: "create", onsubmit: create }, area("new_template", "The template, as JSON", { rows: "14" }), el("div", { class: "row" }, el("button", { class: "main", type: "submit" }, "Create"))))];
}

// ---- Faults and time.

function faultCard(id, title, now, faults, apply, extra) {
  const select = el("select", { id, onchange: attempt(async (event) => { await apply(event.target.value); notice(event.target.value ? `From now on: ${event.target.value}.` : "No more faults."); await refresh(); }) },
    el("option", { value: "" }, "none"), faults.map(({ name, explanation }) => el("option", { value: name }, `${name}: ${explanation}`)), now && !faults.some(({ name }) => name === now) ? el("option", { value: now, disabled: true }, now) : null);
  select.value = now || "";
  return el("section", { class: "card" }, el("header", {}, el("h2", {}, title), now ? el("span", { class: "badge bad" }, now) : null), el("label", {}, "From now on, until it is ended", select), extra);
}
// What becomes of messages to a recipient or of a template, beside what the first page lists.
function behaviorCard() {
  const path = (of) => `behaviors/${encodeURIComponent(of)}`;
  const set = attempt(async (event) => { event.preventDefault(); await api(path(typed.of), { behavior: typed.behavior }, "PUT"); notice(`Set for ${typed.of}.`); await refresh(); });
  return el("section", { class: "card", "aria-labelledby": "behaviors-title" }, el("h2", { id: "behaviors-title" }, "What becomes of messages"),
    el("p", { class: "dim small" }, "To a recipient, or of a template by its id: ", state.behavior_forms.map((form, index) => [index ? ", " : "", el("code", {}, form)]), "."),
    el("form", { id: "set-behavior", onsubmit: set }, el("div", { class: "pair" }, field("of", "Recipient or template", { required: true }), field("behavior", "Behaviour", { required: true, placeholder: "failed=5012" })), el("div", { class: "row" }, el("button", { type: "submit" }, "Set"))),
    Object.entries(state.behaviors).map(([of, behavior]) => el("div", { class: "row", "data-key": of }, el("code", {}, of), el("code", {}, behavior), button("End", act(path(of), undefined, `As usual again: ${of}.`, "DELETE"), { class: "slim push", "aria-label": `End the behaviour of ${of}` }))));
}
async function faultsView() {
  const queue = (fault) => attempt(async () => { await api("faults", { api: fault, times: 1, operation: typed.operation || undefined }); notice(`Queued: ${fault}.`); await refresh(); });
  const once = el("div", { class: "card-part" },
    el("h3", {}, "Or of the next request alone"),
    el("div", { class: "pair" }, choice("operation", "To which operation", [["", "any"], ...state.api.operations.map((id) => [id])]), choice("error", "Error", state.api.errors.map(({ code, name }) => [String(code), `${code}: ${name.replaceAll("_", " ")}`]))),
    el("div", { class: "row" }, button("Queue this error", (event) => queue(`error=${typed.error}`)(event), { id: "queue-error" })),
    el("div", { class: "row", id: "once" }, el("span", { class: "dim small" }, "Or queue"), state.api.faults.filter(({ name }) => !name.startsWith("error")).map(({ name, explanation }) => button(name.split("=")[0], queue(name), { title: explanation }))),
    state.api.queued.length ? el("p", { class: "small", id: "queued" }, `Queued: ${state.api.queued.map(({ operation, fault }) => operation ? `${fault} for ${operation}` : fault).join(", ")}`) : null);
  return [el("div", { class: "two" }, el("div", { class: "column" },
    faultCard("api-fault", "Faults of requests", state.api.fault, state.api.faults, (fault) => api("faults", { api: fault }), once),
    behaviorCard()), el("div", { class: "column" },
    faultCard("callback-fault", "Faults of callbacks", state.callbacks.fault, state.callbacks.faults, (fault) => api("faults", { callbacks: fault })),
    state.smpp ? faultCard("smpp-fault", "Faults of SMPP", state.smpp.fault, state.smpp.faults, (fault) => api("faults", { smpp: fault })) : null,
    el("section", { class: "card" }, el("h2", {}, "Time"),
      el("p", { class: "dim small" }, "The sandbox's clock reads ", el("code", {}, `${day(state.now)} ${clock(state.now).slice(0, 8)} ${zone()}`), state.clock_offset_seconds ? `, ${span(state.clock_offset_seconds)} ahead of real time` : "", ". Let time pass: messages move on, codes expire, failed callbacks are posted again. Callbacks are signed with real time."),
      el("div", { class: "row", id: "advance" }, [[1, "1 s"], [10, "10 s"], [60, "1 min"], [600, "10 min"], [3600, "1 h"], [86400, "1 day"]].map(([seconds, name]) =>
        button(`+ ${name}`, act("clock", { advance_seconds: seconds }))), state.clock_offset_seconds ? button("Back to real time", act("clock", undefined, "Back to real time.", "DELETE"), { id: "rewind" }) : null)),
    el("section", { class: "card" }, el("h2", {}, "Start over"), el("p", { class: "dim small" }, "Forget messages, requests, callbacks and faults, and restore the built-in templates alone."), el("div", { class: "row" }, button("Reset the sandbox", (...given) => { forgetResults(); return act("reset", {}, "Everything is as in a new sandbox.")(...given); }, { id: "reset" })))))];
}

// ---- The frame.

const VIEWS = { send: ["Send", sendView], messages: ["Messages", messagesView], requests: ["Requests", requestsView], callbacks: ["Callbacks", callbacksView], templates: ["Templates", templatesView], faults: ["Faults and time", faultsView] };
const NAMES = Object.keys(VIEWS);
const view = (name) => VIEWS[NAMES.includes(name) ? name : "send"];
const place = () => { const [, name, id] = location.hash.split("/"); return { name: name || "send", id }; };

let drawing = 0;
async function draw() {
  const turn = ++drawing, hash = location.hash;
  const { name, id } = place();
  const { version } = state;
  let content;
  try {
    content = name === "message" ? await messageView(decodeURIComponent(id || "")) : await view(name)[1]();
  } catch (error) {
    if (error.status === 401 || error.status === 403) content = [tokenCard(error.message)];
    else content = [el("section", { class: "card" }, el("p", { class: "empty" }, error instanceof URIError ? "No message has this id." : error.message))];
  }
  // What was made for a section that has been left meanwhile is not shown under the name of the next.
  if (turn !== drawing || hash !== location.hash) return;
  const wanted = el("main", { id: "main", tabindex: "-1" }, content);
  wanted.dataset.view = hash;
  // Which changes of the sandbox are shown, for whoever waits for one.
  wanted.dataset.version = version;
  if ($("main").dataset.view === hash) morph($("main"), wanted);
  else { Object.assign($("main").dataset, wanted.dataset); $("main").replaceChildren(...wanted.childNodes); }
  frame(name);
}
function frame(name) {
  const current = name === "message" ? "messages" : NAMES.includes(name) ? name : "send";
  morph($("nav"), el("nav", { id: "nav", "aria-label": "Sections" }, NAMES.map((key, number) => el("a", { href: `#/${key}`, "aria-current": key === current ? "page" : null }, VIEWS[key][0], shortcuts ? el("kbd", { "aria-hidden": "true" }, String(number + 1)) : null))));
  const faults = [state.api.fault && `requests: ${state.api.fault}`, state.api.queued.length && `${state.api.queued_count} queued`, state.callbacks.fault && `callbacks: ${state.callbacks.fault}`, state.smpp && state.smpp.fault && `SMPP: ${state.smpp.fault}`].filter(Boolean);
  morph($("chips"), el("span", { id: "chips", class: "row" },
    faults.length ? el("span", { class: "chip", "data-key": "faults" }, `Faults on: ${faults.join(", ")}`, el("button", { type: "button", id: "clear-faults", onclick: act("faults", undefined, "No more faults.", "DELETE") }, "Clear")) : null,
    state.clock_offset_seconds ? el("span", { class: "chip", "data-key": "clock" }, `Clock ${span(state.clock_offset_seconds)} ahead`, el("button", { type: "button", id: "clear-clock", onclick: act("clock", undefined, "Back to real time.", "DELETE") }, "Back to real time")) : null));
  morph($("footer"), el("footer", { id: "footer" }, el("span", {}, `Times are ${zone()}.`), button(shortcuts ? "Turn single-key shortcuts off" : "Turn single-key shortcuts on", () => { shortcuts = !shortcuts; localStorage.setItem("shortcuts", shortcuts ? "on" : "off"); frame(place().name); }, { id: "shortcuts" }), shortcuts ? el("span", {}, `1 to ${NAMES.length}: sections. /: search. Esc: back.`) : null));
  document.title = `${name === "message" ? "Message" : view(name)[0]} · OTP sandbox`;
}
function tokenCard(reason) {
  return el("section", { class: "card" }, el("h2", {}, "The token, please"), el("p", {}, reason), el("form", { class: "row", onsubmit: (event) => { event.preventDefault(); setToken($("token").value.trim()); refresh().catch(() => {}); } },
    el("label", {}, "Token", el("input", { id: "token", type: "password", autocomplete: "off" })), el("button", { type: "submit" }, "Open")));
}

let shortcuts = localStorage.getItem("shortcuts") !== "off";
async function refresh() {
  try { state = await api("state"); } catch (error) {
    if (error.status === 401 || error.status === 403) { $("main").replaceChildren(tokenCard(error.message)); frame("send"); }
    throw error;
  }
  $("base").textContent = location.origin;
  $("smpp").textContent = state.smpp ? `SMPP ${state.smpp.address}` : "";
  await draw();
}
async function watch() {
  for (;;) {
    try {
      await refresh();
      $("live").textContent = "live"; $("live").className = "live";
      while ((await api(`changes?since=${state.version}`)).version === state.version);
      await new Promise((done) => setTimeout(done, 120));
    } catch (error) {
      $("live").textContent = error.status === 401 || error.status === 403 ? "locked" : error.status === 503 ? "too many pages are open" : "not reachable"; $("live").className = "live off";
      await new Promise((done) => setTimeout(done, 1500));
      // Who is typing the token is not disturbed.
      while ($("token") && $("token") === document.activeElement) await new Promise((done) => setTimeout(done, 500));
    }
  }
}
addEventListener("hashchange", async () => { await (takeToken() ? refresh().catch(() => {}) : draw()); scrollTo(0, 0); $("main").focus({ preventScroll: true }); });
addEventListener("keydown", (event) => {
  const typing = ["INPUT", "SELECT", "TEXTAREA"].includes(event.target.tagName);
  if (event.key === "Escape" && place().name === "message") location.hash = "#/messages";
  if (!shortcuts || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const number = Number(event.key);
  if (number >= 1 && number <= NAMES.length) location.hash = `#/${NAMES[number - 1]}`;
  if (event.key === "/") { event.preventDefault(); if ($("filter")) $("filter").focus(); else { location.hash = "#/messages"; setTimeout(() => $("filter") && $("filter").focus(), 200); } }
});
watch();
