"""Reads an OpenAPI document: its operations, its schemas, and who sends which of them.

Knows only what `openapi/otp.yaml` uses: references inside one file, JSON bodies, flat objects.
"""

import json
import re
from pathlib import Path

import yaml

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
SCHEMAS = "#/components/schemas/"


class Document:
    def __init__(self, root):
        self.root = root

    @classmethod
    def read(cls, path):
        text = Path(path).read_text(encoding="utf-8")
        return cls(json.loads(text) if str(path).endswith(".json") else yaml.load(text, Loader))

    @property
    def version(self):
        return self.root["info"]["version"]

    @property
    def schemas(self):
        return self.root["components"]["schemas"]

    def resolve(self, value):
        """The object behind `value`, which may be a reference."""
        while isinstance(value, dict) and "$ref" in value:
            target = self.root
            for key in value["$ref"].removeprefix("#/").split("/"):
                target = target[key.replace("~1", "/").replace("~0", "~")]
            value = target
        return value

    def operations(self):
        """`((path, method), operation, parameters)` of each path."""
        yield from self._operations_of(self.root["paths"])

    def callbacks(self, operation):
        """The same of each callback of an operation, with its name before the address."""
        for name, callback in operation.get("callbacks", {}).items():
            for (address, method), inner, parameters in self._operations_of(self.resolve(callback)):
                yield (name, address, method), inner, parameters

    def _operations_of(self, paths):
        for path, item in paths.items():
            for method in METHODS:
                if method in item:
                    operation = item[method]
                    parameters = item.get("parameters", []) + operation.get("parameters", [])
                    yield (path, method), operation, [self.resolve(one) for one in parameters]

    def meanings(self):
        """What each error code means, as the table of `ErrorCode` says."""
        rows = re.findall(r"^\| (\d+) \| \d+ \| (.*?) \|$", self.schemas.get("ErrorCode", {}).get("description", ""), re.MULTILINE)
        return {int(code): meaning for code, meaning in rows}

    def roles(self):
        """For each schema, whether a client sends it, receives it, or both."""
        roles = {name: set() for name in self.schemas}

        def mark(value, role):
            for reference in references(value):
                name = reference.removeprefix(SCHEMAS)
                if name in roles and role not in roles[name]:
                    roles[name].add(role)
                    mark(self.schemas[name], role)

        def bodies(operation, parameters, sends, receives):
            mark(self.resolve(operation.get("requestBody", {})).get("content", {}), sends)
            mark([parameter.get("schema", {}) for parameter in parameters], sends)
            for response in operation.get("responses", {}).values():
                mark(self.resolve(response).get("content", {}), receives)

        for _, operation, parameters in self.operations():
            bodies(operation, parameters, "sent", "received")
            # In a callback the service is the one that sends.
            for _, inner, inner_parameters in self.callbacks(operation):
                bodies(inner, inner_parameters, "received", "sent")
        return roles


class Loader(yaml.SafeLoader):
    """Leaves dates as the text that they are in JSON, and refuses a key that stands twice."""

    def construct_mapping(self, node, deep=False):
        keys = [key.value for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"the key {key!r} stands twice", node.start_mark)
        return super().construct_mapping(node, deep)


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def references(value):
    """Every `$ref` below `value`. Examples are data, not structure."""
    if isinstance(value, dict):
        for key, child in value.items():
            if key == "$ref" and isinstance(child, str):
                yield child
            elif key not in ("example", "examples"):
                yield from references(child)
    elif isinstance(value, list):
        for child in value:
            yield from references(child)


def print_defects(name, paths, defects):
    """Prints the defects of each document; the exit code is 1 if there are any."""
    found = 0
    for path in paths:
        for defect in defects(Document.read(path)):
            print(f"{path}: {defect}")
            found += 1
    print(f"{name}: {found} defects")
    return 1 if found else 0
