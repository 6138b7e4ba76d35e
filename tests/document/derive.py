"""Derives the document in OpenAPI 3.1: `webhooks` in place of callbacks, and what else 3.1 says better.

    derive.py DOCUMENT DERIVED
"""

import copy
import sys
from pathlib import Path

import yaml

from document import Document


def derived(document):
    root = copy.deepcopy(document.root)
    root["openapi"] = "3.1.0"
    # 3.1 takes the SPDX expression itself.
    root["info"]["license"] = {"name": root["info"]["license"]["name"], "identifier": root["info"]["license"]["name"]}
    webhooks = {}
    for item in root["paths"].values():
        for operation in item.values():
            for name, called in operation.pop("callbacks", {}).items() if isinstance(operation, dict) else ():
                # A webhook has no address: it is set in the console.
                (webhooks[name],) = called.values()
    root = {key: value for key, value in root.items() if key not in ("paths", "components")} | {
        "paths": root["paths"],
        "webhooks": webhooks,
        "components": root["components"],
    }
    for item in (*root["paths"].values(), *webhooks.values()):
        for parameter in parameters(item):
            if "schema" in parameter:
                convert(parameter["schema"], document)
    for parameter in root["components"].get("parameters", {}).values():
        convert(parameter["schema"], document)
    for schema in root["components"]["schemas"].values():
        convert(schema, document)
    return root


def with_nulls(root, document):
    """An object that an answer may leave out may also be null there, which 3.0 cannot say beside a reference."""
    roles = document.roles()
    for schema, definition in root["components"]["schemas"].items():
        for name, inner in definition.get("properties", {}).items():
            is_object = "$ref" in inner and document.resolve({"$ref": inner["$ref"]}).get("type") == "object"
            if is_object and "sent" not in roles[schema] and name not in definition.get("required", []):
                inner["oneOf"] = [{"$ref": inner.pop("$ref")}, {"type": "null"}]
    return root


def parameters(item):
    yield from (one for one in item.get("parameters", []))
    for operation in item.values():
        if isinstance(operation, dict):
            yield from operation.get("parameters", [])


def convert(schema, document):
    """Turns a schema of 3.0 into one of 3.1, in place."""
    if not isinstance(schema, dict):
        return
    if "$ref" in schema:
        # A reader of the field sees what it is without following the reference.
        described = document.resolve({"$ref": schema["$ref"]}).get("description")
        if described:
            schema["description"] = described.strip().split("\n\n")[0].replace("\n", " ")
        return
    if schema.pop("nullable", False):
        schema["type"] = [schema["type"], "null"]
    if "example" in schema:
        schema["examples"] = [schema.pop("example")]
    for inner in schema.get("properties", {}).values():
        convert(inner, document)
    for key in ("items", "additionalProperties"):
        convert(schema.get(key), document)


class Dumper(yaml.SafeDumper):
    """Without anchors, and with texts of several lines as such."""

    def ignore_aliases(self, _):
        return True


Dumper.add_representer(
    str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)
)


def write(root, path):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(yaml.dump(root, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=120), encoding="utf-8")


if __name__ == "__main__":
    source = Document.read(sys.argv[1])
    write(with_nulls(derived(source), source), sys.argv[2])
