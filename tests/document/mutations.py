"""Seeds mutations into a document, to test the gates: defects must be found and named, and harmless changes must pass.

    mutations.py DOCUMENT RELEASED FOLDER TOOLS

`TOOLS` is where npm installed Redocly and Spectral. Every defect is written to `FOLDER` and read by its gate, and every
harmless change by every gate; a defect that its gate does not see or calls something else, or a harmless change that
any gate refuses, is a failure.
Prints what each found.
"""

import copy
import json
import re
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import checks
import contract
from changes import ADDITION, BREAKING, WORDING, changes, fitting
from document import Document

LEVELS = (WORDING, ADDITION, BREAKING)
S = "/components/schemas"
SEND, VERIFY, TEMPLATES = "/paths/~1v1~1messages/post", "/paths/~1v1~1verifications/post", "/paths/~1v1~1template-configs"
ONE_TEMPLATE = TEMPLATES + "~1{templateId}"
CODES, MESSAGES = "/paths/~1v1~1codes/post", "/paths/~1v1~1custom-messages/post"
CALLBACK = f"{SEND}/callbacks/events/https:~1~1example.com~1engagelab~1callback/post"
# A path that the document does not have, whatever it has.
NEW_PATH = "/paths/~1v1~1seeded-things"


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


def swap_in(pointer, value):
    """Puts a value before all others of a list."""

    def apply(root):
        holder, key = find(root, pointer)
        holder[key].insert(0, copy.deepcopy(value))

    return apply


def replaced(pointer, text, by):
    """Replaces a part of a text."""

    def apply(root):
        holder, key = find(root, pointer)
        holder[key] = holder[key].replace(text, by)

    return apply


def both(*mutations):
    def apply(root):
        for mutation in mutations:
            mutation(root)

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
    "operationId": "updateThing", "tags": ["Templates"], "summary": "Change a template",
    "description": "Changes a template.", "x-repeatable": True,
    "requestBody": {"required": True, "content": {"application/json": {
        "schema": {"$ref": "#/components/schemas/PwaConfig"}, "example": {"pwa_code": "a"}}}},
    "responses": {
        "200": {"$ref": "#/components/responses/Acknowledged"},
        "4XX": {"$ref": "#/components/responses/Failed"},
        "5XX": {"$ref": "#/components/responses/Failed"},
    },
}  # fmt: skip
NEW_SEND = {**NEW_OPERATION, "operationId": "sendThing", "tags": ["Messages"]}
NOTE = {"type": "string", "description": "A note."}

