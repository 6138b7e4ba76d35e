
// ---- The frame.

const VIEWS = { send: ["Send", sendView], messages: ["Messages", messagesView], requests: ["Requests", requestsView], callbacks: ["Callbacks", callbacksView], templates: ["Templates", templatesView], faults: ["Faults and time", faultsView] };
const NAMES = Object.keys(VIEWS);
const view = (name) => VIEWS[NAMES.includes(name) ? name : "send"];
const place = () => { const [, name, id] = location.hash.split("/"); return { name: name || "send", id }; };

// Whether somebody goes to another section, which is then shown from its beginning; and whether to search in it.
let moved = false, search = false;
let drawing = 0;
async function draw() {
  const turn = ++drawing, hash = location.hash;
  const { name, id } = place();
  const { version } = state, focused = document.activeElement || document.body;
  let content;
  try {
    content = name === "message" ? await messageView(decodeURIComponent(id || "")) : await view(name)[1]();
  } catch (error) {
    if (error.status === 401 || error.status === 403) content = [tokenCard(error)];
    else content = [el("section", { class: "card" }, el("p", { class: "empty" }, name === "message" && (error instanceof URIError || error.status === 404)
      ? ["No message has this id, or it is forgotten. ", el("a", { href: "#/messages" }, "See the messages"), "."] : error.message))];
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
  // Who had the focus on something that is no more goes on from where the section begins.
  if (focused !== document.body && !focused.isConnected) $("main").focus({ preventScroll: true });
  if (!moved) return;
  scrollTo(0, 0);
  (search && $("filter") || $("main")).focus({ preventScroll: true });
  moved = search = false;
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
function tokenCard(error) {
  if (error.status === 403) return el("section", { class: "card" }, el("h2", {}, "Not from here"), el("p", {}, `${error.message}.`));
  return el("section", { class: "card", "aria-labelledby": "token-title" }, el("h2", { id: "token-title" }, "This sandbox wants its token"),
    el("p", {}, token ? "What was given is not the token that it was started with." : ["It is that of ", el("code", {}, "ENGAGELAB_SANDBOX_TOKEN"), ", or one that was printed when it started."]),
    el("form", { class: "row", onsubmit: (event) => { event.preventDefault(); setToken($("token").value.trim()); refresh().catch(() => {}); } },
      el("label", {}, "Token", el("input", { id: "token", "data-refused": token, type: "password", autocomplete: "off", required: true })), el("button", { type: "submit", class: "main" }, "Open")));
}

let shortcuts = localStorage.getItem("shortcuts") !== "off";
async function refresh() {
  const { run } = state;
  try { state = await api("state"); } catch (error) {
    if (error.status === 401 || error.status === 403) {
      // What is being typed there is not disturbed.
      const asked = $("token");
      if (!asked || asked.dataset.refused !== token) { $("main").replaceChildren(tokenCard(error)); frame(place().name); if ($("token")) $("token").focus(); }
    }
    throw error;
  }
  // Of a sandbox that has ended, nothing is here any more.
  if (run && run !== state.run) forgetResults();
  $("base").textContent = location.origin;
  $("smpp").textContent = state.smpp ? `SMPP ${state.smpp.address}` : "";
  await draw();
}
const pause = (millis) => new Promise((done) => setTimeout(done, millis));
const shown = () => new Promise((done) => { if (document.hidden) document.addEventListener("visibilitychange", done, { once: true }); else done(); });
// Waits for news. Of one browser's connections to one place there are six, for all tabs together: a tab that nobody sees lets
// its own go. Who is answered at once without news has lost the place to others who wait, and gives them time.
async function news() {
  const hidden = new AbortController(), end = () => hidden.abort();
  document.addEventListener("visibilitychange", end, { once: true });
  try {
    while (!document.hidden) {
      const asked = performance.now();
      if ((await api(`changes?since=${state.version}`, undefined, undefined, hidden.signal)).version !== state.version) return;
      if (performance.now() - asked < 1000) await pause(1000);
    }
  } finally { document.removeEventListener("visibilitychange", end); }
}
async function watch() {
  for (;;) {
    await shown();
    try {
      await refresh();
      $("live").textContent = "live"; $("live").className = "live";
      await news();
      await pause(120);
    } catch (error) {
      if (error.name === "AbortError") continue;
      $("live").textContent = error.status === 401 || error.status === 403 ? "locked" : "not reachable"; $("live").className = "live off";
      await pause(1500);
    }
  }
}
document.querySelector(".skip").onclick = (event) => { event.preventDefault(); $("main").focus(); };
addEventListener("hashchange", async () => { moved = true; await (takeToken() ? refresh().catch(() => {}) : draw()); });
addEventListener("keydown", (event) => {
  const typing = ["INPUT", "SELECT", "TEXTAREA"].includes(event.target.tagName);
  if (event.key === "Escape" && !typing && place().name === "message") location.hash = "#/messages";
  if (!shortcuts || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const number = Number(event.key);
  if (number >= 1 && number <= NAMES.length) location.hash = `#/${NAMES[number - 1]}`;
  if (event.key === "/") { event.preventDefault(); if ($("filter")) $("filter").focus(); else { search = true; location.hash = "#/messages"; } }
});
watch();
