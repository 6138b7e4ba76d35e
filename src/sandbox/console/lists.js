
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
  let to;
  try { to = [JSON.parse(request.body).to].flat().filter((one) => typeof one === "string"); } catch { return null; }
  return to.length ? el("span", { class: "dim" }, `to ${to.slice(0, 3).join(", ")}${to.length > 3 ? " and others" : ""}`) : null;
}
// The status of the answer, over SMPP its name.
function answered({ status, smpp_status: smpp }) {
  const ok = smpp ? smpp.number === 0 : status < 400;
  return { text: smpp ? smpp.name || `status ${smpp.number}` : status === null ? "no answer" : String(status), mood: !smpp && status === null ? "warn" : ok ? "good" : "bad" };
}
const targetOf = (request) => request.path + (request.query && `?${request.query}`);
function requestList(requests, otherwise) {
  if (requests.length === 0) return el("p", { class: "empty" }, otherwise);
  return requests.map((request) => details(`request-${request.id}`,
    [el("strong", {}, `${request.method} ${targetOf(request)}`.trim() || "what is no request"), el("span", { class: `badge ${answered(request).mood}` }, answered(request).text),
      subject(request), request.reason && !request.fault ? el("span", {}, request.error ? `${request.error.code}: ${request.reason}` : request.reason) : null, request.fault ? el("span", { class: "badge warn" }, `fault ${request.fault}`) : null,
      el("span", { class: "dim small push" }, `#${request.id}, ${when(request.at)}, ${(request.took_micros / 1000).toFixed(1)} ms`)],
    () => [
      request.reason ? el("div", { class: "result bad" }, el("strong", {}, request.error ? `Refused with ${request.error.code} ${request.error.name.replaceAll("_", " ")}` : request.fault ? "Gone wrong on purpose" : "Refused"), el("span", {}, request.reason), request.field ? el("span", {}, "Field: ", el("code", {}, request.field)) : null, request.advice ? el("span", { class: "dim" }, request.advice) : null) : null,
      el("dl", {}, [...request.method === "SMPP" ? [] : [["Operation", request.operation || "none"], ["Key", request.key || "none"]], request.messages.length ? [request.messages.length > 1 ? `${request.messages.length} messages` : "Message", linkedMessages(request.messages)] : null].filter(Boolean).map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])),
      request.body ? [el("div", { class: "dim small" }, "Body, codes masked"), copyable(block(pretty(request.body), `Body of request ${request.id}`), request.body, request.body.includes(MASK) ? "the body, codes masked" : "the body")] : null,
      request.answer ? [el("div", { class: "dim small" }, "Answer"), block(pretty(request.answer), `Answer to request ${request.id}`)] : null,
      callCopy(curlOf(request))]));
}
// A list can be of a thousand, of which nobody reads all.
const linkedMessages = (ids) => [ids.slice(0, 20).map((id, index) => [index ? ", " : "", messageLink(id)]), ids.length > 20 ? `, and ${ids.length - 20} more` : null];
function callCopy({ text, variables, missing }) {
  if (missing) return el("p", { class: "dim small" }, missing);
  const names = variables.map((name) => [" ", el("code", {}, name)]);
  return el("div", { class: "row" }, copyButton(text, "the call in curl", "Copy as curl"),
    variables.length ? el("span", { class: "dim small" }, "To be set in your shell first, since it is masked or not kept:", names) : null);
}
async function requestsView() {
  const page = await api(`requests?${listQuery("requests", { refused: refusedOnly })}`);
  return [el("section", { class: "card", "aria-labelledby": "requests-title" },
    el("header", {}, el("h2", { id: "requests-title" }, "Requests"), el("span", { class: "dim small" }, `${count(page.total, "request")} remembered`)),
    el("p", { class: "dim small" }, "Every call to the API, and every submission over SMPP, and why it was refused if it was. Codes are masked, and so are addresses but in bodies."),
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
      state.callbacks.urls.length ? el("ul", { class: "plain" }, state.callbacks.urls.map((url) => el("li", { class: "row", "data-key": url }, el("code", {}, url), button("Remove", act(`callback-urls?${new URLSearchParams({ url })}`, undefined, "Removed.", "DELETE"), { class: "slim push", "aria-label": `Remove ${url}` })))) : [el("p", { class: "dim small" }, "Nowhere yet. Enter the address of your receiver; it is checked at once, as the service does. One that prints what comes listens at ", el("code", {}, "http://127.0.0.1:8036"), " when it is started so:"),
        copyable(el("code", {}, "engagelab-otp callback listen --sandbox"), "engagelab-otp callback listen --sandbox", "the command")],
      el("form", { class: "row", id: "set-url", onsubmit: attempt(async (event) => { event.preventDefault(); await api("callback-urls", { url: typed.url }); typed.url = ""; notice("Set, and checked: see below."); await refresh(); }) },
        field("url", state.callbacks.urls.length ? "Another address" : "Address", { type: "url", placeholder: "http://127.0.0.1:8036", required: true }), el("button", { type: "submit" }, "Set")),
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
      el("header", {}, el("h2", { id: "all-title" }, "Callbacks"), el("span", { class: "dim small" }, `${count(page.total, "callback")} remembered`)),
      state.callbacks.lost_rows ? el("p", { class: "result bad small", id: "lost" }, `${count(state.callbacks.lost_rows, "row")} of callbacks forgotten before a receiver took ${state.callbacks.lost_rows === 1 ? "it" : "them"}: more waited than are held. Messages have the whole of what happened.`) : null,
      callbackList(page.callbacks, none("callbacks", usesSandbox() ? "No callback was made yet." : "None is made as long as there is no address to post to.")), pager("callbacks", page))];
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
