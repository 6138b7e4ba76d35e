"""Writes the table of languages, from what their rounds printed.

    table.py FOLDER     with a file for each language in FOLDER, empty if it was generated only
"""

import sys
from pathlib import Path

FACTS = ("send", "wrong code", "right code", "typed error", "templates", "unknown values", "error in a 200")
# What is generated, what is compiled, and what to know.
LANGUAGES = {
    "curl": ("curl", "", "", ""),
    "rust": ("Rust", "this crate", "all", ""),
    "progenitor": ("Rust", "`progenitor`", "all", "async, over `reqwest`"),
    "python": ("Python", "`openapi-generator` `python`", "`mypy --strict`", ""),
    "openapi_python_client": ("Python", "`openapi-python-client`", "loaded", "from the derived 3.1: from 3.0 it takes no `null` in the place of an object"),
    "typescript": ("TypeScript", "`openapi-typescript` with `openapi-fetch`", "all", "`typescript-fetch` is compiled too"),
    "go": ("Go", "`openapi-generator` `go` with `disallowAdditionalPropertiesIfNotPresent=false`", "all", "an operation's parameters are `ApiSendOtpRequest`, its body is `SendOtpRequest`"),
    "java": ("Java", "`openapi-generator` `java` with `library=native,openApiNullable=false`", "all", "credentials go into a request interceptor; the body of an error is decoded by hand"),
    "kotlin": ("Kotlin", "`openapi-generator` `kotlin` with `serializationLibrary=kotlinx_serialization` and `JsonElement` for free values", "models", "its HTTP part needs OkHttp 4, which cannot be had here; the round uses the JDK's client"),
    "php": ("PHP", "`openapi-generator` `php`", "syntax", ""),
    "ruby": ("Ruby", "`openapi-generator` `ruby`", "syntax", "the body of an error is decoded by hand; a base path is set to `''`"),
    "csharp": ("C#", "`openapi-generator` `csharp` with `library=httpclient,targetFramework=net48`", "models", "compiled by Mono: no .NET SDK can be had here; the round uses the framework's HTTP client"),
    "swift": ("Swift", "`openapi-generator` `swift6`", "no", "no compiler can be had here"),
    "dart": ("Dart", "`openapi-generator` `dart`", "no", "no compiler can be had here"),
}  # fmt: skip


def main(folder):
    print("# What came of the document in each language\n")
    print("Written by `.ci/languages`. Each program sends through Prism, which validates requests and answers against")
    print("the document, to the sandbox; and then to a service whose answers hold values, fields and errors that the")
    print("document does not list.\n")
    print("Where the last column but one says yes, the same came of the derived 3.1.\n")
    columns = ("language", "made by", "generates", "compiles", *FACTS, "from 3.1", "note")
    print("| " + " | ".join(columns) + " |")
    print("|" + "---|" * len(columns))
    for name, (language, made_by, compiles, note) in LANGUAGES.items():
        found = dict(line.split("\t") for line in Path(folder, name).read_text().splitlines())
        unknown = found.keys() - set(FACTS)
        assert not unknown, f"{name} prints {unknown}"
        facts = [found.get(fact, "") for fact in FACTS]
        derived = Path(folder, f"{name}-3.1")
        facts.append(("yes" if derived.read_text() == Path(folder, name).read_text() else "differs") if derived.exists() else "")
        print("| " + " | ".join((language, made_by, "yes" if made_by else "", compiles, *facts, note)) + " |")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
