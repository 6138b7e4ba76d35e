"""Compares a document with what the service's public pages say, which `.ci/contract.yaml` holds as data.

    contract.py DOCUMENT…

A document may describe more than the contract: an operation, a field, a code. What the contract names must be
described as it says, and an operation that it does not name may be repeated only if its method is safe to repeat.
"""

import sys
from pathlib import Path

import yaml
from openapi_schema_validator import OAS30Validator

from document import print_defects

CONTRACT = Path(__file__).parents[2] / ".ci/contract.yaml"
BOUNDS = ("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems")


def defects(document, contract=None):
    contract = contract or yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))
    for check in (server, security, operations, failure, callback, fields, items, formats, opened, values, bounds, lists, sensitive, errors):
        yield from check(document, contract)


def server(document, contract):
    urls = [one.get("url") for one in document.root.get("servers", [])]
    if urls[:1] != [contract["server"]]:
        yield f"server: the first is {urls[:1]}, and the service is at {contract['server']}"


def security(document, contract):
    schemes = document.root["components"].get("securitySchemes", {})
    for name, scheme in schemes.items():
        for key, value in contract["security"].items():
            if scheme.get(key) != value:
                yield f"security: `{key}` of {name} is {scheme.get(key)!r}, and the service takes {value!r}"


def operations(document, contract):
    found = {}
    for (path, method), one, parameters in document.operations():
        name, call = one.get("operationId"), f"{method.upper()} {path}"
        found[name] = one
        fact = contract["operations"].get(name)
        if fact is None:
            if one.get("x-repeatable") is True and method not in ("get", "head", "put", "delete"):
                yield f"operation {name}: `x-repeatable: true` on {method.upper()}, whose repeat can act twice"
            continue
        if call != fact["call"]:
            yield f"operation {name}: is {call}, and the service has it at {fact['call']}"
        if one.get("x-repeatable") is not fact["repeatable"]:
            yield f"operation {name}: `x-repeatable` is {one.get('x-repeatable')}, and must be {fact['repeatable']}"
        for what, holder in (("body", one.get("requestBody")), ("answer", one.get("responses", {}).get("200"))):
            schema = schema_of(document, holder)
            if schema != fact.get(what):
                yield f"operation {name}: the {what} is {schema}, and must be {fact.get(what)}"
        for parameter in parameters:
            wanted, schema = contract["parameters"].get(parameter["name"]), reference(parameter.get("schema", {}))
            if wanted not in (None, schema):
                yield f"parameter {parameter['name']}: is {schema}, and must be {wanted}"
    for name in contract["operations"].keys() - found.keys():
        yield f"operation {name}: is missing; the service has {contract['operations'][name]['call']}"


def failure(document, contract):
    schema = schema_of(document, document.root["components"].get("responses", {}).get("Failed"))
    if schema != contract["failure"]:
        yield f"failure: the body is {schema}, and must be {contract['failure']}"


def callback(document, contract):
    fact = contract["callback"]
    found = [entry for _, one, _ in document.operations() for entry in document.callbacks(one)]
    if [one.get("operationId") for _, one, _ in found] != [fact["operation"]]:
        yield f"callback: there must be {fact['operation']}, once"
        return
    (_, _, method), one, parameters = found[0]
    if method.upper() != fact["method"]:
        yield f"callback: comes by {method.upper()}, and the service uses {fact['method']}"
    if one.get("security") != []:
        yield "callback: asks for credentials of ours, which the service does not send; it must have `security: []`"
    if fact["answer"] not in one.get("responses", {}):
        yield f"callback: {fact['answer']} is not among the answers, and any other has it come again"
    headers = [(parameter["name"], parameter.get("required", False)) for parameter in parameters if parameter["in"] == "header"]
    if headers != [(fact["header"]["name"], fact["header"]["required"])]:
        yield f"callback: the header is {headers}, and the service sends {fact['header']['name']}, not always"
    body = one.get("requestBody", {})
    if body.get("required", False) is not fact["body"]["required"]:
        yield "callback: the body is required, and the check of the address may have none"
    if schema_of(document, body) != fact["body"]["schema"]:
        yield f"callback: the body is {schema_of(document, body)}, and must be {fact['body']['schema']}"
    for words in fact["says"]:
        if words not in one.get("description", ""):
            yield f"callback: the description does not say {words!r}"


