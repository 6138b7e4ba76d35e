
// ---- What is copied: calls and tests.

// Characters that show nothing, or turn the order of what is shown, are escaped. So a text is the same literal in JSON,
// Python and JavaScript.
const HIDDEN = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
const escaped = (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`;
const quoted = (text) => JSON.stringify(text).replace(HIDDEN, escaped);
const rustQuoted = (text) => quoted(text).replace(/\\(u[0-9a-f]{4}|.)/g, (escape, kind) => kind.length > 1 ? `\\u{${kind.slice(1)}}` : kind === "b" ? "\\u{8}" : kind === "f" ? "\\u{c}" : escape);

const WORDS = { Python: { true: "True", false: "False", null: "None" }, TypeScript: {} };
function literal(value, language, margin) {
  const name = (key) => language === "TypeScript" && key === "__proto__" ? `[${quoted(key)}]` : quoted(key);
  const write = (inner, indent) => {
    if (typeof inner === "string") return quoted(inner);
    if (inner === null || typeof inner !== "object") return WORDS[language][String(inner)] || String(inner);
    const [open, close] = Array.isArray(inner) ? "[]" : "{}";
    const step = language === "Python" ? "    " : "  ";
    const parts = (deeper) => Array.isArray(inner) ? inner.map((one) => write(one, deeper)) : Object.entries(inner).map(([key, one]) => `${name(key)}: ${write(one, deeper)}`);
    const line = open + parts(indent).join(", ") + close;
    return indent.length + line.length <= 100 && !line.includes("\n") ? line : `${open}\n${parts(indent + step).map((part) => `${indent}${step}${part},\n`).join("")}${indent}${close}`;
  };
  return write(value, margin);
}

// One word of a shell, whatever stands in it: paths and bodies are chosen by whoever calls.
const word = (text) => /^[\w@%+=:,./-]+$/.test(text) ? text : `'${String(text).replaceAll("'", "'\\''")}'`;

function snippets(to, template) {
  const { key: name, secret } = key(), base = location.origin;
  // A secret that was brought along is not shown: whoever brought it has it in the environment, or is told to.
  const missing = "\"${ENGAGELAB_DEV_SECRET:?set it to the secret of this key}\"";
  const pair = secret === null ? `${quoted(`${name}:`)} + os.environ["ENGAGELAB_DEV_SECRET"]` : quoted(`${name}:${secret}`);
  return {
    curl: `curl ${base}/v1/messages \\\n  -u ${secret === null ? word(`${name}:`) + missing : word(`${name}:${secret}`)} \\\n  -H 'Content-Type: application/json' \\\n  -d ${word(`{"to": ${quoted(to)},\n       "template": {"id": ${quoted(template)}}}`)}`,
    Rust: `let credentials = Credentials::new(${rustQuoted(name)}, ${secret === null ? `std::env::var("ENGAGELAB_DEV_SECRET")?` : rustQuoted(secret)})?;\nlet client = Client::builder(credentials).base_url(${rustQuoted(base)}).build()?;\nlet receipt = client.send_otp(&${rustQuoted(to)}.parse()?, &TemplateRef::new(${rustQuoted(template)})?)?;`,
    Python: `import base64\nimport json\n${secret === null ? "import os\n" : ""}import urllib.request\n\nrequest = urllib.request.Request(\n    ${quoted(`${base}/v1/messages`)},\n    json.dumps({"to": ${quoted(to)}, "template": {"id": ${quoted(template)}}}).encode(),\n    {\n        "Content-Type": "application/json",\n        "Authorization": "Basic " + base64.b64encode(${secret === null ? `(${pair})` : pair}.encode()).decode(),\n    },\n)\nprint(json.load(urllib.request.urlopen(request)))`,
    environment: `export ENGAGELAB_DEV_KEY=${word(name)}\n${secret === null ? `: ${missing}` : `export ENGAGELAB_DEV_SECRET=${word(secret)}`}\nexport ENGAGELAB_OTP_BASE_URL=${word(base)}`,
  };
}

// The call that a request was. What was not kept of it is a variable, and the shell runs nothing until that is set.
const MASK = "••••••", MASK_OF_A_NUMBER = `${MASK} (a number)`;
// What a request can be refused for and curl sends all the same: fields of the body, and these.
const REPEATABLE = /^[a-z]\S*$|^(the path|the method|Authorization|Content-Type|X-Sandbox-Fault)$/;
// Names that mean something to a shell, or to what it starts: a variable of such a name is set already, to something else.
const TAKEN = /^(BASH.*|CDPATH|DISPLAY|EDITOR|ENV|EUID|GROUPS|HISTFILE|HOME|HOST(NAME|TYPE)?|IFS|LANG(UAGE)?|LC_.*|LD_.*|LINENO|LOGNAME|MAIL|OLDPWD|OPT(ARG|IND)|OSTYPE|PAGER|PATH|PPID|PS[0-9]|PWD|RANDOM|SECONDS|SHELL|SHLVL|TERM|TMP(DIR)?|TZ|UID|USER(NAME)?|_+)$/;
function curlOf(request) {
  if (request.method === "SMPP") return { missing: "It came over SMPP, so there is no call in curl." };
  const isKept = !request.field || REPEATABLE.test(request.field) && !/^\S+ must be (given once|`Basic`)/.test(request.reason);
  if (!isKept) return { missing: `It was refused for ${request.field}, which is not kept as it was sent, so the call cannot be copied.` };
  const variables = [];
  const variable = (name, what) => {
    const plain = name.toUpperCase().replace(/[^A-Z0-9]+/g, "_").replace(/^_|_$/g, "").replace(/^(?=[0-9])/, "_").slice(0, 40), free = !plain || TAKEN.test(plain) ? `VALUE_${plain}`.replace(/_$/, "") : plain;
    let unique = free;
    for (let count = 2; variables.includes(unique); count += 1) unique = `${free}_${count}`;
    variables.push(unique);
    return `"\${${unique}:?${what}}"`;
  };
  // A text of which parts were masked: what is left of it is quoted, and the rest filled in by the shell.
  const filled = (text, names) => text.split(MASK).map((part, index) => (index ? variable(names[index - 1], "masked here: write it as a URL has it") : "") + (part && word(part))).join("");
  const parts = ["curl"];
  // Whether a key came along that is not shown.
  const isHidden = request.key === null && request.field === "Authorization" && !request.reason.startsWith("Authorization must");
  if (request.key !== null || isHidden) {
    const known = state.keys.find((one) => one.key === request.key), isWrong = request.error && request.error.code === 2001;
    const secret = () => variable("SECRET", "the secret that was sent is not kept");
    parts.push("-u", isHidden ? `${variable("KEY", "the key that was sent is not kept")}:${secret()}` : known && known.is_demo && !isWrong ? word(`${known.key}:${known.secret}`) : word(`${request.key}:`) + secret());
  }
  parts.push(...request.method === "HEAD" ? ["-I"] : ["-X", word(request.method)]);
  const target = request.path + (request.query && `?${request.query}`);
  if (target.endsWith("…")) return { missing: "The address was too long to be kept whole, so the call cannot be copied." };
  // Curl would look for patterns in the address, and shorten it.
  if (/[[\]{}]/.test(target) || target.includes(MASK)) parts.push("-g");
  if (/\/\.\.?(\/|$)/.test(request.path)) parts.push("--path-as-is");
  const names = [...request.path.split(MASK).slice(1).map(() => "PATH_PART"), ...request.query.split("&").flatMap((pair) => pair.split(MASK).slice(1).map((_, index) => pair.startsWith(MASK) && index === 0 ? "PARAMETER" : pair.split("=")[0]))];
  parts.push(filled(location.origin + target, names));
  if (request.field === "X-Sandbox-Fault") parts.push("-H", `'X-Sandbox-Fault: '${variable("FAULT", "the fault that was asked for is not kept")}`);
  if (request.fault) parts.push("-H", word(`X-Sandbox-Fault: ${request.fault}`));
  if (request.body) {
    try { JSON.parse(request.body); } catch { return { missing: request.body.endsWith("…") ? "The body was too long to be kept whole, so the call cannot be copied." : "The body was no JSON and was not kept, so the call cannot be copied." }; }
    if (request.field !== "Content-Type") parts.push("-H", word("Content-Type: application/json"));
    parts.push("-d", maskedBody(request.body, variable));
  }
  return { text: parts.join(" "), variables };
}
// A body as one word of the shell. Each mask is a variable that is called as the field is, and keeps the field's type.
function maskedBody(body, variable) {
  let name = "value", begun = 0;
  const parts = [];
  const put = (from, to, filling) => { parts.push(word(body.slice(begun, from)), filling); begun = to; };
  for (const found of body.matchAll(/"((?:[^"\\]|\\.)*)"(\s*:)?/g)) {
    const [whole, text, isName] = found, end = found.index + whole.length;
    if (isName) {
      if (text === MASK) put(found.index + 1, found.index + 1 + text.length, variable("NAME", "a name that was masked"));
      else name = JSON.parse(`"${text}"`);
    } else if (text === MASK) put(found.index + 1, end - 1, variable(name, "masked here"));
    else if (text === MASK_OF_A_NUMBER) put(found.index, end, variable(name, "masked here: a number, without quotes"));
  }
  return parts.join("") + word(body.slice(begun));
}

// What happened to a message, as what a test does for it to happen again.
function story(message, templates) {
  const found = templates.find((template) => template.id === message.template), seed = {}, notes = [];
  if (found && !found.is_builtin) seed.templates = [found.definition];
  if (!found && !message.template_is_builtin) return { gone: `This message cannot be sent again: its template ${quoted(message.template)} was your own and is deleted, and nothing of it is kept. Create it again, and its test can be copied.` };
  if (found && found.created > message.sent) notes.push("The template was changed after this message was sent.");
  if (message.behavior) seed.behaviors = { [message.to]: message.behavior };
  if (message.by_smpp) notes.push("The message came over SMPP; here it is sent over HTTP.");
  if (message.omitted) notes.push(`${message.omitted} more wrong codes came before the ones here.`);
  const request = message.requests.find((one) => SENDS[one.operation]);
  const kind = request ? request.operation : message.code && message.expires ? "sendOtp" : message.code && message.params.code === undefined ? "sendCode" : "sendMessage";
  let language;
  try { language = JSON.parse(request.body).template.language; } catch { /* It is not remembered. */ }
  const steps = [];
  const pass = (millis) => { const last = steps.at(-1); if (last && last.pass) last.pass += millis; else steps.push({ pass: millis }); };
  let reached = message.sent;
  for (const entry of message.timeline) {
    const last = steps.at(-1);
    if (entry.status === "verified_failed") { if (last && last.wrong) last.wrong += 1; else steps.push({ wrong: 1 }); }
    else if (entry.status === "verified") steps.push({ right: true });
    else if (entry.forced) steps.push(entry.status === "verified_timeout" ? { event: "expire" } : entry.error ? { event: "fail", error: entry.error.code } : { event: "deliver" });
    else if (entry.at !== reached) {
      pass(entry.at - reached);
      reached = entry.at;
    }
  }
  if (message.verified && !message.timeline.some((entry) => entry.status === "verified")) steps.push({ right: true });
  if (message.timeline.length === 0) pass(60000);
  const template = { id: message.template };
  if (language) template.language = language;
  if (Object.keys(message.params).length) template.params = message.params;
  const body = { to: message.to, template };
  if (kind === "sendCode") body.code = message.code;
  return {
    kind, body, language, notes, steps, seed: Object.keys(seed).length ? seed : null,
    verifies: steps.some((step) => step.right || step.wrong), guesses: steps.some((step) => step.wrong),
    expected: message.timeline.map((entry) => `${entry.status} ${entry.channel}${entry.error ? ` ${entry.error.code}` : ""}`),
    name: `a_message_to_${message.to.replace(/\W+/g, "_").replace(/^_|_$/g, "")}_is_${message.status || "not_reported"}`,
  };
}
const SENDS = { sendOtp: "/v1/messages", sendCode: "/v1/codes", sendMessage: "/v1/custom-messages" };
const WRONG = ["000000", "111111"];

function rustTest(message, told) {
  const { body, steps, expected } = told;
  const lines = [`    let sandbox = Sandbox::builder().manual_clock()${state.is_fast ? ".speed(Speed::Fast)" : ""}.start()?;`, "    let client = Client::for_sandbox(&sandbox)?;"];
  if (told.seed) {
    const text = JSON.stringify(told.seed, null, 2).replace(HIDDEN, escaped), fence = "#".repeat(1 + Math.max(0, ...[...text.matchAll(/"(#*)/g)].map((found) => found[1].length)));
    lines.push(`    sandbox.seed(&serde_json::from_str(\n        r${fence}"${text}"${fence},\n    )?)?;`);
  }
  const params = Object.entries(body.template.params || {}).map(([name, value]) => `.param(${rustQuoted(name)}, ${rustQuoted(value)})`).join("");
  lines.push(`    let to = ${rustQuoted(message.to)}.parse()?;`, `    let template = TemplateRef::new(${rustQuoted(message.template)})?${told.language ? `.language(Language::new(${rustQuoted(told.language)})?)` : ""}${params};`);
  lines.push({ sendOtp: "    let id = client.send_otp(&to, &template)?.message_id;", sendCode: `    let id = client.send_code(&to, &Code::new(${rustQuoted(message.code || "")})?, &template)?.message_id;`, sendMessage: "    let id = client.send_message(&to, &template)?.message_id;" }[told.kind]);
  if (told.verifies) lines.push("    let right = Code::new(sandbox.code(&id).ok_or(\"the message has no code\")?)?;");
  if (told.guesses) lines.push(`    let wrong = Code::new(if right.expose() == "${WRONG[0]}" { "${WRONG[1]}" } else { "${WRONG[0]}" })?;`);
  for (const step of steps) {
    if (step.pass) lines.push(`    sandbox.advance(Duration::${step.pass % 1000 ? `from_millis(${step.pass})` : `from_secs(${step.pass / 1000})`});`);
    else if (step.right) lines.push("    assert!(client.verify_otp(&id, &right)?.is_verified());");
    else if (step.wrong > 1) lines.push(`    for _ in 0..${step.wrong} {\n        assert!(!client.verify_otp(&id, &wrong)?.is_verified());\n    }`);
    else if (step.wrong) lines.push("    assert!(!client.verify_otp(&id, &wrong)?.is_verified());");
    else lines.push({ deliver: "    assert!(sandbox.deliver_now(&id));", fail: `    assert!(sandbox.fail_now(&id, ErrorCode::from(${step.error})));`, expire: "    assert!(sandbox.expire_now(&id));" }[step.event]);
  }
  lines.push("    let mut timeline = Vec::new();", "    for entry in sandbox.message(&id).ok_or(\"the message is not remembered\")?.timeline {", "        let error = entry.error.map(|error| format!(\" {}\", error.value())).unwrap_or_default();", "        timeline.push(format!(\"{} {}{error}\", entry.status, entry.channel));", "    }");
  if (expected.length) lines.push(`    timeline.truncate(${expected.length});`, `    let expected = [\n${expected.map((line) => `        ${rustQuoted(line)},\n`).join("")}    ];`, "    assert_eq!(timeline, expected);");
  else lines.push("    assert!(timeline.is_empty(), \"{timeline:?}\");");
  const code = lines.join("\n"), used = (names) => names.filter((name) => new RegExp(`\\b${name}::|: ${name}\\b`).test(code)).join(", ");
  const imports = [used(["Duration"]) && "use std::time::Duration;\n", `use engagelab_otp::sandbox::{Sandbox${state.is_fast ? ", Speed" : ""}};`.replace("{Sandbox}", "Sandbox"), `use engagelab_otp::{${used(["Client", "Code", "ErrorCode", "Language", "TemplateRef"])}};`].filter(Boolean).join("\n");
  return `${imports}\n\n#[test]\nfn ${told.name}() -> Result<(), Box<dyn std::error::Error>> {\n${[...told.notes.map((note) => `    // ${note}`), ...lines].join("\n")}\n    Ok(())\n}\n`;
}

