"""Checks of a document that linters cannot make: of its examples, and of what depends on who sends a schema.

    checks.py DOCUMENT…

Every example is validated against its schema, and strictly, since an example is what people copy: it may not hold
fields that the schema does not describe, nor values beside `x-extensible-enum`. What is tolerated from the service
is, in a text of our own, a typing error.

In what a client receives, an enumeration is never closed, or a client would refuse tomorrow's value; lists and maps
that may be missing may also be null, since services write both; and nothing has bounds or patterns, which are about
what is sent. Fields beyond those described are always allowed, and an object does not say so: with
`additionalProperties: true` beside properties Kotlin's models extend `HashMap` and do not compile.

A pattern uses what every language's engine has, and what RE2 has, which lacks the most. A callback is written out
where it stands: openapi-python-client reads no reference there. The example of its header is signed, so that a receiver
can be tried by it.
"""

import json
import re
import sys
from pathlib import Path

import re2
from openapi_schema_validator import OAS30Validator

from document import print_defects


def defects(document):
    strict = strictly(document)
    roles = document.roles()

    def validate(place, schema, value):
        validator = OAS30Validator({**schema, "components": strict["components"]})
        try:
            errors = list(validator.iter_errors(value))
        except re.error:  # A pattern that Python does not take; the check of patterns names it.
            return
        for error in errors:
            where = "".join(f"/{part}" for part in error.absolute_path)
            yield f"{place}{where}: {error.message}"

    def described(place, holder, schema):
        if "example" in holder:
            yield from validate(place, schema, holder["example"])
        for name, example in holder.get("examples", {}).items():
            yield from validate(f"{place} {name}", schema, example["value"])

    def body(place, holder):
        for media, content in document.resolve(holder).get("content", {}).items():
            if "example" not in content and not content.get("examples"):
                yield f"{place} {media}: has no example"
            yield from described(f"{place} {media}", content, content.get("schema", {}))

    def operation(place, one, parameters):
        if "requestBody" in one:
            yield from body(f"{place} request", one["requestBody"])
        for status, response in one.get("responses", {}).items():
            yield from body(f"{place} {status}", response)
        for parameter in parameters:
            if "example" not in parameter:
                yield f"{place} {parameter['name']}: has no example"
            for key in parameter.keys() - PARAMETER:
                yield f"{place} {parameter['name']}: `{key}` is not read, or not alike by all generators; drop it"
            yield from described(f"{place} {parameter['name']}", parameter, parameter.get("schema", {}))

    def schema(place, one):
        if not isinstance(one, dict) or "$ref" in one:
            return
        yield from described(place, {"example": one["example"]} if "example" in one else {}, tighten(one))
        for name, inner in one.get("properties", {}).items():
            yield from schema(f"{place}.{name}", inner)
        for key in ("items", "additionalProperties"):
            yield from schema(f"{place}.{key}", one.get(key))

    for (path, method), one, parameters in document.operations():
        yield from operation(f"{method.upper()} {path}", one, parameters)
        for (name, _, _), inner, inner_parameters in document.callbacks(one):
            yield from operation(f"callback {name}", inner, inner_parameters)
            yield from signed(f"callback {name}", inner_parameters)
    for name, one in document.schemas.items():
        yield from schema(name, one)
        yield from lists(name, one)
        yield from patterns(name, one)
        yield from objects(name, one)
        yield from keys(name, one)
        if "sent" in roles[name]:
            yield from without_null(name, one)
        if roles[name] == {"received"}:
            yield from received(name, one)
        elif "received" in roles[name]:
            yield from closed(name, one)
            yield from bounded(name, one)
    yield from references_in_callbacks(document)
    yield from summaries(document)
    yield from error_table(document)


# What of a parameter is read. Its form is that of its place.
PARAMETER = {"name", "in", "required", "description", "schema", "example", "deprecated"}

VECTORS = Path(__file__).parents[2] / "openapi/callback-vectors.json"


def signed(place, parameters):
    genuine = {vector["header"] for vector in json.loads(VECTORS.read_text())["vectors"] if vector["expect"]["outcome"] == "events"}
    for parameter in parameters:
        if parameter.get("example") not in genuine:
            yield f"{place} {parameter['name']}: the example is none of {VECTORS.name} that are genuine"


