"""What schemathesis does with the sandbox beside its own checks; it loads this file by SCHEMATHESIS_HOOKS.

Random ids lead nowhere, and an unknown template or message is refused before anything else is looked at. So ids that
are well formed are replaced by those of things that exist. And a body that fits the document may be refused for the
state of the account or for a rule that no schema can express, but never for its shape.
"""

import json
import re
import urllib.request
from base64 import b64encode

import schemathesis

DOCUMENT_ALONE = {3001, 3002}
# Rules between fields, and between a request and a template: schemas cannot express them, descriptions do.
BEYOND_SCHEMAS = re.compile(
    "must be 1, 5 or 10 with whatsapp"
    "|no channel of the template reaches this recipient"
    "|this template carries a code"
    "|must have each (channel|language) once"
    "|must give each variable once"
    "|must contain `{{code}}` if it is for authentication"
    "|must be 1 with template_default_config, or 2 with template_custom_config"
    "|must be a language of the service"
    # That an address has no characters which are not seen (C1, marks of direction) is said in words: they cannot stand
    # in a pattern that all languages read alike.
    "|must be one plain e-mail address: no white space, no invisible characters"
)


@schemathesis.hook
def before_call(context, case, kwargs):
    body = case.body
    if not isinstance(body, dict):
        return
    template = body.get("template")
    if isinstance(template, dict) and well_formed(template.get("id")):
        custom = case.path == "/v1/custom-messages"
        template["id"] = "sandbox-custom-tpl" if custom else "sandbox-otp-tpl"
    if well_formed(body.get("message_id")):
        body["message_id"] = live_message(case, kwargs)


@schemathesis.check
def a_fitting_body_is_never_refused_for_its_shape(context, response, case):
    meta = case.meta
    if meta is None or not meta.generation.mode.is_positive or response.status_code < 400:
        return
    error = response.json()
    if error["code"] in DOCUMENT_ALONE and not BEYOND_SCHEMAS.search(error["message"]):
        raise AssertionError(f"the document allows this, and the sandbox does not: {error}")


def well_formed(value):
    return isinstance(value, str) and 1 <= len(value) <= 64 and value.isprintable() and value not in (".", "..")


def live_message(case, kwargs):
    """The id of a message whose code can still be verified, sent to a recipient of its own."""
    live_message.count += 1
    body = {"to": f"+6591{live_message.count:06}", "template": {"id": "sandbox-otp-tpl"}}
    request = urllib.request.Request(
        f"{case.operation.base_url}/v1/messages",
        json.dumps(body).encode(),
        {"Content-Type": "application/json", "Authorization": "Basic " + b64encode(b"sandbox_demo:sandbox_secret").decode()},
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)["message_id"]


live_message.count = 0
