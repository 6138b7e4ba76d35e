import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import otp.ApiClient;
import otp.ApiException;
import otp.api.MessagesApi;
import otp.api.TemplatesApi;
import otp.api.VerificationApi;
import otp.model.CodeConfig;
import otp.model.DefaultText;
import otp.model.ErrorBody;
import otp.model.MessageTemplateReference;
import otp.model.SendCodeRequest;
import otp.model.SendMessageRequest;
import otp.model.SendOtpRequest;
import otp.model.SendReceipt;
import otp.model.SmsConfig;
import otp.model.TemplateDefinition;
import otp.model.TemplateDetails;
import otp.model.TemplateReference;
import otp.model.TemplateSummary;
import otp.model.VerificationResult;
import otp.model.VerifyOtpRequest;

/** A whole round with the generated Java client. Any step that goes wrong throws. */
public class Round {
    private static final String TEMPLATE = "java-login";
    private static final String TO = "+10000000005";
    private static final String CODE = "123456";
    private static final String BLOCKED = "+10000000011";

    public static void main(String[] arguments) throws Exception {
        roundTrip(client(System.getenv("OTP_URL")));
        tomorrow(client(System.getenv("TOMORROW_URL")));
    }

    private static ApiClient client(String url) {
        String credentials = System.getenv("OTP_KEY") + ":" + System.getenv("OTP_SECRET");
        String encoded = Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8));
        ApiClient client = new ApiClient();
        client.updateBaseUri(url);
        client.setRequestInterceptor(request -> request.header("Authorization", "Basic " + encoded));
        return client;
    }

    private static void roundTrip(ApiClient api) throws Exception {
        TemplatesApi templates = new TemplatesApi(api);
        MessagesApi messages = new MessagesApi(api);
        VerificationApi verification = new VerificationApi(api);

        // sample createTemplate
        templates.createTemplate(new TemplateDefinition()
            .templateId(TEMPLATE)
            .sendChannelStrategy("sms")
            .verifyCodeConfig(new CodeConfig().verifyCodeType(1).verifyCodeLen(6).verifyCodeTtl(5))
            .smsConfig(new SmsConfig()
                .templateType(1)
                .templateDefaultConfig(new DefaultText().containSecurity(true).containExpire(false))));
        // end
        // sample listTemplates
        List<TemplateSummary> listed = templates.listTemplates();
        // end
        check(listed.stream().anyMatch(template -> TEMPLATE.equals(template.getTemplateId())
            && template.getStatus() == 2 && template.getSmsConfig().getTemplateParts() == 1));
        // sample getTemplate
        TemplateDetails details = templates.getTemplate(TEMPLATE);
        // end
        check(details.getSmsConfig().getTemplateDefaultConfig().getContainSecurity());

        // sample sendOtp
        TemplateReference reference = new TemplateReference().id(TEMPLATE).language("en");
        SendReceipt receipt = messages.sendOtp(new SendOtpRequest().to(TO).template(reference));
        // end
        check(receipt.getSendChannel().equals("sms"));
        seen("send", "yes");
        VerifyOtpRequest wrong = new VerifyOtpRequest().messageId(receipt.getMessageId()).verifyCode("000000");
        check(!verification.verifyOtp(wrong).getVerified());
        seen("wrong code", "yes");
        // sample verifyOtp
        VerifyOtpRequest request = new VerifyOtpRequest().messageId(receipt.getMessageId()).verifyCode(CODE);
        VerificationResult result = verification.verifyOtp(request);
        // end
        check(result.getVerified());
        seen("right code", "yes");
        refused(400, 3003, () -> verification.verifyOtp(request));

        // sample sendCode
        SendReceipt own = messages.sendCode(new SendCodeRequest().to(TO).code(CODE).template(reference));
        // end
        check(own.getMessageId() != null);
        // sample sendMessage
        MessageTemplateReference custom =
            new MessageTemplateReference().id("sandbox-custom-tpl").params(Map.of("code", CODE));
        SendReceipt sent = messages.sendMessage(new SendMessageRequest().to(TO).template(custom));
        // end
        check(sent.getMessageId() != null);
        refused(400, 5013, () -> messages.sendOtp(new SendOtpRequest().to(BLOCKED).template(reference)));
        seen("typed error", "by the type of the document");

        // sample deleteTemplate
        templates.deleteTemplate(TEMPLATE);
        // end
        refused(400, 4001, () -> templates.getTemplate(TEMPLATE));
        seen("templates", "yes");
    }

    private static void tomorrow(ApiClient api) throws Exception {
        TemplateReference reference = new TemplateReference().id(TEMPLATE);
        SendReceipt receipt = new MessagesApi(api).sendOtp(new SendOtpRequest().to(TO).template(reference));
        check(receipt.getSendChannel().equals("carrier-pigeon"));
        List<TemplateSummary> listed = new TemplatesApi(api).listTemplates();
        check(listed.size() == 2 && listed.get(0).getStatus() == 9 && listed.get(1).getTemplateId().equals("模版"));
        VerifyOtpRequest verify = new VerifyOtpRequest().messageId(receipt.getMessageId()).verifyCode(CODE);
        refused(400, 7777, () -> new VerificationApi(api).verifyOtp(verify));
        seen("unknown values", "yes");
        SendReceipt error =
            new MessagesApi(api).sendCode(new SendCodeRequest().to(TO).code(CODE).template(reference));
        check(error.getMessageId() == null);
        seen("error in a 200", "a receipt without its id");
    }

    private static void seen(String what, String outcome) {
        System.out.println(what + "\t" + outcome);
    }

    private interface Step {
        void run() throws ApiException;
    }

    /** The generator does not decode error bodies for Java; the generated type does, on request. */
    private static void refused(int status, int code, Step step) throws Exception {
        try {
            step.run();
        } catch (ApiException error) {
            ErrorBody body = ApiClient.createDefaultObjectMapper().readValue(error.getResponseBody(), ErrorBody.class);
            check(error.getCode() == status && body.getCode() == code);
            return;
        }
        throw new AssertionError("was not refused with " + code);
    }

    private static void check(boolean kept) {
        if (!kept) {
            throw new AssertionError();
        }
    }
}