def summaries(document):
    """Menus and lists show the summary alone."""
    first = {}
    for _, one, _ in document.operations():
        earlier = first.setdefault(one.get("summary"), one.get("operationId"))
        if earlier != one.get("operationId"):
            yield f"{one.get('operationId')}: has the summary of {earlier}"


PYTHON = {"string": str, "integer": int}


def lists(place, schema):
    """The lists beside `x-extensible-enum` are read in parallel, so they are equally long."""
    length = len(schema.get("x-extensible-enum", []))
    kind = schema.get("type")
    for value in schema.get("x-extensible-enum", []):
        if type(value) is not PYTHON.get(kind):
            yield f"{place}: the value {value!r} is no {kind}; YAML reads some words as something else"
    for status in schema.get("x-enum-statuses", []):
        if status not in range(400, 600):
            yield f"{place}: the status {status} is none of a failure"
    for key, column in schema.items():
        if key.startswith("x-enum-") and len(column) != length:
            yield f"{place}: `{key}` has {len(column)} entries for {length} values"


def received(place, schema):
    yield from closed(place, schema)
    yield from bounded(place, schema)
    for name, inner in schema.get("properties", {}).items():
        holds_many = inner.get("type") == "array" or "additionalProperties" in inner
        if holds_many and name not in schema.get("required", []) and not inner.get("nullable"):
            yield f"{place}.{name}: a list or map that may be missing is also `nullable: true`"


def closed(place, schema):
    """Closed enumerations, however deep; references are seen to under their own names."""
    if not isinstance(schema, dict):
        return
    if "enum" in schema:
        yield f"{place}: an answer has a closed enumeration; use `x-extensible-enum`"
    for name, inner in schema.get("properties", {}).items():
        yield from closed(f"{place}.{name}", inner)
    for key in ("items", "additionalProperties"):
        yield from closed(f"{place}.{key}", schema.get(key))


LIMITS = ("pattern", "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems")


def bounded(place, schema):
    """Bounds, however deep; references are seen to under their own names."""
    if not isinstance(schema, dict):
        return
    for key in LIMITS:
        if key in schema:
            yield f"{place}: what is received has `{key}`; limits are about what is sent, so use a schema of its own there"
    for name, inner in schema.get("properties", {}).items():
        yield from bounded(f"{place}.{name}", inner)
    for key in ("items", "additionalProperties"):
        yield from bounded(f"{place}.{key}", schema.get(key))


def objects(place, schema):
    if not isinstance(schema, dict):
        return
    if "properties" in schema and "additionalProperties" in schema:
        yield f"{place}: `additionalProperties` beside properties makes Kotlin's model extend HashMap; drop it"
    for name in schema.get("required", []):
        if name not in schema.get("properties", {}):
            yield f"{place}: requires `{name}`, which it does not describe"
    for name, inner in schema.get("properties", {}).items():
        yield from objects(f"{place}.{name}", inner)


# What each key says something about. A key elsewhere is ignored in silence.
KINDS = {
    "minLength": {"string"}, "maxLength": {"string"}, "pattern": {"string"}, "enum": {"string"},
    "minimum": {"integer", "number"}, "maximum": {"integer", "number"},
    "minItems": {"array"}, "maxItems": {"array"}, "items": {"array"},
    "properties": {"object"}, "required": {"object"}, "additionalProperties": {"object"},
}  # fmt: skip
# Of other formats generators make types of their own, which refuse or change what the service sends.
FORMATS = {"int64"}


