"""Seeds mutations into a document, to test the gates: defects must be found, and harmless changes must pass.

    mutations.py DOCUMENT RELEASED FOLDER TOOLS

`TOOLS` is where npm installed Redocly and Spectral. Every mutation is written to `FOLDER` and read by every gate; a
mutation that its gate does not see, or a harmless one that any gate refuses, is a failure. Prints what each found.
"""

import copy
import json
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import checks
from changes import ADDITION, BREAKING, WORDING, changes, fitting
from document import Document

LEVELS = (WORDING, ADDITION, BREAKING)
S = "/components/schemas"
SEND, VERIFY, TEMPLATES = "/paths/~1v1~1messages/post", "/paths/~1v1~1verifications/post", "/paths/~1v1~1template-configs"
ONE_TEMPLATE = TEMPLATES + "~1{templateId}"


def put(pointer, value):
    """Sets a key or an index, or appends to a list with `-`."""

    def apply(root):
        holder, key = find(root, pointer)
        if key == "-":
            holder.append(copy.deepcopy(value))
        else:
            holder[int(key) if isinstance(holder, list) else key] = copy.deepcopy(value)

    return apply


def drop(pointer):
    def apply(root):
        holder, key = find(root, pointer)
        del holder[int(key) if isinstance(holder, list) else key]

    return apply


def rename(pointer, name):
    """Renames a key where it stands; the name of a schema also wherever it is referred to."""

    def apply(root):
        holder, key = find(root, pointer)
        pairs = [(name if each == key else each, value) for each, value in holder.items()]
        holder.clear()
        holder.update(pairs)
        if pointer.startswith("/components/"):
            text = json.dumps(root).replace(f'"#{pointer}"', f'"#{pointer.rsplit("/", 1)[0]}/{name}"')
            root.clear()
            root.update(json.loads(text))

    return apply


def swap(pointer):
    """Turns a list around."""

    def apply(root):
        holder, key = find(root, pointer)
        holder[key].reverse()

    return apply


def find(root, pointer):
    *parents, key = (part.replace("~1", "/").replace("~0", "~") for part in pointer.removeprefix("/").split("/"))
    holder = root
    for parent in parents:
        holder = holder[int(parent) if isinstance(holder, list) else parent]
    if key != "-" and isinstance(holder, dict) is False:
        holder[int(key)]
    return holder, key


NEW_OPERATION = {
    "operationId": "updateTemplate", "tags": ["Templates"], "summary": "Change a template",
    "description": "Changes a template.", "x-repeatable": True,
    "requestBody": {"required": True, "content": {"application/json": {
        "schema": {"$ref": "#/components/schemas/PwaConfig"}, "example": {"pwa_code": "a"}}}},
    "responses": {
        "200": {"$ref": "#/components/responses/Acknowledged"},
        "4XX": {"$ref": "#/components/responses/Failed"},
        "5XX": {"$ref": "#/components/responses/Failed"},
    },
}  # fmt: skip
NOTE = {"type": "string", "description": "A note."}

