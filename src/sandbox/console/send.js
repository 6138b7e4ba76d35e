
// ---- Sending and verifying.

const key = () => state.keys.find((known) => known.key === typed.key) || state.keys[0] || { key: "", secret: null, is_demo: false };
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
        el("dl", { class: "values" }, line("Base URL", location.origin), line("Base URL with /v1", `${location.origin}/v1`), line("Key", name), secret === null ? [el("dt", {}, "Secret"), el("dd", {}, "the one that the sandbox was started with")] : line("Secret", secret),
          state.smpp ? [line("SMPP", state.smpp.address), line("System id", state.smpp.system_id), line("Password", state.smpp.password)] : null),
        el("h3", {}, "As the environment"),
        el("div", { class: "copy" }, block(environment, "The environment", "environment"), copyButton(environment, "the environment"))),
      el("div", { class: "card-part" },
        choice("snippet", "A first call", Object.keys(calls).map((language) => [language]), draw),
        el("div", { class: "copy" }, block(calls[typed.snippet], "The call", "snippet"), copyButton(calls[typed.snippet], `the call in ${typed.snippet}`)),
        el("p", { class: "dim small" }, "What it did shows above, and why it was refused, if it was, under ", el("a", { href: "#/requests" }, "Requests"), "."))));
}
