
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