# What must be found, by which gate at least, and how it comes about.
DEFECTS = [
    ("no operationId", "spectral", drop(f"{SEND}/operationId")),
    ("an operationId twice", "spectral", put(f"{SEND}/operationId", "verifyOtp")),
    ("an operationId that is no function's name", "spectral", put(f"{SEND}/operationId", "Messages_Post")),
    ("no x-repeatable", "spectral", drop(f"{SEND}/x-repeatable")),
    ("x-repeatable as text", "spectral", put(f"{SEND}/x-repeatable", "no")),
    ("no summary", "spectral", drop(f"{SEND}/summary")),
    ("no description of an operation", "spectral", drop(f"{SEND}/description")),
    ("no tag", "spectral", drop(f"{SEND}/tags")),
    ("an undefined tag", "spectral", put(f"{SEND}/tags", ["Sending"])),
    ("no 4XX", "spectral", drop(f"{SEND}/responses/4XX")),
    ("a status of its own", "spectral", put(f"{SEND}/responses/404", {"$ref": "#/components/responses/Failed"})),
    ("two successes", "spectral", put(f"{SEND}/responses/202", {"$ref": "#/components/responses/Sent"})),
    ("an error of another shape", "spectral", put(f"{SEND}/responses/5XX", {"$ref": "#/components/responses/Sent"})),
    ("a body without a name", "spectral", put(f"{VERIFY}/requestBody/content/application~1json/schema", {"type": "object", "description": "x", "properties": {"message_id": NOTE, "verify_code": NOTE}})),
    ("a second media type", "spectral", put(f"{VERIFY}/requestBody/content/text~1plain", {"schema": {"$ref": f"#{S}/VerifyOtpRequest"}, "example": {"message_id": "1", "verify_code": "1"}})),
    ("a body that may be missing", "spectral", put(f"{VERIFY}/requestBody/required", False)),
    ("a query parameter", "spectral", put(f"{TEMPLATES}/get/parameters", [{"name": "page", "in": "query", "description": "A page.", "schema": {"type": "integer"}, "example": 1}])),
    ("a path parameter that is not described", "spectral", drop(f"{ONE_TEMPLATE}/parameters")),
    ("a path parameter that is not in the path", "spectral", put("/components/parameters/TemplateId/name", "template")),
    ("a path without a version", "spectral", rename("/paths/~1v1~1messages", "/messages")),
    ("a path with a slash at its end", "spectral", rename("/paths/~1v1~1messages", "/v1/messages/")),
    ("two paths that cannot be told apart", "redocly", put("/paths/~1v1~1template-configs~1{otherId}", {"parameters": [{"name": "otherId", "in": "path", "required": True, "description": "x", "schema": {"$ref": f"#{S}/TemplateId"}, "example": "x"}], "put": NEW_OPERATION})),
    ("a schema called Error", "spectral", rename(f"{S}/ErrorBody", "Error")),
    ("a schema called ApiError", "spectral", rename(f"{S}/ErrorBody", "ApiError")),
    ("a schema in lower case", "spectral", rename(f"{S}/SendReceipt", "sendReceipt")),
    ("a schema with a number", "spectral", rename(f"{S}/SendReceipt", "SendReceipt2")),
    ("a schema without description", "spectral", drop(f"{S}/SendReceipt/description")),
    ("a property without description", "spectral", drop(f"{S}/Billing/properties/cost/description")),
    ("a property in camelCase", "spectral", put(f"{S}/Billing/properties/unitCost", NOTE)),
    ("oneOf", "spectral", put(f"{S}/SendOtpRequest/properties/to", {"description": "x", "oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]})),
    ("anyOf in a named schema", "spectral", put(f"{S}/Channel", {"description": "x", "anyOf": [{"type": "string", "enum": ["sms"]}, {"type": "string"}]})),
    ("allOf", "spectral", put(f"{S}/SendOtpRequest", {"description": "x", "allOf": [{"$ref": f"#{S}/SendMessageRequest"}]})),
    ("a default", "spectral", put(f"{S}/EmailText/properties/pre_from_name/default", "x")),
    ("a schema without type", "spectral", drop(f"{S}/Billing/type")),
    ("a type that does not exist", "validator", put(f"{S}/Billing/properties/cost/type", "float")),
    ("a list without items", "redocly", drop(f"{S}/TemplateList/items")),
    ("an object inside another", "spectral", put(f"{S}/Billing/properties/tax", {"type": "object", "description": "x", "properties": {"rate": {"type": "number", "description": "x"}}})),
    ("a key that nobody reads", "spectral", rename(f"{S}/SendReceipt/required", "requred")),
    ("a misspelt x-sensitive", "spectral", rename(f"{S}/UplinkText/x-sensitive", "x-sensitve")),
    ("x-sensitive as text", "spectral", put(f"{S}/UplinkText/x-sensitive", "yes")),
    ("required, but not described", "spectral", put(f"{S}/SendReceipt/required/-", "price")),
    ("a keyword beside $ref", "spectral", put(f"{S}/SendReceipt/properties/send_channel/nullable", True)),
    ("two enumerations at once", "spectral", put(f"{S}/SmsPurpose/x-extensible-enum", ["authentication"])),
    ("an enumeration of numbers", "spectral", put(f"{S}/SmsConfig/properties/template_type/enum", [1, 2])),
    ("a value twice on a list", "spectral", put(f"{S}/Channel/x-extensible-enum/-", "sms")),
    ("numbers without names", "spectral", drop(f"{S}/TemplateStatus/x-enum-varnames")),
    ("fewer names than numbers", "checks", drop(f"{S}/TemplateStatus/x-enum-varnames/2")),
    ("fewer statuses than codes", "checks", drop(f"{S}/ErrorCode/x-enum-statuses/2")),
    ("a closed enumeration in an answer", "checks", put(f"{S}/SmsConfigDetails/properties/template_type/enum", [1, 2])),
    ("a closed enumeration in a value that both sides send", "checks", rename(f"{S}/Channel/x-extensible-enum", "enum")),
    ("a map in an answer that cannot be null", "checks", drop(f"{S}/EmailTextDetails/properties/pre_param_map/nullable")),
    ("a list in a callback that cannot be null", "checks", drop(f"{S}/CallbackPayload/properties/rows/nullable")),
    ("an answer that may never have more fields", "checks", drop(f"{S}/SendReceipt/additionalProperties")),
    ("a pattern that is none", "validator", put(f"{S}/ChannelStrategy/pattern", "^(whatsapp")),
    ("a reference that leads nowhere", "spectral", put(f"{S}/SendReceipt/properties/message_id/$ref", f"#{S}/MessageNumber")),
    ("a schema that nobody uses", "spectral", put(f"{S}/Leftover", NOTE)),
    ("no security", "spectral", drop("/security")),
    ("an operation without security", "spectral", put(f"{SEND}/security", [])),
    ("an unknown security scheme", "spectral", put("/security/0", {"apiKey": []})),
    ("another version of OpenAPI", "spectral", put("/openapi", "3.1.0")),
    ("a version of two numbers", "spectral", put("/info/version", "1.1")),
    ("a request's example with a wrong type", "checks", put(f"{VERIFY}/requestBody/content/application~1json/examples/typed/value/message_id", 1725407449772531712)),
    ("a request's example without a required field", "checks", drop(f"{SEND}/requestBody/content/application~1json/examples/phone/value/to")),
    ("a request's example with a misspelt field", "checks", rename(f"{SEND}/requestBody/content/application~1json/examples/phone/value/template/params", "parms")),
    ("a request's example beyond a bound", "checks", put(f"{TEMPLATES}/post/requestBody/content/application~1json/examples/email/value/verify_code_config/verify_code_len", 11)),
    ("an answer's example with an unlisted value", "checks", put("/components/responses/Sent/content/application~1json/examples/sms/value/send_channel", "SMS")),
    ("an answer's example with a misspelt field", "checks", rename("/components/responses/Sent/content/application~1json/examples/sms/value/message_id", "messageId")),
    ("a callback's example with a wrong type", "checks", put("/components/callbacks/Events/https:~1~1example.com~1engagelab~1callback/post/requestBody/content/application~1json/examples/lowBalance/value/rows/0/itime", "now")),
    ("a schema's example that breaks its pattern", "checks", put(f"{S}/RecipientAddress/example", "6591234567")),
    ("a parameter's example that breaks its pattern", "checks", put("/components/parameters/TemplateId/example", "..")),
    ("a body without an example", "checks", drop(f"{VERIFY}/requestBody/content/application~1json/examples")),
]  # fmt: skip

# Changes that every gate must let pass once the version is the one that fits.
HARMLESS = [
    ("a better description", WORDING, put(f"{S}/SendReceipt/description", "Proof that the message was taken over.")),
    ("a better summary", WORDING, put(f"{SEND}/summary", "Send a password that the service makes up")),
    ("another example", WORDING, put(f"{S}/VerificationCode/example", "112233")),
    ("an optional field in a request", ADDITION, put(f"{S}/SendMessageRequest/properties/note", NOTE)),
    ("a field in an answer", ADDITION, put(f"{S}/SendReceipt/properties/note", NOTE)),
    ("a field in a callback", ADDITION, put(f"{S}/StatusData/properties/note", NOTE)),
    ("an operation", ADDITION, put(f"{ONE_TEMPLATE}/put", NEW_OPERATION)),
    ("a value on an extensible list", ADDITION, put(f"{S}/Channel/x-extensible-enum/-", "rcs")),
    ("a value in a request's enumeration", ADDITION, put(f"{S}/SmsPurpose/enum/-", "service")),
    ("a greater bound in a request", ADDITION, put(f"{S}/TemplateDefinition/properties/description/maxLength", 500)),
    ("a lower bound in a request", ADDITION, put(f"{S}/CodeConfig/properties/verify_code_len/minimum", 3)),
    ("no pattern in a request any more", ADDITION, drop(f"{S}/CustomSmsText/properties/custom_country_codes/pattern")),
    ("a deprecated operation", ADDITION, put(f"{SEND}/deprecated", True)),
    ("another server, as the last", ADDITION, put("/servers/-", {"url": "https://otp-eu.api.engagelab.cc", "description": "Europe."})),
]  # fmt: skip

# Changes that break somebody, however well the document reads afterwards.
BREAKS = [
    ("a path renamed", rename("/paths/~1v1~1messages", "/v2/messages")),
    ("an operation removed", drop(f"{ONE_TEMPLATE}/delete")),
    ("an operationId renamed", put(f"{SEND}/operationId", "sendPassword")),
    ("an operation under another tag", put(f"{SEND}/tags", ["Templates"])),
    ("a path parameter renamed", lambda root: (put("/components/parameters/TemplateId/name", "id")(root), rename("/paths/~1v1~1template-configs~1{templateId}", "/v1/template-configs/{id}")(root))),
    ("a path parameter of another shape", put("/components/parameters/TemplateId/schema", {"type": "integer"})),
    ("a schema renamed", rename(f"{S}/SendReceipt", "Receipt")),
    ("a body of another schema", put(f"{SEND}/requestBody/content/application~1json/schema/$ref", f"#{S}/SendMessageRequest")),
    ("an answer of another schema", put(f"{SEND}/responses/200/$ref", "#/components/responses/Acknowledged")),
    ("a field renamed in a request", rename(f"{S}/SendOtpRequest/properties/template", "template_ref")),
    ("a field removed from a request", drop(f"{S}/EmailText/properties/pre_from_name")),
    ("a field removed from an answer", drop(f"{S}/TemplateDetails/properties/audit_remark")),
    ("a required field in a request", lambda root: (put(f"{S}/PwaConfig/properties/note", NOTE)(root), put(f"{S}/PwaConfig/required", ["note"])(root))),
    ("a field of a request now required", put(f"{S}/EmailText/required/-", "pre_from_name")),
    ("a field of a request no longer required", drop(f"{S}/EmailText/required/3")),
    ("a field of an answer no longer promised", drop(f"{S}/SendReceipt/required/0")),
    ("a constructor's arguments in another order", swap(f"{S}/SendCodeRequest/required")),
    ("another type", put(f"{S}/TemplateSummary/properties/created_time/type", "number")),
    ("another format", drop(f"{S}/TemplateSummary/properties/created_time/format")),
    ("null where there was none", put(f"{S}/Billing/properties/currency/nullable", True)),
    ("a named value in place of text", put(f"{S}/StatusData/properties/template_key", {"$ref": f"#{S}/TemplateId"})),
    ("a smaller bound in a request", put(f"{S}/TemplateDefinition/properties/description/maxLength", 100)),
    ("a bound where there was none", put(f"{S}/PwaConfig/properties/pwa_code/maxLength", 100)),
    ("a greater bound in what both sides send", put(f"{S}/MessageId/maxLength", 128)),
    ("another pattern", put(f"{S}/VerificationCode/pattern", "^[0-9]+$")),
    ("a value removed from a list", drop(f"{S}/Channel/x-extensible-enum/3")),
    ("a value removed from an enumeration", drop(f"{S}/SmsPurpose/enum/2")),
    ("a code of another class", put(f"{S}/ErrorCode/x-enum-classes/3", "authentication")),
    ("a code of another name", put(f"{S}/ErrorCode/x-enum-varnames/3", "forbidden")),
    ("a value that shows itself", put(f"{S}/UplinkText/x-sensitive", False)),
    ("an operation that may no longer be repeated", put(f"{ONE_TEMPLATE}/delete/x-repeatable", False)),
    ("fields that are not described, refused", put(f"{S}/NotificationData/additionalProperties", False)),
    ("no security", drop("/security")),
    ("another security scheme", put("/components/securitySchemes/basicAuth/scheme", "bearer")),
    ("another server", put("/servers/0/url", "https://otp.example.net")),
    ("another title", put("/info/title", "EngageLab One-Time Passwords")),
    ("no callbacks", drop(f"{SEND}/callbacks")),
    ("another header in a callback", put("/components/callbacks/Events/https:~1~1example.com~1engagelab~1callback/post/parameters/0/name", "X-SIGNATURE")),
    ("another body in a callback", put("/components/callbacks/Events/https:~1~1example.com~1engagelab~1callback/post/requestBody/content/application~1json/schema/$ref", f"#{S}/CallbackRow")),
]  # fmt: skip


def main(source, released, folder, tools):
    original, released = Document.read(source), Document.read(released)
    folder = Path(folder)
    failures, defects, harmless = [], {}, {}

    folder.mkdir(parents=True, exist_ok=True)
    for leftover in folder.glob("*.json"):
        leftover.unlink()

    def mutated(document, mutation):
        root = copy.deepcopy(document.root)
        mutation(root)
        assert root != document.root, "the mutation changes nothing"
        return Document(root)

    def written(what, document):
        path = folder / (re.sub(r"\W+", "-", what) + ".json")
        path.write_text(json.dumps(document.root, indent=1), encoding="utf-8")
        return path

    for what, gate, mutation in DEFECTS:
        defects[written(what, mutated(original, mutation))] = (what, gate)

    # The rules of versions are tested on the released document, which no change of today touches.
    for what, level, mutation in [*HARMLESS, *((what, BREAKING, mutation) for what, mutation in BREAKS)]:
        changed = mutated(released, mutation)
        found = changes(released, changed)
        worst = max((LEVELS.index(change.level) for change in found), default=-1)
        if worst < 0 or LEVELS[worst] != level:
            failures.append(f"changes: {what}: is {level}, and was read as {[str(change) for change in found]}")
        if fitting(released.version, found) == released.version:
            failures.append(f"changes: {what}: passes without a new version")
        if level != BREAKING:
            changed.root["info"]["version"] = fitting(released.version, found)
            harmless[written("harmless " + what, changed)] = what
    if changes(released, released):
        failures.append("changes: a document differs from itself")

    paths = [*defects, *harmless]
    seen = {}
    for gate, run in (("validator", validator), ("redocly", redocly), ("spectral", spectral), ("checks", strict)):
        started = time.monotonic()
        seen[gate] = run(paths, Path(tools))
        count = sum(path in seen[gate] for path in defects)
        print(f"{gate:9} found {count:2} of {len(defects)} defects in {time.monotonic() - started:.1f} s")
    print(f"changes   told {len(HARMLESS)} harmless changes from {len(BREAKS)} that break")

    for path, (what, gate) in defects.items():
        by = [name for name, found in seen.items() if path in found]
        if gate not in by:
            failures.append(f"{gate}: {what}: not found (found by {', '.join(by) or 'nobody'})")
    for path, what in harmless.items():
        for name, found in seen.items():
            if path in found:
                failures.append(f"{name}: {what}: refused: {found[path]}")
    alone = Counter(by[0] for by in ([name for name in seen if path in seen[name]] for path in defects) if len(by) == 1)
    print("found by one gate alone: " + ", ".join(f"{count} by {name}" for name, count in alone.most_common()))
    for failure in failures:
        print(f"FAILED {failure}")
    return 1 if failures else 0


# Each gate reads all mutations in one run, and answers with what it says of each path that it refuses.


def validator(paths, _):
    from openapi_spec_validator import OpenAPIV30SpecValidator, validate

    found = {}
    for path in paths:
        try:
            validate(json.loads(path.read_text()), cls=OpenAPIV30SpecValidator)
        except Exception as error:  # The validator raises what its dependencies raise, too.
            found[path] = str(error).splitlines()[:1]
    return found


def redocly(paths, tools):
    arguments = [str(tools / "redocly"), "lint", "--config", "openapi/redocly.yaml", "--format=json", "--max-problems=10000", *map(str, paths)]
    output = subprocess.run(arguments, capture_output=True, text=True, check=False).stdout
    # It prints one report for each file, one after the other.
    found, reports = {}, json.JSONDecoder()
    while output:
        report, end = reports.raw_decode(output)
        output = output[end:].lstrip()
        for problem in report["problems"]:
            path = by_name(paths, Path(problem["location"][0]["source"]["ref"]))
            found.setdefault(path, []).append(problem["ruleId"])
    return found


def spectral(paths, tools):
    arguments = [str(tools / "spectral"), "lint", "--ruleset", "openapi/spectral.yaml", "--format=json", "--quiet", *map(str, paths)]
    output = subprocess.run(arguments, capture_output=True, text=True, check=False)
    found = {}
    for problem in json.loads(output.stdout):
        found.setdefault(by_name(paths, Path(problem["source"])), []).append(problem["code"])
    return found


def strict(paths, _):
    found = {}
    for path in paths:
        try:
            said = list(checks.defects(Document.read(path)))
        except Exception as error:  # What is no schema at all cannot be checked against.
            said = [repr(error).splitlines()[0]]
        if said:
            found[path] = said
    return found


def by_name(paths, path):
    return next(each for each in paths if each.name == path.name)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