def keys(place, schema):
    if not isinstance(schema, dict):
        return
    kind = schema.get("type")
    for key in schema.keys() & KINDS.keys():
        # A type that does not exist is named by others.
        if kind is not None and kind not in KINDS[key]:
            yield f"{place}: `{key}` means nothing for {'an' if kind[0] in 'aio' else 'a'} {kind}"
    if schema.get("format", "int64") not in FORMATS:
        yield f"{place}: the format `{schema['format']}` becomes a type of its own in some languages; use a pattern, or words"
    for least, most in (("minLength", "maxLength"), ("minimum", "maximum"), ("minItems", "maxItems")):
        if least in schema and most in schema and schema[least] > schema[most]:
            yield f"{place}: `{least}` {schema[least]} is above `{most}` {schema[most]}"
    for name, inner in schema.get("properties", {}).items():
        yield from keys(f"{place}.{name}", inner)
    for key in ("items", "additionalProperties"):
        yield from keys(f"{place}.{key}", schema.get(key))


def without_null(place, schema):
    for name, inner in schema.get("properties", {}).items():
        if inner.get("nullable"):
            yield f"{place}.{name}: what is sent is left out, and never null"


QUIET = re2.Options()
QUIET.log_errors = False

# What some engine lacks or reads otherwise, and why it must not stand in a pattern.
FOREIGN = {
    r"\\x[89A-Fa-f][0-9A-Fa-f]": "Ruby refuses octets of 0x80 and above, and PHP matches single octets",
    r"\(\?[=!<]": "RE2, which Go uses, has no lookaround",
    r"\\[1-9]": "RE2 has no references to groups",
    r"\\[pPuXh]": "engines read this class or escape differently",
    r"[*+?}]\+|\(\?>": "RE2 has no possessive or atomic groups",
}


def patterns(place, schema):
    if not isinstance(schema, dict):
        return
    if "pattern" in schema:
        text = schema["pattern"]
        for foreign, why in FOREIGN.items():
            if re.search(foreign, text):
                yield f"{place}: the pattern does not fit every language: {why}"
        if not (text.startswith("^") and text.endswith("$")):
            yield f"{place}: the pattern is not anchored by ^ and $; some engines match the whole, others a part"
        try:
            re2.compile(text, QUIET)
        except re2.error as error:
            yield f"{place}: the pattern is refused by RE2: {error}"
    for name, inner in schema.get("properties", {}).items():
        yield from patterns(f"{place}.{name}", inner)
    for key in ("items", "additionalProperties"):
        yield from patterns(f"{place}.{key}", schema.get(key))


def references_in_callbacks(document):
    if document.root["components"].get("callbacks"):
        yield "components.callbacks: a callback stands under its operation, where every generator finds it"
    for (path, method), one, _ in document.operations():
        for name, called in one.get("callbacks", {}).items():
            if "$ref" in called:
                yield f"{method.upper()} {path} callback {name}: openapi-python-client refuses a document with a `$ref` here"


def error_table(document):
    """People read the table of `ErrorCode`, programs read the lists beside it."""
    for name, schema in document.schemas.items():
        if "x-enum-statuses" not in schema:
            continue
        rows = re.findall(r"^\| (\d+) \| (\d+) \|", schema.get("description", ""), re.MULTILINE)
        table = [(int(code), int(status)) for code, status in rows]
        listed = list(zip(schema.get("x-extensible-enum", []), schema["x-enum-statuses"]))
        for row in sorted(set(table) ^ set(listed)):
            where = "table" if row in table else "lists"
            yield f"{name}: code {row[0]} with status {row[1]} stands in the {where} alone"
        if len(table) != len(set(table)):
            yield f"{name}: the table has a row twice"


def strictly(document):
    return {"components": {"schemas": {name: tighten(one) for name, one in document.schemas.items()}}}


def tighten(schema):
    """The same schema, refusing fields that it does not describe and values that are not on its list."""
    if not isinstance(schema, dict) or "$ref" in schema:
        return schema
    tight = dict(schema)
    if "properties" in schema:
        tight["properties"] = {name: tighten(inner) for name, inner in schema["properties"].items()}
        # Where the service has fields that are not described, examples may have them; elsewhere they are typing errors.
        if schema.get("x-additional-properties") is not True:
            tight["additionalProperties"] = False
    if "items" in schema:
        tight["items"] = tighten(schema["items"])
    if "x-extensible-enum" in schema:
        tight["enum"] = schema["x-extensible-enum"]
    return tight


if __name__ == "__main__":
    sys.exit(print_defects("checks", sys.argv[1:], defects))
