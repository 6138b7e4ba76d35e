"""A whole round with the generated Python client. Any step that goes wrong ends it with a traceback."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from engagelab_otp import (
    ApiClient, ApiException, CodeConfig, Configuration, DefaultText, MessagesApi, MessageTemplateReference, SendCodeRequest,
    SendMessageRequest, SendOtpRequest, SmsConfig, TemplateDefinition, TemplateReference, TemplatesApi, VerificationApi,
    VerifyOtpRequest,
)  # fmt: skip

TEMPLATE, TO, CODE, BLOCKED = "python-login", "+10000000005", "123456", "+10000000011"


def client(url: str) -> ApiClient:
    return ApiClient(Configuration(host=url, username=os.environ["OTP_KEY"], password=os.environ["OTP_SECRET"]))


@contextmanager
def refused(status: int, code: int) -> Iterator[None]:
    try:
        yield
    except ApiException as error:
        assert error.data and (error.status, error.data.code) == (status, code), error
    else:
        raise AssertionError(f"was not refused with {code}")


def round_trip(api: ApiClient) -> None:
    templates, messages, verification = TemplatesApi(api), MessagesApi(api), VerificationApi(api)

    templates.create_template(
        TemplateDefinition(
            template_id=TEMPLATE,
            send_channel_strategy="sms",
            verify_code_config=CodeConfig(verify_code_type=1, verify_code_len=6, verify_code_ttl=5),
            sms_config=SmsConfig(template_type=1, template_default_config=DefaultText(contain_security=True, contain_expire=False)),
        )
    )
    assert any(template.template_id == TEMPLATE and template.status == 2 for template in templates.list_templates())
    sms = templates.get_template(TEMPLATE).sms_config
    assert sms and sms.template_default_config and sms.template_default_config.contain_security is True

    receipt = messages.send_otp(SendOtpRequest(to=TO, template=TemplateReference(id=TEMPLATE, language="en")))
    assert receipt.send_channel == "sms"
    wrong = VerifyOtpRequest(message_id=receipt.message_id, verify_code="000000")
    right = VerifyOtpRequest(message_id=receipt.message_id, verify_code=CODE)
    assert verification.verify_otp(wrong).verified is False
    assert verification.verify_otp(right).verified is True
    with refused(400, 3003):
        verification.verify_otp(right)

    assert messages.send_code(SendCodeRequest(to=TO, code=CODE, template=TemplateReference(id=TEMPLATE))).message_id
    own = MessageTemplateReference(id="sandbox-custom-tpl", params={"code": CODE})
    assert messages.send_message(SendMessageRequest(to=TO, template=own)).message_id
    with refused(400, 5013):
        messages.send_otp(SendOtpRequest(to=BLOCKED, template=TemplateReference(id=TEMPLATE)))

    templates.delete_template(TEMPLATE)
    with refused(400, 4001):
        templates.get_template(TEMPLATE)


def tomorrow(api: ApiClient) -> None:
    receipt = MessagesApi(api).send_otp(SendOtpRequest(to=TO, template=TemplateReference(id=TEMPLATE)))
    assert receipt.send_channel == "carrier-pigeon"
    (template,) = TemplatesApi(api).list_templates()
    assert (template.status, template.send_channel_strategy) == (9, "carrier-pigeon|sms")
    with refused(400, 7777):
        VerificationApi(api).verify_otp(VerifyOtpRequest(message_id=receipt.message_id, verify_code=CODE))


round_trip(client(os.environ["OTP_URL"]))
tomorrow(client(os.environ["TOMORROW_URL"]))
print("python: done")
