"""Compares a document with the released one, and says which version it must carry.

    changes.py RELEASED CHANGED CHANGELOG

A change counts for everybody who builds on the document: those who speak the protocol, and those whose code calls
generated names. It is `wording` (next patch), an `addition` (next minor) or `breaking` (next major). What is not
known to be harmless is breaking. The changelog must name the version, and say what changed in it.
"""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

from document import Document

WORDING, ADDITION, BREAKING = "wording", "addition", "breaking"
LEVELS = (WORDING, ADDITION, BREAKING)
SENT, RECEIVED = {"sent"}, {"received"}

# Keys whose text nothing is generated from but documentation.
TEXTS = {"description", "summary", "example", "examples", "externalDocs"}
# Bounds, and whether a greater number allows more.
BOUNDS = {
    "minLength": False, "minimum": False, "minItems": False,
    "maxLength": True, "maximum": True, "maxItems": True,
}  # fmt: skip


@dataclass(frozen=True)
class Change:
    level: str
    place: str
    what: str

    def __str__(self):
        return f"{self.level:8}  {self.place}: {self.what}"


def changes(old, new):
    """Every change, the worst first."""
    found = [*about(old, new), *operations(old, new), *schemas(old, new)]
    return sorted(found, key=lambda change: -LEVELS.index(change.level))


def fitting(version, found):
    """The version that follows `version` after these changes."""
    major, minor, patch = map(int, version.split("."))
    match max((LEVELS.index(change.level) for change in found), default=None):
        case None:
            return version
        case 0:
            return f"{major}.{minor}.{patch + 1}"
        case 1:
            return f"{major}.{minor + 1}.0"
        case _:
            return f"{major + 1}.0.0"


def about(old, new):
    left, right = dict(old.root), dict(new.root)
    for root in (left, right):
        root["info"] = {key: value for key, value in root["info"].items() if key != "version"}
    yield from texts("info", left.pop("info"), right.pop("info"), {"title"})
    yield from texts("tags", left.pop("tags", []), right.pop("tags", []), set())
    yield from servers(left.get("servers", []), right.get("servers", []))
    yield from mapped("security scheme", schemes(old), schemes(new), different)
    if left.pop("security", []) != right.pop("security", []):
        yield Change(BREAKING, "security", "changed")
    for root in (left, right):
        for seen_elsewhere in ("paths", "components", "servers"):
            root.pop(seen_elsewhere, None)
    yield from rest("document", left, right)


def operations(old, new):
    yield from mapped("", named(old.operations()), named(new.operations()), lambda place, left, right: operation(place, old, left, new, right))


def operation(place, old, left, new, right):
    (left, left_parameters), (right, right_parameters) = left, right
    left, right = dict(left), dict(right)

    yield from parameters(place, left_parameters, right_parameters)
    for one in (left, right):
        one.pop("parameters", None)

    bodies = [document.resolve(one.pop("requestBody", None)) for document, one in ((old, left), (new, right))]
    yield from media(f"{place} request", *bodies)

    responses = [
        {status: document.resolve(response) for status, response in one.pop("responses", {}).items()}
        for document, one in ((old, left), (new, right))
    ]
    yield from mapped(place, *responses, media)

    called = [named(document.callbacks(one)) for document, one in ((old, left), (new, right))]
    yield from mapped(f"{place} callback", *called, lambda inner, a, b: operation(inner, old, a, new, b))
    for one in (left, right):
        one.pop("callbacks", None)

    yield from deprecated(place, left, right)
    yield from rest(place, left, right)


def parameters(place, old, new):
    left, right = ({f"{one['in']} {one['name']}": one for one in side} for side in (old, new))
    kept = [[name for name in side if name in left and name in right] for side in (left, right)]
    if kept[0] != kept[1]:
        yield Change(BREAKING, place, "the order of parameters changed, and with it that of arguments")
    for name in right.keys() - left.keys():
        level = BREAKING if right[name].get("required") else ADDITION
        yield Change(level, f"{place} {name}", "a new parameter" + (", and required" if level == BREAKING else ""))
    present = {name: right[name] for name in right if name in left}
    yield from mapped(place, left, present, lambda inner, a, b: shape_in(inner, a, b, SENT))


def shape_in(place, old, new, role):
    """A parameter: its schema, and the rest of it."""
    left, right = dict(old), dict(new)
    yield from schema(f"{place} schema", left.pop("schema", {}), right.pop("schema", {}), role)
    yield from rest(place, left, right)


def media(place, old, new):
    """A request body or a response."""
    if (old is None) != (new is None):
        yield Change(BREAKING, place, "the body is new" if old is None else "the body is gone")
    if old is None or new is None:
        return
    left, right = dict(old), dict(new)
    # Bodies are references to named schemas, which are compared under their names.
    yield from mapped(place, left.pop("content", {}), right.pop("content", {}), rest)
    yield from rest(place, left, right)


def schemas(old, new):
    before, after = old.roles(), new.roles()

    def compare(place, left, right):
        name = place.strip()
        # A schema that nothing uses may be used by anybody.
        yield from schema(name, left, right, (before[name] | after[name]) or SENT | RECEIVED)

    yield from mapped("", old.schemas, new.schemas, compare)


