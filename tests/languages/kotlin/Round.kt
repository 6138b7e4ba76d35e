// The round with Kotlin: the models are the generator's, HTTP is the JDK's. Any step that goes wrong throws.

import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpRequest.BodyPublishers
import java.net.http.HttpResponse.BodyHandlers
import java.util.Base64
import kotlinx.serialization.KSerializer
import kotlinx.serialization.SerializationException
import kotlinx.serialization.builtins.ListSerializer
import kotlinx.serialization.json.Json
import otp.models.*

const val TEMPLATE = "kotlin-login"
const val TO = "+10000000005"
const val CODE = "123456"
const val BLOCKED = "+10000000011"

val json = Json { ignoreUnknownKeys = true }

class Refused(val status: Int, val error: ErrorBody) : Exception("$status $error")

class Api(private val url: String) {
    private val client = HttpClient.newHttpClient()
    private val credentials = "${System.getenv("OTP_KEY")}:${System.getenv("OTP_SECRET")}".toByteArray()
    private val authorization = "Basic " + Base64.getEncoder().encodeToString(credentials)

    fun <A> call(method: String, path: String, answer: KSerializer<A>, body: String? = null): A {
        val publisher = body?.let(BodyPublishers::ofString) ?: BodyPublishers.noBody()
        val request = HttpRequest.newBuilder(URI.create(url + path)).header("Authorization", authorization)
            .header("Content-Type", "application/json").method(method, publisher).build()
        val response = client.send(request, BodyHandlers.ofString())
        if (response.statusCode() != 200) {
            throw Refused(response.statusCode(), json.decodeFromString(ErrorBody.serializer(), response.body()))
        }
        return json.decodeFromString(answer, response.body())
    }

    fun <R> post(path: String, request: KSerializer<R>, body: R) =
        call("POST", path, SendReceipt.serializer(), json.encodeToString(request, body))

    fun send(body: SendOtpRequest) = post("/v1/messages", SendOtpRequest.serializer(), body)

    fun verify(id: String, code: String) = call(
        "POST", "/v1/verifications", VerificationResult.serializer(),
        json.encodeToString(VerifyOtpRequest.serializer(), VerifyOtpRequest(messageId = id, verifyCode = code))
    )

    fun templates() = call("GET", "/v1/template-configs", ListSerializer(TemplateSummary.serializer()))
}

fun refused(status: Int, code: Int, step: () -> Unit) {
    try {
        step()
    } catch (refusal: Refused) {
        check(refusal.status == status && refusal.error.code == code) { "expected $code, found $refusal" }
        return
    }
    error("was not refused with $code")
}

fun seen(what: String, outcome: String = "yes") = println("$what\t$outcome")

fun roundTrip(api: Api) {
    val definition = TemplateDefinition(
        templateId = TEMPLATE,
        sendChannelStrategy = "sms",
        verifyCodeConfig = CodeConfig(verifyCodeType = 1, verifyCodeLen = 6, verifyCodeTtl = 5),
        smsConfig = SmsConfig(
            templateType = 1,
            templateDefaultConfig = DefaultText(containSecurity = true, containExpire = false)
        )
    )
    val body = json.encodeToString(TemplateDefinition.serializer(), definition)
    check(api.call("POST", "/v1/template-configs", Acknowledgement.serializer(), body).code == 0)
    val mine = api.templates().first { it.templateId == TEMPLATE }
    check(mine.status == 2 && mine.smsConfig?.templateParts == 1)
    val path = "/v1/template-configs/$TEMPLATE"
    val details = api.call("GET", path, TemplateDetails.serializer())
    check(details.smsConfig?.templateDefaultConfig?.containSecurity == true)

    val reference = TemplateReference(id = TEMPLATE, language = "en")
    val receipt = api.send(SendOtpRequest(to = TO, template = reference))
    check(receipt.sendChannel == "sms")
    seen("send")
    check(!api.verify(receipt.messageId, "000000").verified)
    seen("wrong code")
    check(api.verify(receipt.messageId, CODE).verified)
    seen("right code")
    refused(400, 3003) { api.verify(receipt.messageId, CODE) }

    api.post("/v1/codes", SendCodeRequest.serializer(), SendCodeRequest(to = TO, code = CODE, template = reference))
    val custom = MessageTemplateReference(id = "sandbox-custom-tpl", params = mapOf("code" to CODE))
    api.post("/v1/custom-messages", SendMessageRequest.serializer(), SendMessageRequest(to = TO, template = custom))
    refused(400, 5013) { api.send(SendOtpRequest(to = BLOCKED, template = reference)) }
    seen("typed error")

    check(api.call("DELETE", path, Acknowledgement.serializer()).code == 0)
    refused(400, 4001) { api.call("GET", path, TemplateDetails.serializer()) }
    seen("templates")
}

fun tomorrow(api: Api) {
    val reference = TemplateReference(id = TEMPLATE)
    val receipt = api.send(SendOtpRequest(to = TO, template = reference))
    check(receipt.sendChannel == "carrier-pigeon")
    val (first, second) = api.templates()
    check(first.status == 9 && first.sendChannelStrategy == "carrier-pigeon|sms")
    check(second.templateId == "模版")
    refused(400, 7777) { api.verify(receipt.messageId, CODE) }
    seen("unknown values")
    try {
        val body = SendCodeRequest(to = TO, code = CODE, template = reference)
        api.post("/v1/codes", SendCodeRequest.serializer(), body)
        error("an error was taken for a receipt")
    } catch (refused: SerializationException) {
        seen("error in a 200", "refused while decoding")
    }
}

fun main() {
    roundTrip(Api(System.getenv("OTP_URL")))
    tomorrow(Api(System.getenv("TOMORROW_URL")))
}
