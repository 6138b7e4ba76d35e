// A whole round with the generated Go client. Any step that goes wrong ends it with a status of 1.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"

	otp "engagelab.example/otp"
)

const (
	template = "go-login"
	to       = "+10000000005"
	code     = "123456"
	blocked  = "+10000000011"
)

func client(url string) *otp.APIClient {
	configuration := otp.NewConfiguration()
	configuration.Servers = otp.ServerConfigurations{{URL: url}}
	return otp.NewAPIClient(configuration)
}

func roundTrip(ctx context.Context, api *otp.APIClient) {
	// sample createTemplate
	text := otp.NewSmsConfig(1)
	text.SetTemplateDefaultConfig(*otp.NewDefaultText(true, false))
	definition := otp.NewTemplateDefinition(template, "sms")
	definition.SetVerifyCodeConfig(*otp.NewCodeConfig(1, 6, 5))
	definition.SetSmsConfig(*text)
	_, _, err := api.TemplatesAPI.CreateTemplate(ctx).TemplateDefinition(*definition).Execute()
	// end
	must(err)

	// sample listTemplates
	listed, _, err := api.TemplatesAPI.ListTemplates(ctx).Execute()
	// end
	must(err)
	found := false
	for _, one := range listed {
		sms := one.GetSmsConfig()
		found = found || one.GetTemplateId() == template && one.GetStatus() == 2 && sms.GetTemplateParts() == 1
	}
	check(found, "the template is not listed")
	// sample getTemplate
	details, _, err := api.TemplatesAPI.GetTemplate(ctx, template).Execute()
	// end
	must(err)
	shown := details.GetSmsConfig()
	standard := shown.GetTemplateDefaultConfig()
	check(standard.GetContainSecurity(), "the details differ")

	// sample sendOtp
	reference := otp.NewTemplateReference(template)
	reference.SetLanguage("en")
	receipt, _, err := api.MessagesAPI.SendOtp(ctx).SendOtpRequest(*otp.NewSendOtpRequest(to, *reference)).Execute()
	// end
	must(err)
	check(receipt.GetSendChannel() == "sms", receipt.GetSendChannel())
	seen("send", "yes")

	verify := func(code string) (*otp.VerificationResult, *http.Response, error) {
		// sample verifyOtp
		request := otp.NewVerifyOtpRequest(receipt.MessageId, code)
		return api.VerificationAPI.VerifyOtp(ctx).VerifyOtpRequest(*request).Execute()
		// end
	}
	result, _, err := verify("000000")
	must(err)
	check(!result.Verified, "a wrong code was taken")
	seen("wrong code", "yes")
	result, _, err = verify(code)
	must(err)
	check(result.Verified, "the right code was not taken")
	seen("right code", "yes")
	_, response, err := verify(code)
	refused(response, err, 400, 3003)

	// sample sendCode
	ownCode := otp.NewSendCodeRequest(to, code, *otp.NewTemplateReference(template))
	_, _, err = api.MessagesAPI.SendCode(ctx).SendCodeRequest(*ownCode).Execute()
	// end
	must(err)
	// sample sendMessage
	own := otp.NewMessageTemplateReference("sandbox-custom-tpl")
	own.SetParams(map[string]string{"code": code})
	_, _, err = api.MessagesAPI.SendMessage(ctx).SendMessageRequest(*otp.NewSendMessageRequest(to, *own)).Execute()
	// end
	must(err)
	_, response, err = api.MessagesAPI.SendOtp(ctx).SendOtpRequest(*otp.NewSendOtpRequest(blocked, *reference)).Execute()
	refused(response, err, 400, 5013)
	seen("typed error", "yes")

	// sample deleteTemplate
	_, _, err = api.TemplatesAPI.DeleteTemplate(ctx, template).Execute()
	// end
	must(err)
	_, response, err = api.TemplatesAPI.GetTemplate(ctx, template).Execute()
	refused(response, err, 400, 4001)
	seen("templates", "yes")
}

func tomorrow(ctx context.Context, api *otp.APIClient) {
	request := otp.NewSendOtpRequest(to, *otp.NewTemplateReference(template))
	receipt, _, err := api.MessagesAPI.SendOtp(ctx).SendOtpRequest(*request).Execute()
	must(err)
	check(receipt.GetSendChannel() == "carrier-pigeon", receipt.GetSendChannel())
	listed, _, err := api.TemplatesAPI.ListTemplates(ctx).Execute()
	must(err)
	check(len(listed) == 2 && listed[0].GetStatus() == 9 && listed[1].GetTemplateId() == "模版", "an unknown status is lost")
	verify := otp.NewVerifyOtpRequest(receipt.MessageId, code)
	_, response, err := api.VerificationAPI.VerifyOtp(ctx).VerifyOtpRequest(*verify).Execute()
	refused(response, err, 400, 7777)
	seen("unknown values", "yes")
	own := otp.NewSendCodeRequest(to, code, *otp.NewTemplateReference(template))
	_, _, err = api.MessagesAPI.SendCode(ctx).SendCodeRequest(*own).Execute()
	check(err != nil, "an error was taken for a receipt")
	seen("error in a 200", "refused while decoding")
}

func seen(what string, outcome string) {
	fmt.Printf("%s\t%s\n", what, outcome)
}

func refused(response *http.Response, err error, status int, code int32) {
	var failed *otp.GenericOpenAPIError
	check(errors.As(err, &failed), fmt.Sprintf("was not refused with %d: %v", code, err))
	body, known := failed.Model().(otp.ErrorBody)
	check(known && response.StatusCode == status && body.Code == code, fmt.Sprintf("%d, %s", response.StatusCode, failed.Body()))
}

func must(err error) {
	var failed *otp.GenericOpenAPIError
	if errors.As(err, &failed) {
		check(false, fmt.Sprintf("%v: %s", err, failed.Body()))
	}
	check(err == nil, fmt.Sprint(err))
}

func check(kept bool, what string) {
	if !kept {
		panic(what)
	}
}

func main() {
	credentials := otp.BasicAuth{UserName: os.Getenv("OTP_KEY"), Password: os.Getenv("OTP_SECRET")}
	ctx := context.WithValue(context.Background(), otp.ContextBasicAuth, credentials)
	roundTrip(ctx, client(os.Getenv("OTP_URL")))
	tomorrow(ctx, client(os.Getenv("TOMORROW_URL")))
}