# What must be found, by which gate, under which words, and how it comes about.
DEFECTS = [
    ("no operationId", "spectral", "^operation-operationId$", drop(f"{SEND}/operationId")),
    ("an operationId twice", "spectral", "^operation-operationId-unique$", put(f"{SEND}/operationId", "verifyOtp")),
    ("an operationId that is no function's name", "spectral", "^operation-id-reads-like-a-function$", put(f"{SEND}/operationId", "Messages_Post")),
    ("no x-repeatable", "spectral", "^operation-says-whether-it-may-be-repeated$", drop(f"{SEND}/x-repeatable")),
    ("x-repeatable as text", "spectral", "^operation-says-whether-it-may-be-repeated$", put(f"{SEND}/x-repeatable", "no")),
    ("no summary", "spectral", "^operation-summary$", drop(f"{SEND}/summary")),
    ("no description of an operation", "spectral", "^operation-description$", drop(f"{SEND}/description")),
    ("no tag", "spectral", "^operation-tags$", drop(f"{SEND}/tags")),
    ("an undefined tag", "spectral", "^operation-tag-defined$", put(f"{SEND}/tags", ["Sending"])),
    ("no 4XX", "spectral", "^operation-has-one-success-and-two-failures$", drop(f"{SEND}/responses/4XX")),
    ("a status of its own", "spectral", "^operation-has-one-success-and-two-failures$", put(f"{SEND}/responses/404", {"$ref": "#/components/responses/Failed"})),
    ("two successes", "spectral", "^operation-has-one-success-and-two-failures$", put(f"{SEND}/responses/202", {"$ref": "#/components/responses/Sent"})),
    ("an error of another shape", "spectral", "^failures-are-all-alike$", put(f"{SEND}/responses/5XX", {"$ref": "#/components/responses/Sent"})),
    ("a body without a name", "spectral", "^bodies-have-names$", put(f"{VERIFY}/requestBody/content/application~1json/schema", {"type": "object", "description": "x", "properties": {"message_id": NOTE, "verify_code": NOTE}})),
    ("a second media type", "spectral", "^bodies-are-json$", put(f"{VERIFY}/requestBody/content/text~1plain", {"schema": {"$ref": f"#{S}/VerifyOtpRequest"}, "example": {"message_id": "1", "verify_code": "1"}})),
    ("a body that may be missing", "spectral", "^bodies-are-required$", put(f"{VERIFY}/requestBody/required", False)),
    ("a query parameter", "spectral", "^parameters-are-in-the-path$", put(f"{TEMPLATES}/get/parameters", [{"name": "page", "in": "query", "description": "A page.", "schema": {"type": "integer"}, "example": 1}])),
    ("a path parameter that is not described", "spectral", "^path-params$", drop(f"{ONE_TEMPLATE}/parameters")),
    ("a path parameter that is not in the path", "spectral", "^path-params$", put("/components/parameters/TemplateId/name", "template")),
    ("a path without a version", "spectral", "^paths-are-versioned$", rename("/paths/~1v1~1messages", "/messages")),
    ("a path with a slash at its end", "spectral", "^path-keys-no-trailing-slash$", rename("/paths/~1v1~1messages", "/v1/messages/")),
    ("two paths that cannot be told apart", "redocly", "^no-(ambiguous|identical)-paths$", put("/paths/~1v1~1template-configs~1{otherId}", {"parameters": [{"name": "otherId", "in": "path", "required": True, "description": "x", "schema": {"$ref": f"#{S}/TemplateId"}, "example": "x"}], "put": NEW_OPERATION})),
    ("a schema called Error", "spectral", "^schema-name$", rename(f"{S}/ErrorBody", "Error")),
    ("a schema called ApiError", "spectral", "^schema-name$", rename(f"{S}/ErrorBody", "ApiError")),
    ("a schema in lower case", "spectral", "^schema-name$", rename(f"{S}/SendReceipt", "sendReceipt")),
    ("a schema with a number", "spectral", "^schema-name$", rename(f"{S}/SendReceipt", "SendReceipt2")),
    ("a schema without description", "spectral", "^schema-has-description$", drop(f"{S}/SendReceipt/description")),
    ("a property without description", "spectral", "^property-has-description$", drop(f"{S}/Billing/properties/cost/description")),
    ("a property in camelCase", "spectral", "^property-name$", put(f"{S}/Billing/properties/unitCost", NOTE)),
    ("oneOf", "spectral", "^schema-keys$", put(f"{S}/SendOtpRequest/properties/to", {"description": "x", "oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]})),
    ("anyOf in a named schema", "spectral", "^schema-keys$", put(f"{S}/Channel", {"description": "x", "anyOf": [{"type": "string", "enum": ["sms"]}, {"type": "string"}]})),
    ("allOf", "spectral", "^schema-keys$", put(f"{S}/SendOtpRequest", {"description": "x", "allOf": [{"$ref": f"#{S}/SendMessageRequest"}]})),
    ("a default", "spectral", "^schema-keys$", put(f"{S}/EmailText/properties/pre_from_name/default", "x")),
    ("a schema without type", "spectral", "^schema-keys$", drop(f"{S}/Billing/type")),
    ("a type that does not exist", "contract", "field Billing.cost: is float", put(f"{S}/Billing/properties/cost/type", "float")),
    ("a list without items", "spectral", "^array-items$", drop(f"{S}/TemplateList/items")),
    ("an object inside another", "spectral", "^property-with-properties-has-a-name$", put(f"{S}/Billing/properties/tax", {"type": "object", "description": "x", "properties": {"rate": {"type": "number", "description": "x"}}})),
    ("a key that nobody reads", "spectral", "^schema-keys$", rename(f"{S}/SendReceipt/required", "requred")),
    ("a misspelt x-sensitive", "spectral", "^schema-keys$", rename(f"{S}/UplinkText/x-sensitive", "x-sensitve")),
    ("x-sensitive as text", "spectral", "^schema-keys$", put(f"{S}/UplinkText/x-sensitive", "yes")),
    ("required, but not described", "checks", "SendReceipt: requires `price`", put(f"{S}/SendReceipt/required/-", "price")),
    ("a keyword beside $ref", "spectral", r"^no-\$ref-siblings$", put(f"{S}/SendReceipt/properties/send_channel/nullable", True)),
    ("two enumerations at once", "spectral", "^no-two-enumerations$", put(f"{S}/SmsPurpose/x-extensible-enum", ["authentication"])),
    ("an enumeration of numbers", "spectral", "^no-enumeration-of-numbers$", put(f"{S}/SmsConfig/properties/template_type/enum", [1, 2])),
    ("a value twice on a list", "spectral", "^schema-keys$", put(f"{S}/Channel/x-extensible-enum/-", "sms")),
    ("numbers without names", "spectral", "^numbers-have-names$", drop(f"{S}/TemplateStatus/x-enum-varnames")),
    ("fewer names than numbers", "checks", r"TemplateStatus: `x-enum-varnames` has 2 entries", drop(f"{S}/TemplateStatus/x-enum-varnames/2")),
    ("fewer statuses than codes", "checks", r"ErrorCode: `x-enum-statuses` has 19 entries", drop(f"{S}/ErrorCode/x-enum-statuses/2")),
    ("a closed enumeration in an answer", "checks", r"SmsConfigDetails.template_type: an answer has a closed enumeration", put(f"{S}/SmsConfigDetails/properties/template_type/enum", [1, 2])),
    ("a closed enumeration of channels", "checks", r"Channel: an answer has a closed enumeration", rename(f"{S}/Channel/x-extensible-enum", "enum")),
    ("a map in an answer that cannot be null", "checks", r"EmailTextDetails.pre_param_map: .*nullable", drop(f"{S}/EmailTextDetails/properties/pre_param_map/nullable")),
    ("a list in a callback that cannot be null", "checks", r"CallbackPayload.rows: .*nullable", drop(f"{S}/CallbackPayload/properties/rows/nullable")),
    ("no title", "validator", "title. is a required property", drop("/info/title")),
    ("a pattern that is none", "checks", "ChannelStrategy: the pattern is refused by RE2", put(f"{S}/ChannelStrategy/pattern", "^(whatsapp")),
    ("a reference that leads nowhere", "spectral", "^invalid-ref$", put(f"{S}/SendReceipt/properties/message_id/$ref", f"#{S}/MessageNumber")),
    ("a schema that nobody uses", "spectral", "^oas3-unused-component$", put(f"{S}/Leftover", NOTE)),
    ("no security", "spectral", "^one-way-to-authenticate$", drop("/security")),
    ("an operation without security", "spectral", "^no-security-of-its-own$", put(f"{SEND}/security", [])),
    ("an unknown security scheme", "spectral", "^oas3-operation-security-defined$", put("/security/0", {"apiKey": []})),
    ("another version of OpenAPI", "spectral", "^version-of-openapi$", put("/openapi", "3.1.0")),
    ("a version of two numbers", "spectral", "^version-of-the-document$", put("/info/version", "1.1")),
    ("a request's example with a wrong type", "checks", r"typed/message_id: .* is not of type 'string'", put(f"{VERIFY}/requestBody/content/application~1json/examples/typed/value/message_id", 1725407449772531712)),
    ("a request's example without a required field", "checks", r"'to' is a required property", drop(f"{SEND}/requestBody/content/application~1json/examples/phone/value/to")),
    ("a request's example with a misspelt field", "checks", r"'parms' was unexpected", rename(f"{SEND}/requestBody/content/application~1json/examples/phone/value/template/params", "parms")),
    ("a request's example beyond a limit", "checks", r"verify_code_len: 11 is greater", put(f"{TEMPLATES}/post/requestBody/content/application~1json/examples/email/value/verify_code_config/verify_code_len", 11)),
    ("an answer's example with an unlisted value", "checks", r"'SMS' is not one of", put("/components/responses/Sent/content/application~1json/examples/sms/value/send_channel", "SMS")),
    ("an answer's example with a misspelt field", "checks", r"'messageId' was unexpected", rename("/components/responses/Sent/content/application~1json/examples/sms/value/message_id", "messageId")),
    ("a callback's example with a wrong type", "checks", r"itime: 'now' is not of type 'integer'", put(f"{CALLBACK}/requestBody/content/application~1json/examples/lowBalance/value/rows/0/itime", "now")),
    ("a schema's example that breaks its pattern", "checks", r"RecipientAddress: '6591234567' does not match", put(f"{S}/RecipientAddress/example", "6591234567")),
    ("a parameter's example that breaks its pattern", "checks", r"templateId: '\.\.' does not match", put("/components/parameters/TemplateId/example", "..")),
    ("a body without an example", "checks", r"has no example", drop(f"{VERIFY}/requestBody/content/application~1json/examples")),
    # What the service's contract says.
    ("a repeatable sendOtp", "contract", r"operation sendOtp: `x-repeatable` is True", put(f"{SEND}/x-repeatable", True)),
    ("a repeatable sendCode", "contract", r"operation sendCode: `x-repeatable` is True", put(f"{CODES}/x-repeatable", True)),
    ("a repeatable sendMessage", "contract", r"operation sendMessage: `x-repeatable` is True", put(f"{MESSAGES}/x-repeatable", True)),
    ("a repeatable verifyOtp", "contract", r"operation verifyOtp: `x-repeatable` is True", put(f"{VERIFY}/x-repeatable", True)),
    ("a repeatable createTemplate", "contract", r"operation createTemplate: `x-repeatable` is True", put(f"{TEMPLATES}/post/x-repeatable", True)),
    ("a listTemplates that may not be repeated", "contract", r"operation listTemplates: `x-repeatable` is False", put(f"{TEMPLATES}/get/x-repeatable", False)),
    ("a deleteTemplate that may not be repeated", "contract", r"operation deleteTemplate: `x-repeatable` is False", put(f"{ONE_TEMPLATE}/delete/x-repeatable", False)),
    ("a repeatable send that nobody knows", "contract", r"operation sendThing: `x-repeatable: true` on POST", put(NEW_PATH, {"post": NEW_SEND})),
    ("a typing error in the server", "contract", r"server: .*engagelap", put("/servers/0/url", "https://otp.api.engagelap.cc")),
    ("a server without TLS", "contract", r"server: .*http://", put("/servers/0/url", "http://otp.api.engagelab.cc")),
    ("another server first", "contract", r"server: ", swap_in("/servers", {"url": "https://otp-eu.api.engagelab.cc", "description": "Europe."})),
    ("bearer for basic", "contract", r"security: `scheme` of basicAuth is 'bearer'", put("/components/securitySchemes/basicAuth/scheme", "bearer")),
    ("a key in a header for basic", "contract", r"security: `type` of basicAuth is 'apiKey'", put("/components/securitySchemes/basicAuth", {"type": "apiKey", "in": "header", "name": "X-KEY", "description": "A key."})),
    ("a typing error in a path", "contract", r"operation sendOtp: is POST /v1/message,", rename("/paths/~1v1~1messages", "/v1/message")),
    ("another version in a path", "contract", r"operation sendCode: is POST /v2/codes", rename("/paths/~1v1~1codes", "/v2/codes")),
    ("another method", "contract", r"operation verifyOtp: is PUT", rename(VERIFY, "put")),
    ("an operation that is gone", "contract", r"operation deleteTemplate: is missing", drop(f"{ONE_TEMPLATE}/delete")),
    ("an operation under another name", "contract", r"operation sendOtp: is missing", put(f"{SEND}/operationId", "sendPassword")),
    ("another body", "contract", r"operation sendOtp: the body is SendMessageRequest", put(f"{SEND}/requestBody/content/application~1json/schema/$ref", f"#{S}/SendMessageRequest")),
    ("another answer", "contract", r"operation sendOtp: the answer is Acknowledgement", put(f"{SEND}/responses/200/$ref", "#/components/responses/Acknowledged")),
    ("a renamed header of the callback", "contract", r"callback: the header is .*X-CALLBACK-SIGNATURE", put(f"{CALLBACK}/parameters/0/name", "X-CALLBACK-SIGNATURE")),
    ("a required header of the callback", "contract", r"callback: the header is .*True", put(f"{CALLBACK}/parameters/0/required", True)),
    ("a required body of the callback", "contract", r"callback: the body is required", put(f"{CALLBACK}/requestBody/required", True)),
    ("another body of the callback", "contract", r"callback: the body is CallbackRow", put(f"{CALLBACK}/requestBody/content/application~1json/schema/$ref", f"#{S}/CallbackRow")),
    ("no callback", "contract", r"callback: there must be receiveEvents", drop(f"{SEND}/callbacks")),
    ("a typing error in a source address", "contract", r"callback: the description does not say '119\.8\.170\.74'", replaced(f"{CALLBACK}/description", "119.8.170.74", "119.8.170.47")),
    ("a list without whatsapp_config", "contract", r"field TemplateSummary.whatsapp_config: is missing", drop(f"{S}/TemplateSummary/properties/whatsapp_config")),
    ("a list without sms_config", "contract", r"field TemplateSummary.sms_config: is missing", drop(f"{S}/TemplateSummary/properties/sms_config")),
    ("a list without voice_config", "contract", r"field TemplateSummary.voice_config: is missing", drop(f"{S}/TemplateSummary/properties/voice_config")),
    ("a list without email_config", "contract", r"field TemplateSummary.email_config: is missing", drop(f"{S}/TemplateSummary/properties/email_config")),
    ("a list without pwa_config", "contract", r"field TemplateSummary.pwa_config: is missing", drop(f"{S}/TemplateSummary/properties/pwa_config")),
    ("no parts, which are billed", "contract", r"field SmsConfigDetails.template_parts: is missing", drop(f"{S}/SmsConfigDetails/properties/template_parts")),
    ("a notification without currency", "contract", r"field NotificationData.currency: is missing", drop(f"{S}/NotificationData/properties/currency")),
    ("a notification without rate", "contract", r"field NotificationData.rate: is missing", drop(f"{S}/NotificationData/properties/rate")),
    ("a notification without threshold", "contract", r"field NotificationData.threshold: is missing", drop(f"{S}/NotificationData/properties/threshold")),
    ("a notification without reason", "contract", r"field NotificationData.reason: is missing", drop(f"{S}/NotificationData/properties/reason")),
    ("an operator without ip", "contract", r"field Operator.ip: is missing", drop(f"{S}/Operator/properties/ip")),
    ("a misspelt field of a request", "contract", r"field SendOtpRequest.to: is missing", rename(f"{S}/SendOtpRequest/properties/to", "recipient")),
    ("a field of another type", "contract", r"field Billing.cost: is string", put(f"{S}/Billing/properties/cost/type", "string")),
    ("a time as text", "contract", r"field StatusData.msg_time: is string", put(f"{S}/StatusData/properties/msg_time", NOTE)),
    ("a code as text", "contract", r"field StatusEvent.error_code: is string", put(f"{S}/StatusEvent/properties/error_code", NOTE)),
    ("an id as a number", "contract", r"field SendReceipt.message_id: is integer", put(f"{S}/SendReceipt/properties/message_id", {"type": "integer", "description": "An id."})),
    ("the configuration of another channel", "contract", r"field TemplateDefinition.voice_config: is WhatsappConfig", put(f"{S}/TemplateDefinition/properties/voice_config/$ref", f"#{S}/WhatsappConfig")),
    ("texts that an e-mail template must have", "contract", r"field EmailConfig.template_custom_configs: must not be required", put(f"{S}/EmailConfig/required/-", "template_custom_configs")),
    ("a brand that a template must have", "contract", r"field TemplateDefinition.brand_name: must not be required", put(f"{S}/TemplateDefinition/required/-", "brand_name")),
    ("a channel that a receipt must have", "contract", r"field SendReceipt.send_channel: must not be required", put(f"{S}/SendReceipt/required/-", "send_channel")),
    ("a field that the service does not ask for", "contract", r"field SendCodeRequest.note: is required", both(put(f"{S}/SendCodeRequest/properties/note", NOTE), put(f"{S}/SendCodeRequest/required/-", "note"))),
    ("a template that a send may lack", "contract", r"field SendOtpRequest.template: must be required", drop(f"{S}/SendOtpRequest/required/1")),
    ("a subject that a mail may lack", "contract", r"field EmailText.pre_subject: must be required", drop(f"{S}/EmailText/required/2")),
    ("e-mail beside other channels", "contract", r"value ChannelStrategy: 'sms\|email' is taken", put(f"{S}/ChannelStrategy/pattern", r"^(whatsapp|sms|email|voice)(\|(whatsapp|sms|email|voice)){0,3}$")),
    ("a channel twice", "contract", r"value ChannelStrategy: 'sms\|sms' is taken", put(f"{S}/ChannelStrategy/pattern", r"^(email|(whatsapp|sms|voice)(\|(whatsapp|sms|voice)){0,2})$")),
    ("no pattern of the strategy", "contract", r"value ChannelStrategy: '' is taken", drop(f"{S}/ChannelStrategy/pattern")),
    ("a strategy without fallback", "contract", r"value ChannelStrategy: 'whatsapp\|sms' is refused", put(f"{S}/ChannelStrategy/pattern", "^(email|whatsapp|sms|voice)$")),
    ("countries without a space", "contract", r"value CustomSmsText.custom_country_codes: 'HK, PH' is refused", put(f"{S}/CustomSmsText/properties/custom_country_codes/pattern", "^[A-Z]{2}(,[A-Z]{2})*$")),
    ("own codes of at most 32 characters", "contract", r"value VerificationCode: '1234567890.* is refused", put(f"{S}/VerificationCode/maxLength", 32)),
    ("own codes without spaces", "contract", r"value VerificationCode: 'a b' is refused", put(f"{S}/VerificationCode/pattern", "^[!-~]+$")),
    ("phone numbers without +", "contract", r"value RecipientAddress: '6591234567' is taken", put(f"{S}/RecipientAddress/pattern", r"^(\+?[1-9][0-9]{6,14}|.+@.+)$")),
    ("phone numbers alone", "contract", r"value RecipientAddress: 'user@example.com' is refused", put(f"{S}/RecipientAddress/pattern", r"^\+[1-9][0-9]{6,14}$")),
    ("ids that cannot be in a path", "contract", r"value TemplateId: '\.' is taken", put(f"{S}/TemplateId/pattern", r"^[^\x00-\x1F\x7F]+$")),
    ("ids of letters alone", "contract", r"value TemplateId: '模版' is refused", put(f"{S}/TemplateId/pattern", "^[A-Za-z0-9_.-]+$")),
    ("a purpose that is gone", "contract", r"value SmsPurpose: 'utility' is refused", drop(f"{S}/SmsPurpose/enum/2")),
    ("a sender's address that is a list", "contract", r"value EmailText.pre_from_mail: 'a@b.cd,e@f.gh' is taken", drop(f"{S}/EmailText/properties/pre_from_mail/pattern")),
    ("a message id that may be empty", "contract", r"value VerifyOtpRequest.message_id: '' is taken", drop(f"{S}/VerifyOtpRequest/properties/message_id/minLength")),
    ("another limit, maxLength of TemplateId", "contract", r"bound TemplateId: `maxLength` is 30", put(f"{S}/TemplateId/maxLength", 30)),
    ("another limit, maxLength of TemplateDefinition.description", "contract", r"bound TemplateDefinition.description: `maxLength` is 256", put(f"{S}/TemplateDefinition/properties/description/maxLength", 256)),
    ("another limit, minLength of TemplateDefinition.brand_name", "contract", r"bound TemplateDefinition.brand_name: `minLength` is 1", put(f"{S}/TemplateDefinition/properties/brand_name/minLength", 1)),
    ("another limit, maxLength of TemplateDefinition.brand_name", "contract", r"bound TemplateDefinition.brand_name: `maxLength` is 20", put(f"{S}/TemplateDefinition/properties/brand_name/maxLength", 20)),
    ("another limit, minimum of CodeConfig.verify_code_len", "contract", r"bound CodeConfig.verify_code_len: `minimum` is 6", put(f"{S}/CodeConfig/properties/verify_code_len/minimum", 6)),
    ("another limit, maximum of CodeConfig.verify_code_len", "contract", r"bound CodeConfig.verify_code_len: `maximum` is 8", put(f"{S}/CodeConfig/properties/verify_code_len/maximum", 8)),
    ("another limit, maximum of CodeConfig.verify_code_ttl", "contract", r"bound CodeConfig.verify_code_ttl: `maximum` is 60", put(f"{S}/CodeConfig/properties/verify_code_ttl/maximum", 60)),
    ("another limit, maximum of CodeConfig.verify_code_type", "contract", r"bound CodeConfig.verify_code_type: `maximum` is 3", put(f"{S}/CodeConfig/properties/verify_code_type/maximum", 3)),
    ("another limit, maximum of SmsConfig.template_type", "contract", r"bound SmsConfig.template_type: `maximum` is 3", put(f"{S}/SmsConfig/properties/template_type/maximum", 3)),
    ("Channel without voice", "contract", r"list Channel: lacks .*voice", drop(f"{S}/Channel/x-extensible-enum/3")),
    ("Language without zh_CN", "contract", r"list Language: lacks .*zh_CN", drop(f"{S}/Language/x-extensible-enum/1")),
    ("MessageStatus without verified_timeout", "contract", r"list MessageStatus: lacks .*verified_timeout", drop(f"{S}/MessageStatus/x-extensible-enum/9")),
    ("NotificationKind without template_audit_result", "contract", r"list NotificationKind: lacks .*template_audit_result", drop(f"{S}/NotificationKind/x-extensible-enum/2")),
    ("SystemEventKind without msg_history", "contract", r"list SystemEventKind: lacks .*msg_history", drop(f"{S}/SystemEventKind/x-extensible-enum/4")),
    ("LoginAction without logout", "contract", r"list LoginAction: lacks .*logout", drop(f"{S}/LoginAction/x-extensible-enum/2")),
    ("key actions without spaces", "contract", r"list KeyAction: lacks .*create api_key", put(f"{S}/KeyAction/x-extensible-enum/0", "create_api_key")),
    ("RecipientAddress that may be logged", "contract", r"sensitive RecipientAddress: ", drop(f"{S}/RecipientAddress/x-sensitive")),
    ("VerificationCode that may be logged", "contract", r"sensitive VerificationCode: ", drop(f"{S}/VerificationCode/x-sensitive")),
    ("ReportedCode that may be logged", "contract", r"sensitive ReportedCode: ", drop(f"{S}/ReportedCode/x-sensitive")),
    ("TemplateParams that may be logged", "contract", r"sensitive TemplateParams: ", drop(f"{S}/TemplateParams/x-sensitive")),
    ("ReportedAddress that may be logged", "contract", r"sensitive ReportedAddress: ", drop(f"{S}/ReportedAddress/x-sensitive")),
    ("UplinkText that may be logged", "contract", r"sensitive UplinkText: ", drop(f"{S}/UplinkText/x-sensitive")),
    ("FailureText that may be logged", "contract", r"sensitive FailureText: ", drop(f"{S}/FailureText/x-sensitive")),
    ("OperatorIdentity that may be logged", "contract", r"sensitive OperatorIdentity: ", drop(f"{S}/OperatorIdentity/x-sensitive")),
    ("an error of another class", "contract", r"error 2004: is .*'authentication'", put(f"{S}/ErrorCode/x-enum-classes/3", "authentication")),
    ("an error with another status", "contract", r"error 2004: is \(401", put(f"{S}/ErrorCode/x-enum-statuses/3", 401)),
    ("a code with the meaning of another", "contract", r"error 5011: .*does not say 'phone number'", replaced(f"{S}/ErrorCode/description", "not a valid phone number", "the destination cannot be reached")),
    ("a blocked number as one that is not registered", "contract", r"error 5013: .*does not say 'block list'", replaced(f"{S}/ErrorCode/description", "the number is on a block list", "the number is not registered")),
    ("a callback by PUT", "contract", r"callback: comes by PUT", rename(CALLBACK, "put")),
    ("a callback with our own credentials", "contract", r"callback: asks for credentials", drop(f"{CALLBACK}/security")),
    ("a callback that is answered with 202", "contract", r"callback: 200 is not among the answers", rename(f"{CALLBACK}/responses/200", "202")),
    ("a signature by another algorithm", "contract", r"callback: the description does not say 'HMAC-SHA256'", replaced(f"{CALLBACK}/description", "HMAC-SHA256", "HMAC-SHA1")),
    ("a signature whose parts have other names", "contract", r"callback: the description does not say 'timestamp=", replaced(f"{CALLBACK}/description", "username={u}", "user={u}")),
    ("a longer time for the answer", "contract", r"callback: the description does not say '3 seconds'", replaced(f"{CALLBACK}/description", "3 seconds", "30 seconds")),
    ("an example's signature that nobody signed", "checks", r"X-CALLBACK-ID: the example is none of callback-vectors.json", replaced(f"{CALLBACK}/parameters/0/example", "signature=b4", "signature=b5")),
    ("a failure with the body of a success", "contract", r"failure: the body is Acknowledgement", put("/components/responses/Failed/content/application~1json/schema/$ref", f"#{S}/Acknowledgement")),
    ("an id in the path without its limits", "contract", r"parameter templateId: is None", put("/components/parameters/TemplateId/schema", {"type": "string"})),
    ("a list of other things", "contract", r"items of TemplateList: is TemplateDetails", put(f"{S}/TemplateList/items/$ref", f"#{S}/TemplateDetails")),
    ("mails of another shape", "contract", r"items of EmailConfigDetails.template_custom_configs: is PwaConfigDetails", put(f"{S}/EmailConfigDetails/properties/template_custom_configs/items/$ref", f"#{S}/PwaConfigDetails")),
    ("values that need not be text", "contract", r"items of TemplateParams: is None", put(f"{S}/TemplateParams/additionalProperties", True)),
    ("a code's validity that is not told", "contract", r"field CodeConfigDetails.verify_code_ttl: is missing", drop(f"{S}/CodeConfigDetails/properties/verify_code_ttl")),
    ("a mail's subject that is not told", "contract", r"field EmailTextDetails.pre_subject: is missing", drop(f"{S}/EmailTextDetails/properties/pre_subject")),
    ("a text's purpose that is not told", "contract", r"field CustomSmsTextDetails.custom_sub_type: is missing", drop(f"{S}/CustomSmsTextDetails/properties/custom_sub_type")),
    ("an event without its particulars", "contract", r"field SystemEventData.msg_history: is missing", drop(f"{S}/SystemEventData/properties/msg_history")),
    ("a time that ends in 2038", "contract", r"format of CallbackRow.itime: is None", drop(f"{S}/CallbackRow/properties/itime/format")),
    ("notifications without fields of their own", "contract", r"open NotificationData: ", drop(f"{S}/NotificationData/x-additional-properties")),
    ("an error code that is gone", "contract", r"error 5020: is missing", both(*(drop(f"{S}/ErrorCode/{key}/19") for key in ("x-extensible-enum", "x-enum-varnames", "x-enum-statuses", "x-enum-classes")))),
    # What generators and engines do not survive.
    ("octets that Ruby refuses", "checks", r"TemplateId: the pattern .*Ruby", put(f"{S}/TemplateId/pattern", r"^[^\x00-\x1F\x7F-\x9F]+$")),
    ("lookahead", "checks", r"TemplateId: the pattern .*lookaround", put(f"{S}/TemplateId/pattern", r"^(?!\.)[^\x00-\x1F]+$")),
    ("lookbehind", "checks", r"TemplateId: the pattern .*lookaround", put(f"{S}/TemplateId/pattern", r"^[^\x00-\x1F]+(?<!/)$")),
    ("a reference to a group", "checks", r"ChannelStrategy: the pattern .*references", put(f"{S}/ChannelStrategy/pattern", r"^(sms|voice)(\|(?:sms|voice))?\1?$")),
    ("a class of Unicode", "checks", r"TemplateId: the pattern .*class", put(f"{S}/TemplateId/pattern", r"^[\p{L}.]+$")),
    ("a possessive repeat", "checks", r"TemplateId: the pattern .*possessive", put(f"{S}/TemplateId/pattern", "^[a-z]++$")),
    ("a pattern without an end", "checks", r"TemplateId: the pattern is not anchored", put(f"{S}/TemplateId/pattern", "^[a-z]+")),
    ("a pattern too large for RE2", "checks", r"TemplateId: the pattern is refused by RE2", put(f"{S}/TemplateId/pattern", "^[a-z]{1,2000}$")),
    ("a callback by reference", "checks", r"callback events: openapi-python-client", both(put("/components/callbacks", {"Events": {}}), put(f"{CODES}/callbacks", {"events": {"$ref": "#/components/callbacks/Events"}}))),
    ("a callback among the components", "checks", r"components.callbacks", put("/components/callbacks", {"Events": {"https://example.com/callback": {"post": {"summary": "x", "responses": {"200": {"description": "x"}}}}}})),
    ("an id as a UUID", "checks", r"MessageId: the format `uuid`", put(f"{S}/MessageId/format", "uuid")),
    ("an address of which a generator makes its own type", "checks", r"RecipientAddress: the format `email`", put(f"{S}/RecipientAddress/format", "email")),
    ("null in what is sent", "checks", r"EmailText.pre_from_name: what is sent is left out, and never null", put(f"{S}/EmailText/properties/pre_from_name/nullable", True)),
    ("a listed value of another type", "checks", r"Channel: the value 7 is no string", put(f"{S}/Channel/x-extensible-enum/-", 7)),
    ("a listed value that YAML reads as false", "checks", r"Language: the value False is no string", put(f"{S}/Language/x-extensible-enum/-", False)),
    ("a new code of a class that nobody knows", "contract", r"error 5021: the class 'unreachible' is new", both(put(f"{S}/ErrorCode/x-extensible-enum/-", 5021), put(f"{S}/ErrorCode/x-enum-varnames/-", "mailbox_full"), put(f"{S}/ErrorCode/x-enum-statuses/-", 400), put(f"{S}/ErrorCode/x-enum-classes/-", "unreachible"))),
    ("a new code with the status of a success", "checks", r"ErrorCode: the status 200", both(put(f"{S}/ErrorCode/x-extensible-enum/-", 5021), put(f"{S}/ErrorCode/x-enum-varnames/-", "mailbox_full"), put(f"{S}/ErrorCode/x-enum-statuses/-", 200), put(f"{S}/ErrorCode/x-enum-classes/-", "unreachable"))),
    ("a bound that text does not have", "checks", r"PwaConfig.pwa_code: `maximum` means nothing for a string", put(f"{S}/PwaConfig/properties/pwa_code/maximum", 10)),
    ("a length of a number", "checks", r"CodeConfig.verify_code_ttl: `maxLength` means nothing for an integer", put(f"{S}/CodeConfig/properties/verify_code_ttl/maxLength", 2)),
    ("bounds that nothing keeps", "checks", r"PwaConfig.pwa_code: `minLength` 9 is above `maxLength` 3", both(put(f"{S}/PwaConfig/properties/pwa_code/minLength", 9), put(f"{S}/PwaConfig/properties/pwa_code/maxLength", 3))),
    ("a parameter that is written otherwise", "checks", r"templateId: `style` is not read", put("/components/parameters/TemplateId/style", "label")),
    ("a parameter that may be empty", "checks", r"templateId: `allowEmptyValue` is not read", put("/components/parameters/TemplateId/allowEmptyValue", True)),
    ("a summary of two operations", "checks", r"sendCode: has the summary of sendOtp", put(f"{CODES}/summary", "Send a one-time password that the service generates")),
    ("open objects", "checks", r"SendReceipt: `additionalProperties` .*Kotlin", put(f"{S}/SendReceipt/additionalProperties", True)),
    ("closed objects", "checks", r"SendReceipt: `additionalProperties`", put(f"{S}/SendReceipt/additionalProperties", False)),
    ("a limit on what is received, MessageId", "checks", r"MessageId: what is received has `maxLength`", put(f"{S}/MessageId/maxLength", 64)),
    ("a limit on what is received, ReportedCode", "checks", r"ReportedCode: what is received has `pattern`", put(f"{S}/ReportedCode/pattern", "^[0-9]+$")),
    ("a limit on what is received, Channel", "checks", r"Channel: what is received has `minLength`", put(f"{S}/Channel/minLength", 1)),
    ("a limit on what is received, ReportedAddress", "checks", r"ReportedAddress: what is received has `minLength`", put(f"{S}/ReportedAddress/minLength", 5)),
    ("a limit on what is received, template_id", "checks", r"TemplateSummary.template_id: what is received has `maxLength`", put(f"{S}/TemplateSummary/properties/template_id/maxLength", 128)),
    ("a limit on what is received, verify_code_len", "checks", r"CodeConfigDetails.verify_code_len: what is received has `minimum`", put(f"{S}/CodeConfigDetails/properties/verify_code_len/minimum", 4)),
    ("an id in an answer with the limits of a request", "checks", r"TemplateId: what is received has", put(f"{S}/TemplateDetails/properties/template_id", {"$ref": f"#{S}/TemplateId"})),
    ("an error table without a code", "checks", r"ErrorCode: code 5020 .* stands in the lists alone", replaced(f"{S}/ErrorCode/description", "| 5020 | 400 | the number is not registered |\n", "")),
    ("an error table with another status", "checks", r"ErrorCode: code 2004 with status 401 stands in the table alone", replaced(f"{S}/ErrorCode/description", "| 2004 | 403 |", "| 2004 | 401 |")),
    ("an error table with a code more", "checks", r"ErrorCode: code 5021 with status 400 stands in the table alone", replaced(f"{S}/ErrorCode/description", "| 5020 | 400 | the", "| 5021 | 400 | new |\n| 5020 | 400 | the")),
]  # fmt: skip

# Changes that every gate must let pass once the version is the one that fits.
HARMLESS = [
    ("a better description", WORDING, put(f"{S}/SendReceipt/description", "Proof that the message was taken over.")),
    ("a better summary", WORDING, put(f"{SEND}/summary", "Send a password that the service makes up")),
    ("another example", WORDING, put(f"{S}/VerificationCode/example", "112233")),
    ("an optional field in a request", ADDITION, put(f"{S}/SendMessageRequest/properties/note", NOTE)),
    ("a field in an answer", ADDITION, put(f"{S}/SendReceipt/properties/note", NOTE)),
    ("a field in a callback", ADDITION, put(f"{S}/StatusData/properties/note", NOTE)),
    ("an operation", ADDITION, put(NEW_PATH, {"put": NEW_OPERATION})),
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
    ("another header in a callback", put(f"{CALLBACK}/parameters/0/name", "X-SIGNATURE")),
    ("another body in a callback", put(f"{CALLBACK}/requestBody/content/application~1json/schema/$ref", f"#{S}/CallbackRow")),
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

    for what, gate, named, mutation in DEFECTS:
        path = written(what, mutated(original, mutation))
        assert path not in defects, f"{what}: there are two of this name"
        defects[path] = (what, gate, named)

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
    # The gates read all harmless changes at once; only if one refuses them, each alone, to say which.
    together = copy.deepcopy(released.root)
    for _, _, mutation in HARMLESS:
        mutation(together)
    together = written("harmless together", Document(together))

    seen = {}
    gates = {"spectral": spectral, "checks": strict, "redocly": redocly, "validator": validator, "contract": contracted}
    own = {gate: [path for path, (_, its, _) in defects.items() if its == gate] for gate in gates}
    # The gates know nothing of each other: they run side by side, the slowest first.
    with ProcessPoolExecutor() as pool:
        runs = {gate: pool.submit(timed, run, [*own[gate], together], Path(tools)) for gate, run in gates.items()}
    for gate, run in runs.items():
        seen[gate], seconds = run.result()
        count = sum(path in seen[gate] for path in own[gate])
        print(f"{gate:9} found {count:3} of {len(own[gate])} defects in {seconds:.1f} s")
        if together in seen[gate]:
            refused = gates[gate]([*harmless], Path(tools)) or {together: seen[gate][together]}
            failures += [f"{gate}: {harmless.get(path, 'together')}: refused: {said}" for path, said in refused.items()]
    print(f"changes   told {len(HARMLESS)} harmless changes from {len(BREAKS)} that break")

    for path, (what, gate, named) in defects.items():
        if path not in seen[gate]:
            failures.append(f"{gate}: {what}: not found")
        elif not any(re.search(named, said) for said in seen[gate][path]):
            failures.append(f"{gate}: {what}: not called {named!r} but {seen[gate][path]}")
    print(f"{len(defects) + len(BREAKS)} defects and {len(HARMLESS)} harmless changes were seeded")
    for failure in failures:
        print(f"FAILED {failure}")
    return 1 if failures else 0


def timed(run, paths, tools):
    started = time.monotonic()
    return run(paths, tools), time.monotonic() - started


# Each gate reads its mutations in one run, and answers with what it says of each path that it refuses.


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
            said = [repr(error)]
        if said:
            found[path] = said
    return found


def contracted(paths, _):
    found = {}
    for path in paths:
        # What is harmless may still widen a limit that the service has.
        if not path.name.startswith("harmless-") and (said := list(contract.defects(Document.read(path)))):
            found[path] = said
    return found


def by_name(paths, path):
    return next(each for each in paths if each.name == path.name)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
