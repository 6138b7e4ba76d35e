"""Prepares the document for the page that people read, which Redocly renders.

    page.py DOCUMENT PREPARED     before it is rendered
    page.py --finish PAGE         afterwards

Adds, in memory, what the document itself does not hold: code samples, taken from the programs in tests/languages that
run against the sandbox; the sandbox as a server, with its credentials and recipients; for each error code an example,
and which operations can give it; and what the renderer shows nothing of: `operationId`, `x-repeatable`,
`x-extensible-enum` and `x-sensitive`.
"""

import re
import sys
import textwrap
from pathlib import Path

import yaml

from contract import CONTRACT
from derive import derived, write
from document import Document

LANGUAGES = Path(__file__).parents[1] / "languages"
PROGRAMS = {
    ("curl", "Shell"): "curl/round.sh",
    ("Rust", "Rust"): "rust/main.rs",
    ("Python", "Python"): "python/round.py",
    ("TypeScript", "TypeScript"): "typescript/round.ts",
    ("Go", "Go"): "go/main.go",
    ("Java", "Java"): "java/Round.java",
    ("PHP", "PHP"): "php/round.php",
    ("Ruby", "Ruby"): "ruby/round.rb",
}


def main(source, prepared):
    document = Document.read(source)
    contract = yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))
    for schema in document.schemas.values():
        schema["description"] = "\n\n".join(told(schema))
    root = derived(document)
    names = [one["operationId"] for _, one, _ in document.operations()]
    samples = {name: [] for name in names}
    for (label, language), path in PROGRAMS.items():
        found = samples_of((LANGUAGES / path).read_text(encoding="utf-8"))
        for name in names:
            if name not in found:
                raise SystemExit(f"page: tests/languages/{path} has no `sample {name}`")
            samples[name].append({"lang": language, "label": label, "source": found[name]})

    responses = root["components"]["responses"]
    meanings = document.meanings()
    errors = errors_of(document, contract["errors"])
    for item in root["paths"].values():
        for operation in item.values():
            if not isinstance(operation, dict) or "operationId" not in operation:
                continue
            name = operation["operationId"]
            repeated = "may be repeated" if operation["x-repeatable"] else "must not be repeated blindly, for it may act twice"
            operation["description"] = f"`{name}`: {repeated}.\n\n{operation['description']}"
            operation["x-codeSamples"] = samples[name]
            for statuses, first in (("4XX", 4), ("5XX", 5)):
                failed = Document(root).resolve(operation["responses"][statuses])
                given = {
                    f"e{code}": {"summary": f"{fact['status']}, {code}: {meanings[code]}", "value": {"code": code, "message": meanings[code]}}
                    for code, fact in errors.items()
                    if fact["status"] // 100 == first and (fact["of"] == "all" or name in fact["of"])
                }
                schema = failed["content"]["application/json"]["schema"]
                content = {"application/json": {"schema": schema, "examples": given}}
                operation["responses"][statuses] = {"description": failed["description"], "content": content}
    responses.pop("Failed")

    sandbox = contract["sandbox"]
    note = f"The project's sandbox on this machine. User {sandbox['key']}, password {sandbox['secret']}."
    root["servers"].append({"url": sandbox["url"], "description": note})
    root["info"]["description"] += "\n" + "\n".join([*of_sandbox(sandbox), *of_errors(errors, meanings, names)])
    write(root, prepared)


# The page holds all that it needs, and is to ask nobody for more.
POLICY = "default-src data: blob: 'unsafe-inline' 'unsafe-eval'; connect-src data: blob:"
# On a phone, the title is not to break in a word, and names in tables scroll. The renderer's logo would be fetched.
STYLE = r"""
@media (max-width: 600px) { h1 { font-size: 1.7rem !important } table code { white-space: nowrap !important } }
a[href*="redocly.com"] img { display: none }
a[href*="redocly.com"]::after { content: "\00a0Redoc" }
"""


def finish(page):
    page = Path(page)
    head = f'<head><meta http-equiv="Content-Security-Policy" content="{POLICY}"><style>{STYLE}</style>'
    text = page.read_text(encoding="utf-8").replace("<head>", head, 1)
    page.write_text(re.sub(r"https://cdn\.redoc\.ly/redoc/logo[\w-]*\.svg", "data:,", text), encoding="utf-8")


def told(schema):
    """The description, with what else a reader must know in its first paragraph, which fields of the schema show."""
    first, *others = schema["description"].strip().split("\n\n")
    # The codes of errors have a table.
    if "x-extensible-enum" in schema and "x-enum-statuses" not in schema:
        first += f" Known today: {', '.join(f'`{value}`' for value in schema['x-extensible-enum'])}; others may appear."
    if schema.get("x-sensitive"):
        first += " Keep it out of logs."
    return [first, *others]


def errors_of(document, facts):
    """Every code of the document. One that the service's pages do not name is given where others of its class are."""
    schema, errors = document.schemas["ErrorCode"], {}
    for code, status, kind in zip(*(schema[key] for key in ("x-extensible-enum", "x-enum-statuses", "x-enum-classes"))):
        others = [fact["of"] for fact in facts.values() if fact["class"] == kind]
        of = "all" if "all" in others else sorted({name for one in others for name in one})
        errors[code] = facts.get(code, {"status": status, "of": of})
    return errors


def samples_of(text):
    """The parts between a comment `sample NAME` and a comment `end`, by name."""
    found = re.findall(r"^[ \t]*(?://|#) sample (\w+)\n(.*?)^[ \t]*(?://|#) end$", text, re.MULTILINE | re.DOTALL)
    samples = {name: textwrap.dedent(body).strip("\n") for name, body in found}
    # The shell's program keeps each answer, and a sample shows it.
    return {name: re.sub(r"^answer=\$\((.*)\)$", r"\1", body, flags=re.DOTALL) for name, body in samples.items()}


def of_sandbox(sandbox):
    yield "\n## The sandbox\n"
    yield "The project's sandbox stands in for the service, offline: `engagelab-otp sandbox`. Its user is"
    yield f"`{sandbox['key']}` and its password `{sandbox['secret']}`.\n"
    yield "| template | what it sends |\n|---|---|"
    yield from (f"| `{name}` | {what} |" for name, what in sandbox["templates"].items())
    yield "\n| recipient | what happens |\n|---|---|"
    yield from (f"| `{to}` | {what} |" for to, what in sandbox["recipients"].items())


def of_errors(errors, meanings, names):
    yield "\n## Which operation gives which error\n"
    yield "| code | status | meaning | operations |\n|---|---|---|---|"
    for code, fact in errors.items():
        of = "all" if fact["of"] == "all" else ", ".join(f"`{name}`" for name in names if name in fact["of"])
        yield f"| {code} | {fact['status']} | {meanings[code]} | {of} |"


if __name__ == "__main__":
    sys.exit(finish(sys.argv[2]) if sys.argv[1] == "--finish" else main(*sys.argv[1:]))
