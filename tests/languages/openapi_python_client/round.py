"""The round with the client of openapi-python-client. Any step that goes wrong ends it with a traceback."""

import os
from http import HTTPStatus

from otp_client.api.messages import send_code, send_message, send_otp
from otp_client.api.templates import create_template, delete_template, get_template, list_templates
from otp_client.api.verification import verify_otp
from otp_client.client import Client
from otp_client.models import (
    CodeConfig, DefaultText, ErrorBody, MessageTemplateReference, SendCodeRequest, SendMessageRequest, SendOtpRequest,
    SendReceipt, SmsConfig, SmsConfigDetails, TemplateDefinition, TemplateDetails, TemplateParams, TemplateReference,
    VerificationResult, VerifyOtpRequest,
)  # fmt: skip
from otp_client.types import Response
import httpx

TEMPLATE, TO, CODE, BLOCKED = "python-client-login", "+10000000005", "123456", "+10000000011"


def client(url: str) -> Client:
    credentials = httpx.BasicAuth(os.environ["OTP_KEY"], os.environ["OTP_SECRET"])
    return Client(base_url=url, httpx_args={"auth": credentials})


def refused(response: Response, status: int, code: int) -> None:
    assert isinstance(response.parsed, ErrorBody), response
    assert (response.status_code, response.parsed.code) == (HTTPStatus(status), code), response


def seen(what: str, outcome: str = "yes") -> None:
    print(f"{what}\t{outcome}")


def round_trip(api: Client) -> None:
    definition = TemplateDefinition(
        template_id=TEMPLATE,
        send_channel_strategy="sms",
        verify_code_config=CodeConfig(verify_code_type=1, verify_code_len=6, verify_code_ttl=5),
        sms_config=SmsConfig(template_type=1, template_default_config=DefaultText(contain_security=True, contain_expire=False)),
    )
    assert create_template.sync_detailed(client=api, body=definition).status_code == HTTPStatus.OK
    listed = list_templates.sync(client=api)
    assert isinstance(listed, list)
    (mine,) = (template for template in listed if template.template_id == TEMPLATE)
    assert mine.status == 2 and isinstance(mine.sms_config, SmsConfigDetails) and mine.sms_config.template_parts == 1
    details = get_template.sync(TEMPLATE, client=api)
    assert isinstance(details, TemplateDetails) and isinstance(details.sms_config, SmsConfigDetails)

    receipt = send_otp.sync(client=api, body=SendOtpRequest(to=TO, template=TemplateReference(id=TEMPLATE, language="en")))
    assert isinstance(receipt, SendReceipt) and receipt.send_channel == "sms"
    seen("send")
    wrong = verify_otp.sync(client=api, body=VerifyOtpRequest(message_id=receipt.message_id, verify_code="000000"))
    assert isinstance(wrong, VerificationResult) and wrong.verified is False
    seen("wrong code")
    request = VerifyOtpRequest(message_id=receipt.message_id, verify_code=CODE)
    right = verify_otp.sync(client=api, body=request)
    assert isinstance(right, VerificationResult) and right.verified is True
    seen("right code")
    refused(verify_otp.sync_detailed(client=api, body=request), 400, 3003)

    own = send_code.sync(client=api, body=SendCodeRequest(to=TO, code=CODE, template=TemplateReference(id=TEMPLATE)))
    assert isinstance(own, SendReceipt)
    params = TemplateParams.from_dict({"code": CODE})
    reference = MessageTemplateReference(id="sandbox-custom-tpl", params=params)
    sent = send_message.sync(client=api, body=SendMessageRequest(to=TO, template=reference))
    assert isinstance(sent, SendReceipt)
    blocked = SendOtpRequest(to=BLOCKED, template=TemplateReference(id=TEMPLATE))
    refused(send_otp.sync_detailed(client=api, body=blocked), 400, 5013)
    seen("typed error")

    assert delete_template.sync_detailed(TEMPLATE, client=api).status_code == HTTPStatus.OK
    refused(get_template.sync_detailed(TEMPLATE, client=api), 400, 4001)
    seen("templates")


def tomorrow(api: Client) -> None:
    receipt = send_otp.sync(client=api, body=SendOtpRequest(to=TO, template=TemplateReference(id=TEMPLATE)))
    assert isinstance(receipt, SendReceipt) and receipt.send_channel == "carrier-pigeon"
    listed = list_templates.sync(client=api)
    assert isinstance(listed, list) and len(listed) == 2
    assert (listed[0].status, listed[0].send_channel_strategy) == (9, "carrier-pigeon|sms")
    verify = VerifyOtpRequest(message_id=receipt.message_id, verify_code=CODE)
    refused(verify_otp.sync_detailed(client=api, body=verify), 400, 7777)
    seen("unknown values")
    try:
        send_code.sync(client=api, body=SendCodeRequest(to=TO, code=CODE, template=TemplateReference(id=TEMPLATE)))
    except KeyError:
        seen("error in a 200", "refused while decoding")
    else:
        raise AssertionError("an error was taken for a receipt")


round_trip(client(os.environ["OTP_URL"]))
tomorrow(client(os.environ["TOMORROW_URL"]))
