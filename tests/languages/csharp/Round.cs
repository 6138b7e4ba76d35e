// The round with C#: the models are the generator's, HTTP is the framework's. Any step that goes wrong throws.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Text;
using Newtonsoft.Json;
using Otp.Model;

class Refused : Exception
{
    public readonly int Status;
    public readonly ErrorBody Error;

    public Refused(int status, ErrorBody error) : base(status + " " + error)
    {
        Status = status;
        Error = error;
    }
}

class Api
{
    private readonly HttpClient client = new HttpClient();
    private readonly string url;

    public Api(string url)
    {
        this.url = url;
        var credentials = Environment.GetEnvironmentVariable("OTP_KEY") + ":" + Environment.GetEnvironmentVariable("OTP_SECRET");
        var encoded = Convert.ToBase64String(Encoding.UTF8.GetBytes(credentials));
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", encoded);
    }

    public A Call<A>(string method, string path, object body = null)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), url + path);
        if (body != null)
        {
            var text = JsonConvert.SerializeObject(body, new JsonSerializerSettings { NullValueHandling = NullValueHandling.Ignore });
            request.Content = new StringContent(text, Encoding.UTF8, "application/json");
            request.Content.Headers.ContentType.CharSet = null;
        }
        var response = client.SendAsync(request).Result;
        var answer = response.Content.ReadAsStringAsync().Result;
        if (!response.IsSuccessStatusCode)
        {
            throw new Refused((int)response.StatusCode, JsonConvert.DeserializeObject<ErrorBody>(answer));
        }
        return JsonConvert.DeserializeObject<A>(answer);
    }

    public SendReceipt Send(SendOtpRequest request) => Call<SendReceipt>("POST", "/v1/messages", request);

    public VerificationResult Verify(string id, string code) =>
        Call<VerificationResult>("POST", "/v1/verifications", new VerifyOtpRequest(id, code));

    public List<TemplateSummary> Templates() => Call<List<TemplateSummary>>("GET", "/v1/template-configs");
}

static class Round
{
    const string Template = "csharp-login";
    const string To = "+10000000005";
    const string Code = "123456";
    const string Blocked = "+10000000011";

    static void Main()
    {
        RoundTrip(new Api(Environment.GetEnvironmentVariable("OTP_URL")));
        Tomorrow(new Api(Environment.GetEnvironmentVariable("TOMORROW_URL")));
    }

    static void RoundTrip(Api api)
    {
        var definition = new TemplateDefinition(
            templateId: Template,
            sendChannelStrategy: "sms",
            verifyCodeConfig: new CodeConfig(1, 6, 5),
            smsConfig: new SmsConfig(templateType: 1, templateDefaultConfig: new DefaultText(true, false)));
        Check(api.Call<Acknowledgement>("POST", "/v1/template-configs", definition).Code == 0);
        var mine = api.Templates().First(template => template.TemplateId == Template);
        Check(mine.Status == 2 && mine.SmsConfig.TemplateParts == 1);
        var path = "/v1/template-configs/" + Template;
        var details = api.Call<TemplateDetails>("GET", path);
        Check(details.SmsConfig.TemplateDefaultConfig.ContainSecurity);

        var reference = new TemplateReference(id: Template, language: "en");
        var receipt = api.Send(new SendOtpRequest(To, reference));
        Check(receipt.SendChannel == "sms");
        Seen("send");
        Check(!api.Verify(receipt.MessageId, "000000").Verified);
        Seen("wrong code");
        Check(api.Verify(receipt.MessageId, Code).Verified);
        Seen("right code");
        IsRefused(400, 3003, () => api.Verify(receipt.MessageId, Code));

        Check(api.Call<SendReceipt>("POST", "/v1/codes", new SendCodeRequest(To, Code, reference)).MessageId != null);
        var custom = new MessageTemplateReference("sandbox-custom-tpl", new Dictionary<string, string> { { "code", Code } });
        Check(api.Call<SendReceipt>("POST", "/v1/custom-messages", new SendMessageRequest(To, custom)).MessageId != null);
        IsRefused(400, 5013, () => api.Send(new SendOtpRequest(Blocked, reference)));
        Seen("typed error");

        Check(api.Call<Acknowledgement>("DELETE", path).Code == 0);
        IsRefused(400, 4001, () => api.Call<TemplateDetails>("GET", path));
        Seen("templates");
    }

    static void Tomorrow(Api api)
    {
        var reference = new TemplateReference(id: Template);
        var receipt = api.Send(new SendOtpRequest(To, reference));
        Check(receipt.SendChannel == "carrier-pigeon");
        var listed = api.Templates();
        Check(listed[0].Status == 9 && listed[0].SendChannelStrategy == "carrier-pigeon|sms");
        Check(listed[1].TemplateId == "模版");
        IsRefused(400, 7777, () => api.Verify(receipt.MessageId, Code));
        Seen("unknown values");
        try
        {
            api.Call<SendReceipt>("POST", "/v1/codes", new SendCodeRequest(To, Code, reference));
        }
        catch (JsonSerializationException)
        {
            Seen("error in a 200", "refused while decoding");
            return;
        }
        throw new Exception("an error was taken for a receipt");
    }

    static void IsRefused(int status, int code, Action step)
    {
        try
        {
            step();
        }
        catch (Refused refused)
        {
            Check(refused.Status == status && refused.Error.Code == code);
            return;
        }
        throw new Exception("was not refused with " + code);
    }

    static void Check(bool kept)
    {
        if (!kept)
        {
            throw new Exception("a check failed");
        }
    }

    static void Seen(string what, string outcome = "yes") => Console.WriteLine(what + "\t" + outcome);
}