def schema(place, old, new, role):
    left, right = dict(old), dict(new)
    yield from properties(place, left, right, role)
    yield from extensible(place, left, right)
    yield from deprecated(place, left, right)
    for key, greater_allows_more in BOUNDS.items():
        a, b = left.pop(key, None), right.pop(key, None)
        if a != b:
            allows_more = b is None or (a is not None and (b > a) == greater_allows_more)
            yield from widened(f"{place} {key}", a, b, allows_more, role)
    a, b = left.pop("pattern", None), right.pop("pattern", None)
    if a != b:
        # Whether one pattern allows more than another cannot be told in general.
        yield from widened(f"{place} pattern", a, b, b is None if None in (a, b) else None, role)
    a, b = left.pop("enum", None), right.pop("enum", None)
    if a != b:
        removed = a is None or b is None or set(a) - set(b)
        yield from widened(f"{place} enum", a, b, None if removed else True, role)
    if isinstance(left.get("items"), dict) and isinstance(right.get("items"), dict):
        yield from schema(f"{place} items", left.pop("items"), right.pop("items"), role)
    yield from rest(place, left, right)


def properties(place, left, right, role):
    old, new = left.pop("properties", {}), right.pop("properties", {})
    was, now = left.pop("required", []), right.pop("required", [])
    for name in new.keys() - old.keys():
        demanded = name in now and "sent" in role
        yield Change(BREAKING if demanded else ADDITION, f"{place}.{name}", "a new field" + (", and required" if demanded else ""))
    for name in old.keys() & new.keys():
        if (name in was) != (name in now):
            yield Change(BREAKING, f"{place}.{name}", "is now required" if name in now else "is no longer required")
    kept = [[name for name in side if name in was and name in now] for side in (was, now)]
    if kept[0] != kept[1] and "sent" in role:
        yield Change(BREAKING, f"{place} required", "the order changed, and with it that of a constructor's arguments")
    present = {name: new[name] for name in new if name in old}
    yield from mapped(place, old, present, lambda inner, a, b: schema(inner, a, b, role), joint=".")


def extensible(place, left, right):
    """`x-extensible-enum` and the lists beside it, read as one table."""
    old, new = table(left), table(right)
    if (old is None) != (new is None):
        yield Change(BREAKING, f"{place} x-extensible-enum", "a list is new" if old is None else "the list is gone")
    elif old != new:
        yield from mapped(f"{place} value", old, new, different)


def table(schema):
    values = schema.pop("x-extensible-enum", None)
    beside = {key: schema.pop(key) for key in list(schema) if key.startswith("x-enum-")}
    if values is None:
        return None
    return {
        str(value): {key: column[row] if row < len(column) else None for key, column in beside.items()}
        for row, value in enumerate(values)
    }


def widened(place, old, new, allows_more, role):
    """More may be allowed in what is only sent, and less in what is only received."""
    harmless = allows_more is not None and role == (SENT if allows_more else RECEIVED)
    yield Change(ADDITION if harmless else BREAKING, place, shown(old, new))


def deprecated(place, left, right):
    a, b = left.pop("deprecated", False), right.pop("deprecated", False)
    if a != b:
        yield Change(ADDITION, place, "is deprecated" if b else "is no longer deprecated")


def rest(place, old, new):
    """Whatever has no rule of its own: text is wording, anything else may matter to somebody."""
    for key in sorted(old.keys() | new.keys()):
        if old.get(key) != new.get(key):
            yield Change(WORDING if key in TEXTS else BREAKING, f"{place} {key}", shown(old.get(key), new.get(key)))


def different(place, old, new):
    if isinstance(old, dict) and isinstance(new, dict):
        yield from rest(place, old, new)
    elif old != new:
        yield Change(BREAKING, place, shown(old, new))


def texts(place, old, new, names):
    """Wording, but for the keys in `names`, from which generators make names."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            if old.get(key) != new.get(key):
                yield Change(BREAKING if key in names else WORDING, f"{place} {key}", shown(old.get(key), new.get(key)))
    elif old != new:
        yield Change(WORDING, place, "changed")


def mapped(place, old, new, compare, joint=" "):
    """Things with names: none may go, some may come, and those that stay are compared."""
    for name in old.keys() | new.keys():
        inner = f"{place}{joint}{name}".strip()
        if name not in new:
            yield Change(BREAKING, inner, "is gone")
        elif name not in old:
            yield Change(ADDITION, inner, "is new")
        else:
            yield from compare(inner, old[name], new[name])


def servers(old, new):
    """The first is what clients use unless told otherwise, so a new one comes last."""
    before, after = ([server["url"] for server in side] for side in (old, new))
    if before != after:
        yield Change(ADDITION if after[: len(before)] == before else BREAKING, "servers", shown(before, after))
    elif old != new:
        yield Change(WORDING, "servers", "changed")


def named(operations):
    return {" ".join(reversed(key[-2:])): (operation, parameters) for key, operation, parameters in operations}


def schemes(document):
    return document.root["components"].get("securitySchemes", {})


def shown(old, new):
    def short(value):
        text = repr(value)
        return text if len(text) <= 60 else text[:57] + "…"

    return f"{short(old)} became {short(new)}"


def unnamed(version, changelog):
    """What the changelog lacks of a version; none if it has all."""
    versions = re.split(r"^## ", changelog, flags=re.MULTILINE)[1:]
    if not versions or not re.match(rf"{re.escape(version)}\s", versions[0]):
        return f"the first version in the changelog is not {version}"
    if not re.search(r"^- \S", versions[0], re.MULTILINE):
        return f"the changelog does not say what changed in {version}"
    return None


def main(released, changed, changelog):
    old, new = Document.read(released), Document.read(changed)
    if lacking := unnamed(new.version, Path(changelog).read_text(encoding="utf-8")):
        print(f"changes: {lacking}")
        return 1
    found = changes(old, new)
    for change in found:
        print(f"  {change}")
    wanted = fitting(old.version, found)
    if new.version == wanted:
        print(f"changes: {len(found)} since {old.version}; {new.version} fits")
        return 0
    print(f"changes: {len(found)} since {old.version}; `info.version` is {new.version} and must be {wanted}")
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
