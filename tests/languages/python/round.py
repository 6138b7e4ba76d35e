"""The round with the Python client of openapi-generator. Any step that goes wrong ends it with a traceback."""

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


def seen(what: str, outcome: str = "yes") -> None:
    print(f"{what}\t{outcome}")


def round_trip(api: ApiClient) -> None:
    templates, messages, verification = TemplatesApi(api), MessagesApi(api), VerificationApi(api)

    # sample createTemplate
    templates.create_template(
        TemplateDefinition(
            template_id=TEMPLATE,
            send_channel_strategy="sms",
            verify_code_config=CodeConfig(verify_code_type=1, verify_code_len=6, verify_code_ttl=5),
            sms_config=SmsConfig(template_type=1, template_default_config=DefaultText(contain_security=True, contain_expire=False)),
        )
    )
    # end
    # sample listTemplates
    listed = templates.list_templates()
    # end
    (mine,) = (template for template in listed if template.template_id == TEMPLATE)
    assert mine.status == 2 and mine.sms_config and mine.sms_config.template_parts == 1
    # sample getTemplate
    details = templates.get_template(TEMPLATE)
    # end
    sms = details.sms_config
    assert sms and sms.template_default_config and sms.template_default_config.contain_security is True

    # sample sendOtp
    receipt = messages.send_otp(SendOtpRequest(to=TO, template=TemplateReference(id=TEMPLATE, language="en")))
    # end
    assert receipt.send_channel == "sms"
    seen("send")
    wrong = VerifyOtpRequest(message_id=receipt.message_id, verify_code="000000")
    assert verification.verify_otp(wrong).verified is False
    seen("wrong code")
    # sample verifyOtp
    request = VerifyOtpRequest(message_id=receipt.message_id, verify_code=CODE)
    result = verification.verify_otp(request)
    # end
    assert result.verified is True
    seen("right code")
    with refused(400, 3003):
        verification.verify_otp(request)

    # sample sendCode
    own = messages.send_code(SendCodeRequest(to=TO, code=CODE, template=TemplateReference(id=TEMPLATE)))
    # end
    assert own.message_id
    # sample sendMessage
    template = MessageTemplateReference(id="sandbox-custom-tpl", params={"code": CODE})
    sent = messages.send_message(SendMessageRequest(to=TO, template=template))
    # end
    assert sent.message_id
    with refused(400, 5013):
        messages.send_otp(SendOtpRequest(to=BLOCKED, template=TemplateReference(id=TEMPLATE)))
    seen("typed error")

    # sample deleteTemplate
    templates.delete_template(TEMPLATE)
    # end
    with refused(400, 4001):
        templates.get_template(TEMPLATE)
    seen("templates")


def tomorrow(api: ApiClient) -> None:
    receipt = MessagesApi(api).send_otp(SendOtpRequest(to=TO, template=TemplateReference(id=TEMPLATE)))
    assert receipt.send_channel == "carrier-pigeon"
    first, second = TemplatesApi(api).list_templates()
    assert (first.status, first.send_channel_strategy) == (9, "carrier-pigeon|sms")
    assert second.template_id == "模版"
    with refused(400, 7777):
        VerificationApi(api).verify_otp(VerifyOtpRequest(message_id=receipt.message_id, verify_code=CODE))
    seen("unknown values")
    try:
        MessagesApi(api).send_code(SendCodeRequest(to=TO, code=CODE, template=TemplateReference(id=TEMPLATE)))
    except ValueError:
        seen("error in a 200", "refused while decoding")
    else:
        raise AssertionError("an error was taken for a receipt")


round_trip(client(os.environ["OTP_URL"]))
tomorrow(client(os.environ["TOMORROW_URL"]))
