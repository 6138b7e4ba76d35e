
// ---- One message: request, timeline, callback and answer side by side.

// A test sets up the template of its message, if that is one of the user's own.
const templatesForTest = async () => opened.has("test") ? (await api("templates")).templates : [];
function runCard(message, title, templates) {
  const answers = message.callbacks.flatMap((callback) => callback.attempts.map((one) => ({ callback, ...one }))).sort((one, other) => one.at - other.at);
  const event = (name, said) => act(`messages/${message.id}/events`, { event: name }, said);
  // What cannot be done any more keeps the focus, and says why when it is asked for.
  const move = (text, name, said, can) => button(text, event(name, said), { "aria-disabled": can ? null : "true" });
  const live = message.code && message.expires && !message.verified && message.expires > state.now;
  return el("section", { class: "card", "aria-labelledby": "run-title", id: "run" },
    el("header", {}, el("h2", { id: "run-title" }, title), badge(message.status)),
    el("div", { class: "row" }, el("strong", {}, message.to), messageLink(message.id), message.code ? el("span", {}, "code ", el("strong", { class: "mono", id: "run-code" }, message.code)) : null, message.code ? copyButton(message.code, "the code", "Copy code") : null, copyButton(message.id, "the message id", "Copy id")),
    el("div", { class: "run" },
      el("section", { class: message.requests.length ? "on" : "" }, el("h3", {}, "1. Request"), message.requests.length === 0 ? el("p", { class: "dim small" }, "No longer remembered.") : message.requests.slice(-4).map((one) =>
        el("div", { class: "small" }, el("strong", {}, one.operation || `${one.method} ${one.path}`), ` ${answered(one).text}`, el("br"), el("span", { class: "dim" }, `${when(one.at)}, ${(one.took_micros / 1000).toFixed(1)} ms`)))),
      el("section", { class: message.timeline.length ? "on" : "" }, el("h3", {}, "2. Timeline"), timeline(message, "run-timeline")),
      el("section", { class: message.callbacks.length ? "on" : "" }, el("h3", {}, "3. Callbacks"), message.callbacks.length === 0 ? el("p", { class: "dim small" }, usesSandbox() ? "None yet." : noUrl()) : message.callbacks.slice(-6).map((callback) =>
        el("div", { class: "small", "data-key": String(callback.id) }, el("span", { class: "dim" }, `#${callback.id} `), el("strong", {}, rowNames(callback, message.id)), " ", callbackBadge(callback), callback.next ? el("span", { class: "dim" }, ` again at ${when(callback.next)}`) : null))),
      el("section", { class: answers.length ? "on" : "" }, el("h3", {}, "4. Your answer"), answers.length === 0 ? el("p", { class: "dim small" }, "None yet.") : answers.slice(-6).map((one) =>
        el("div", { class: `result small ${one.status === 200 ? "good" : "bad"}` }, el("span", {}, el("strong", {}, one.status ? `HTTP ${one.status}` : "no answer"), el("span", { class: "dim" }, ` to #${one.callback.id}`)), el("span", { class: "dim" }, `${since(one.at, message.sent)}, ${one.took} ms`), one.answer ? el("code", {}, one.answer) : null)))),
    el("div", { class: "row", id: "act" },
      move("Deliver now", "deliver", "Delivered.", !message.delivery_has_ended), move("Fail now", "fail", "Failed.", !message.delivery_has_ended),
      move("Expire the code", "expire", "The code has expired.", live), move("Verify", "verify", "Verified.", live)),
    details("test", el("span", {}, "Copy as test"), () => {
      const { text, notes, gone } = testFor(typed.test, message, templates);
      if (gone) return el("p", { id: "test-gone" }, gone);
      return [
        choice("test", "Language", [["Rust"], ["Python"], ["TypeScript"]], draw),
        el("p", { class: "dim small" }, typed.test === "Rust" ? "It starts a sandbox of its own, and has the same happen there." : `It empties the sandbox at ${location.origin}, and has the same happen there once more.`,
          token && typed.test !== "Rust" ? [" It reads the token from ", el("code", {}, "ENGAGELAB_SANDBOX_TOKEN"), "."] : null),
        notes.map((note) => el("p", { class: "small" }, note)),
        el("div", { class: "copy" }, block(text, "The test", "test-text"), copyButton(text, `the test in ${typed.test}`)),
      ];
    }));
}
function timeline(message, id) {
  if (message.timeline.length === 0) return el("p", { class: "dim small" }, "Nothing is reported of this message.");
  return [message.omitted ? el("p", { class: "dim small" }, `${count(message.omitted, "wrong guess").replace("guesss", "guesses")} left out.`) : null, el("ol", { class: "timeline", id }, message.timeline.map((entry) => el("li", { class: mood(entry.status) },
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
    el("section", { class: "card", "aria-labelledby": "requests-title" }, el("h2", { id: "requests-title" }, "Requests about it"), requestList(message.requests, "They are no longer remembered.")),
    el("section", { class: "card", "aria-labelledby": "callbacks-title" },
      el("h2", { id: "callbacks-title" }, "Callbacks"),
      callbackList(message.callbacks, "No callback was made for this message.", message.id),
      usesSandbox() ? el("form", { class: "row", onsubmit: attempt(async (event) => { event.preventDefault(); await api("callbacks", { message: message.id, status: typed.report }); notice(`Reported ${typed.report}.`); }) },
        pick, el("button", { type: "submit" }, "Report this status")) : null)];
}
