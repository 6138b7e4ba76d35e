# The round with the Ruby client of openapi-generator. Any step that goes wrong raises.

require "otp"

TEMPLATE, TO, CODE, BLOCKED = "ruby-login", "+10000000005", "123456", "+10000000011"

def client(url)
  configuration = Otp::Configuration.new
  configuration.scheme, configuration.host = url.split("://")
  configuration.base_path = ""
  configuration.server_index = nil
  configuration.username = ENV.fetch("OTP_KEY")
  configuration.password = ENV.fetch("OTP_SECRET")
  Otp::ApiClient.new(configuration)
end

def refused(status, code)
  yield
rescue Otp::ApiError => error
  body = Otp::ErrorBody.build_from_hash(JSON.parse(error.response_body, symbolize_names: true))
  raise "expected #{code}, found #{error.message}" unless [error.code, body.code] == [status, code]
else
  raise "was not refused with #{code}"
end

def check(kept) = kept || raise("a check failed")

def seen(what, outcome = "yes") = puts("#{what}\t#{outcome}")

def round_trip(api)
  templates = Otp::TemplatesApi.new(api)
  messages = Otp::MessagesApi.new(api)
  verification = Otp::VerificationApi.new(api)

  # sample createTemplate
  templates.create_template(
    Otp::TemplateDefinition.new(
      template_id: TEMPLATE,
      send_channel_strategy: "sms",
      verify_code_config: Otp::CodeConfig.new(verify_code_type: 1, verify_code_len: 6, verify_code_ttl: 5),
      sms_config: Otp::SmsConfig.new(
        template_type: 1,
        template_default_config: Otp::DefaultText.new(contain_security: true, contain_expire: false)
      )
    )
  )
  # end
  # sample listTemplates
  listed = templates.list_templates
  # end
  mine = listed.find { |template| template.template_id == TEMPLATE }
  check(mine.status == 2 && mine.sms_config.template_parts == 1)
  # sample getTemplate
  details = templates.get_template(TEMPLATE)
  # end
  check(details.sms_config.template_default_config.contain_security)

  # sample sendOtp
  template = Otp::TemplateReference.new(id: TEMPLATE, language: "en")
  receipt = messages.send_otp(Otp::SendOtpRequest.new(to: TO, template: template))
  # end
  check(receipt.send_channel == "sms")
  seen("send")
  wrong = Otp::VerifyOtpRequest.new(message_id: receipt.message_id, verify_code: "000000")
  check(!verification.verify_otp(wrong).verified)
  seen("wrong code")
  # sample verifyOtp
  request = Otp::VerifyOtpRequest.new(message_id: receipt.message_id, verify_code: CODE)
  result = verification.verify_otp(request)
  # end
  check(result.verified)
  seen("right code")
  refused(400, 3003) { verification.verify_otp(request) }

  # sample sendCode
  own = messages.send_code(Otp::SendCodeRequest.new(to: TO, code: CODE, template: template))
  # end
  check(own.message_id)
  # sample sendMessage
  reference = Otp::MessageTemplateReference.new(id: "sandbox-custom-tpl", params: { "code" => CODE })
  sent = messages.send_message(Otp::SendMessageRequest.new(to: TO, template: reference))
  # end
  check(sent.message_id)
  refused(400, 5013) { messages.send_otp(Otp::SendOtpRequest.new(to: BLOCKED, template: template)) }
  seen("typed error", "by the type of the document")

  # sample deleteTemplate
  templates.delete_template(TEMPLATE)
  # end
  refused(400, 4001) { templates.get_template(TEMPLATE) }
  seen("templates")
end

def tomorrow(api)
  template = Otp::TemplateReference.new(id: TEMPLATE)
  receipt = Otp::MessagesApi.new(api).send_otp(Otp::SendOtpRequest.new(to: TO, template: template))
  check(receipt.send_channel == "carrier-pigeon")
  first, second = Otp::TemplatesApi.new(api).list_templates
  check([first.status, first.send_channel_strategy] == [9, "carrier-pigeon|sms"])
  check(second.template_id == "模版")
  verify = Otp::VerifyOtpRequest.new(message_id: receipt.message_id, verify_code: CODE)
  refused(400, 7777) { Otp::VerificationApi.new(api).verify_otp(verify) }
  seen("unknown values")
  begin
    answer = Otp::MessagesApi.new(api).send_code(Otp::SendCodeRequest.new(to: TO, code: CODE, template: template))
    check(answer.message_id.nil?)
    seen("error in a 200", "a receipt without its id")
  rescue ArgumentError
    seen("error in a 200", "refused while decoding")
  end
end

round_trip(client(ENV.fetch("OTP_URL")))
tomorrow(client(ENV.fetch("TOMORROW_URL")))