function pythonTest(told) {
  const { key: name, secret, is_demo: demo } = key(), { body, steps, expected } = told;
  // Only the published secrets of the demonstration are written into what is copied to be kept.
  const pair = demo ? `b"${name}:${secret}"` : `(os.environ["ENGAGELAB_DEV_KEY"] + ":" + os.environ["ENGAGELAB_DEV_SECRET"]).encode()`;
  const head = ["import base64", "import json", ...token || !demo ? ["import os"] : [], "import urllib.request", "", `SANDBOX = ${quoted(location.origin)}`, `KEY = "Basic " + base64.b64encode(${pair}).decode()`, ...token ? ["TOKEN = \"Bearer \" + os.environ[\"ENGAGELAB_SANDBOX_TOKEN\"]"] : [],
    "", "", "def ask(method, path, body=None):", ...token ? ["    authorization = KEY if path.startswith(\"/v1/\") else TOKEN"] : [], `    headers = {"Authorization": ${token ? "authorization" : "KEY"}, "Content-Type": "application/json"}`, "    data = None if body is None else json.dumps(body).encode()", "    request = urllib.request.Request(SANDBOX + path, data, headers, method=method)", "    with urllib.request.urlopen(request, timeout=30) as response:", "        return json.load(response)", "", "", ""];
  const lines = [...told.notes.map((note) => `# ${note}`), "# Forgets all that this sandbox holds.", "ask(\"POST\", \"/sandbox/reset\", {})"];
  if (told.seed) lines.push(`ask("POST", "/sandbox/seed", ${literal(told.seed, "Python", "    ")})`);
  lines.push(`sent = ask("POST", "${SENDS[told.kind]}", ${literal(body, "Python", "    ")})`, "message = \"/sandbox/messages/\" + sent[\"message_id\"]");
  if (told.verifies) lines.push("right = ask(\"GET\", message)[\"code\"]");
  if (told.guesses) lines.push(`wrong = "${WRONG[0]}" if right != "${WRONG[0]}" else "${WRONG[1]}"`);
  if (told.verifies) lines.push("", "def verify(code):", "    body = {\"message_id\": sent[\"message_id\"], \"verify_code\": code}", "    return ask(\"POST\", \"/v1/verifications\", body)[\"verified\"]", "");
  for (const step of steps) {
    if (step.pass) lines.push(`ask("POST", "/sandbox/clock", {"advance_seconds": ${step.pass / 1000}})`);
    else if (step.right) lines.push("assert verify(right)");
    else if (step.wrong) lines.push(...step.wrong > 1 ? [`for _ in range(${step.wrong}):`, "    assert not verify(wrong)"] : ["assert not verify(wrong)"]);
    else lines.push(`ask("POST", message + "/events", ${literal(step, "Python", "    ")})`);
  }
  lines.push("timeline = []", "for entry in ask(\"GET\", message)[\"timeline\"]:", "    error = f\" {entry['error']['code']}\" if entry[\"error\"] else \"\"", "    timeline.append(f\"{entry['status']} {entry['channel']}{error}\")");
  lines.push(`assert timeline${expected.length ? `[:${expected.length}]` : ""} == ${literal(expected, "Python", "    ")}, timeline`);
  return `${head.join("\n")}def test_${told.name}():\n${lines.map((line) => line && `    ${line}`).join("\n")}\n\n\nif __name__ == "__main__":\n    test_${told.name}()\n`;
}

