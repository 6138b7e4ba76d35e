"""Checks of a document that linters cannot make: of its examples, and of what depends on who sends a schema.

    checks.py DOCUMENT…

Every example is validated against its schema, and strictly, since an example is what people copy: it may not hold
fields that the schema does not describe, nor values beside `x-extensible-enum`. What is tolerated from the service
is, in a text of our own, a typing error.

In what a client receives, an enumeration is never closed, or a client would refuse tomorrow's value; and lists and
maps that may be missing may also be null, since services write both. An object with required fields says that it
may have more fields, or Go's generator makes a client refuse tomorrow's.
"""

import sys

from openapi_schema_validator import OAS30Validator

from document import Document


def defects(document):
    strict = strictly(document)
    roles = document.roles()

    def validate(place, schema, value):
        validator = OAS30Validator({**schema, "components": strict["components"]})
        for error in validator.iter_errors(value):
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
    for name, one in document.schemas.items():
        yield from schema(name, one)
        yield from lists(name, one)
        if roles[name] == {"received"}:
            yield from received(name, one)
        elif "received" in roles[name]:
            yield from closed(name, one)


def lists(place, schema):
    """The lists beside `x-extensible-enum` are read in parallel, so they are equally long."""
    length = len(schema.get("x-extensible-enum", []))
    for key, column in schema.items():
        if key.startswith("x-enum-") and len(column) != length:
            yield f"{place}: `{key}` has {len(column)} entries for {length} values"


def received(place, schema):
    yield from closed(place, schema)
    if schema.get("required") and schema.get("additionalProperties") is not True:
        yield f"{place}: an answer with required fields has `additionalProperties: true`"
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


def strictly(document):
    return {"components": {"schemas": {name: tighten(one) for name, one in document.schemas.items()}}}


def tighten(schema):
    """The same schema, refusing fields that it does not describe and values that are not on its list."""
    if not isinstance(schema, dict) or "$ref" in schema:
        return schema
    tight = dict(schema)
    if "properties" in schema:
        tight["properties"] = {name: tighten(inner) for name, inner in schema["properties"].items()}
        # Where more fields are described as free data, examples have them; elsewhere they are typing errors.
        if "required" in schema or "additionalProperties" not in schema:
            tight["additionalProperties"] = False
    if "items" in schema:
        tight["items"] = tighten(schema["items"])
    if "x-extensible-enum" in schema:
        tight["enum"] = schema["x-extensible-enum"]
    return tight


if __name__ == "__main__":
    found = 0
    for path in sys.argv[1:]:
        for defect in defects(Document.read(path)):
            print(f"{path}: {defect}")
            found += 1
    print(f"checks: {found} defects")
    sys.exit(1 if found else 0)