def fields(document, contract):
    for name, facts in contract["fields"].items():
        schema = document.schemas.get(name)
        if schema is None:
            yield f"schema {name}: is missing"
            continue
        properties, required = schema.get("properties", {}), schema.get("required", [])
        for field, fact in facts.items():
            kind, must = fact.removesuffix("!"), fact.endswith("!")
            if field not in properties:
                yield f"field {name}.{field}: is missing; the service has it"
                continue
            found = kind_of(document, properties[field], kind)
            if found != kind:
                yield f"field {name}.{field}: is {found}, and must be {kind}"
            if must != (field in required):
                yield f"field {name}.{field}: {'must be required' if must else 'must not be required'}"
        for field in required:
            if field not in facts:
                yield f"field {name}.{field}: is required, and the service does not ask for it"


def items(document, contract):
    for name, fact in contract["items"].items():
        schema = at(document, name) or {}
        held = schema.get("items", schema.get("additionalProperties"))
        found = kind_of(document, held, fact) if isinstance(held, dict) else None
        if found != fact:
            yield f"items of {name}: is {found}, and must be {fact}"


def formats(document, contract):
    for name, fact in contract["formats"].items():
        found = (at(document, name) or {}).get("format")
        if found != fact:
            yield f"format of {name}: is {found}, and must be {fact}"


def opened(document, contract):
    for name in contract["open"]:
        if document.schemas.get(name, {}).get("x-additional-properties") is not True:
            yield f"open {name}: `x-additional-properties: true` is missing; the service has fields there that are not described"


def values(document, contract):
    for name, samples in contract["values"].items():
        schema = at(document, name)
        if schema is None:
            yield f"value {name}: is missing"
            continue
        try:
            validator = OAS30Validator({**schema, "components": {"schemas": document.schemas}})
            for verdict, expected in (("good", True), ("bad", False)):
                for sample in samples[verdict]:
                    if validator.is_valid(sample) is not expected:
                        yield f"value {name}: {sample!r} is {'refused' if expected else 'taken'}, and must not be"
        except Exception as error:  # A pattern that is none.
            yield f"value {name}: cannot be checked: {str(error).splitlines()[0]}"


def bounds(document, contract):
    for name, facts in contract["bounds"].items():
        schema = at(document, name) or {}
        for key in BOUNDS:
            if schema.get(key) != facts.get(key):
                yield f"bound {name}: `{key}` is {schema.get(key)}, and must be {facts.get(key)}"


def lists(document, contract):
    for name, facts in contract["lists"].items():
        missing = [value for value in facts if value not in document.schemas.get(name, {}).get("x-extensible-enum", [])]
        if missing:
            yield f"list {name}: lacks {missing}, which the service has"


def sensitive(document, contract):
    for name in contract["sensitive"]:
        if document.schemas.get(name, {}).get("x-sensitive") is not True:
            yield f"sensitive {name}: `x-sensitive: true` is missing"


def errors(document, contract):
    schema = document.schemas.get("ErrorCode", {})
    columns = [schema.get(key, []) for key in ("x-extensible-enum", "x-enum-statuses", "x-enum-classes")]
    found = {code: (status, kind) for code, status, kind in zip(*columns)}
    meanings = document.meanings()
    classes = {fact["class"] for fact in contract["errors"].values()}
    for code, (_, kind) in found.items():
        if code not in contract["errors"] and kind not in classes:
            yield f"error {code}: the class {kind!r} is new; the others are {', '.join(sorted(classes))}"
    for code, fact in contract["errors"].items():
        if code not in found:
            yield f"error {code}: is missing"
        elif found[code] != (fact["status"], fact["class"]):
            yield f"error {code}: is {found[code]}, and must be {(fact['status'], fact['class'])}"
        # A code without a row is found by the check of the table.
        if code in meanings and fact["says"] not in meanings[code]:
            yield f"error {code}: the table does not say {fact['says']!r} but {meanings[code]!r}"


def schema_of(document, holder):
    content = document.resolve(holder or {}).get("content", {})
    return reference(content.get("application/json", {}).get("schema", {}))


def reference(schema):
    return schema["$ref"].rsplit("/", 1)[1] if "$ref" in schema else None


def at(document, name):
    schema, _, field = name.partition(".")
    found = document.schemas.get(schema)
    return found if not field or found is None else document.resolve(found.get("properties", {}).get(field))


def kind_of(document, schema, wanted):
    """The name of the schema that is referred to if that is wanted, and else its type."""
    name = schema.get("$ref", "").rsplit("/", 1)[-1]
    if name and wanted[0].isupper():
        return name
    resolved = document.resolve(schema)
    return resolved.get("type")


if __name__ == "__main__":
    sys.exit(print_defects("contract", sys.argv[1:], defects))