// It has no type that is not inferred, so that it is JavaScript as well.
function typescriptTest(told) {
  const { key: name, secret, is_demo: demo } = key(), { body, steps, expected } = told;
  const pair = demo ? quoted(`${name}:${secret}`) : "process.env.ENGAGELAB_DEV_KEY + \":\" + process.env.ENGAGELAB_DEV_SECRET";
  const head = ["import assert from \"node:assert/strict\";", "import { test } from \"node:test\";", "", `const sandbox = ${quoted(location.origin)};`, `const key = "Basic " + btoa(${pair});`, ...token ? ["const token = \"Bearer \" + process.env.ENGAGELAB_SANDBOX_TOKEN;"] : [],
    "", "async function ask(method = \"GET\", path = \"/\", body = {}) {", `  const headers = { Authorization: ${token ? "path.startsWith(\"/v1/\") ? key : token" : "key"}, "Content-Type": "application/json" };`, "  const response = await fetch(sandbox + path, { method, headers, body: method === \"GET\" ? undefined : JSON.stringify(body) });", "  const answer = await response.text();", "  assert.ok(response.ok, `${method} ${path}: ${answer}`);", "  return JSON.parse(answer);", "}", ""];
  const lines = [...told.notes.map((note) => `// ${note}`), "// Forgets all that this sandbox holds.", "await ask(\"POST\", \"/sandbox/reset\");"];
  if (told.seed) lines.push(`await ask("POST", "/sandbox/seed", ${literal(told.seed, "TypeScript", "  ")});`);
  lines.push(`const sent = await ask("POST", "${SENDS[told.kind]}", ${literal(body, "TypeScript", "  ")});`, "const message = `/sandbox/messages/${sent.message_id}`;");
  if (told.verifies) lines.push("const right = (await ask(\"GET\", message)).code;", "const verify = async (code = \"\") => (await ask(\"POST\", \"/v1/verifications\", { message_id: sent.message_id, verify_code: code })).verified;");
  if (told.guesses) lines.push(`const wrong = right === "${WRONG[0]}" ? "${WRONG[1]}" : "${WRONG[0]}";`);
  for (const step of steps) {
    if (step.pass) lines.push(`await ask("POST", "/sandbox/clock", { advance_seconds: ${step.pass / 1000} });`);
    else if (step.right) lines.push("assert.equal(await verify(right), true);");
    else if (step.wrong) lines.push(`${step.wrong > 1 ? `for (let guess = 0; guess < ${step.wrong}; guess += 1) ` : ""}assert.equal(await verify(wrong), false);`);
    else lines.push(`await ask("POST", message + "/events", ${literal(step, "TypeScript", "  ")});`);
  }
  lines.push("const timeline = [];", "for (const { status, channel, error } of (await ask(\"GET\", message)).timeline) timeline.push(`${status} ${channel}${error ? ` ${error.code}` : \"\"}`);");
  lines.push(`assert.deepEqual(timeline${expected.length ? `.slice(0, ${expected.length})` : ""}, ${literal(expected, "TypeScript", "  ")});`);
  return `${head.join("\n")}\ntest(${quoted(told.name.replaceAll("_", " "))}, async () => {\n${lines.map((line) => `  ${line}`).join("\n")}\n});\n`;
}

function testFor(language, message, templates) {
  const told = story(message, templates);
  if (told.gone) return told;
  return { notes: told.notes, text: language === "Rust" ? rustTest(message, told) : language === "Python" ? pythonTest(told) : typescriptTest(told) };
}
