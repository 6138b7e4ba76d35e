// Generated from openapi/otp.yaml by build.rs. Do not edit: change the document, then refresh the snapshot
// with `UPDATE_SNAPSHOT=1 cargo test --features full snapshot`.

/// A login to the console, a failed one, or a logout.
#[non_exhaustive]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, Default, PartialEq)]
pub struct AccountLogin {
    /// What happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<LoginAction>,
    /// Why a login failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fail_reason: Option<String>,
}
/// A success without data. A `code` other than 0 would be an error, even with status 200.
#[non_exhaustive]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, PartialEq)]
pub struct Acknowledgement {
    /// 0 when it was done.
    pub code: i64,
    /// The word `success`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: super::Extra,
}
/// The API was called.
#[non_exhaustive]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, Default, PartialEq)]
pub struct ApiCall {
    /// The path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_path: Option<String>,
    /// The HTTP method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
}
/// What the message cost on this channel.
#[non_exhaustive]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, Default, PartialEq)]
pub struct Billing {
    /// The amount.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<f64>,
    /// The currency's ISO 4217 code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}
/// A batch of events; the address check is one without fields.
#[non_exhaustive]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, Default, PartialEq)]
pub struct CallbackPayload {
    /// The events, in no promised order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<Vec<CallbackRow>>,
    /// How many rows there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<i64>,
}
/// One event. Which kind it is shows in the one of `status`, `notification`, `response` and
/// `system_event` that it has.
#[non_exhaustive]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, Default, PartialEq)]
pub struct CallbackRow {
    /// The account's business id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub business_id: Option<String>,
    /// The channel that a message is sent by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// What was attached to the message. No request that this document describes attaches anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_args: Option<super::Extra>,
    /// When the event was made, in seconds since 1970-01-01 UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub itime: Option<i64>,
    /// The message's id: a decimal number written as text. It does not fit the numbers of JavaScript, so
    /// never convert it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<MessageId>,
    /// Something that the account's owner should know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notification: Option<NotificationEvent>,
    /// A user wrote back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<ResponseEvent>,
    /// The part of the service that reports the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// What became of a message on one channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<StatusEvent>,
    /// An action in the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_event: Option<SystemEvent>,
    /// A phone number or e-mail address, as the service reports it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<ReportedAddress>,
}
/// The channels to try, in this order, joined by `|`, each of them once. `email` cannot be combined
/// with other channels.
#[derive(
    serde::Deserialize,
    serde::Serialize,
    Clone,
    Debug,
    Eq,
    Hash,
    Ord,
    PartialEq,
    PartialOrd
)]
#[serde(transparent)]
pub struct ChannelStrategy(pub String);
impl std::ops::Deref for ChannelStrategy {
    type Target = String;
    fn deref(&self) -> &String {
        &self.0
    }
}
impl From<ChannelStrategy> for String {
    fn from(value: ChannelStrategy) -> Self {
        value.0
    }
}
impl From<String> for ChannelStrategy {
    fn from(value: String) -> Self {
        Self(value)
    }
}
impl std::fmt::Display for ChannelStrategy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
impl std::str::FromStr for ChannelStrategy {
    type Err = std::convert::Infallible;
    fn from_str(value: &str) -> Result<Self, Self::Err> {
        Ok(Self(value.to_string()))
    }
}
/// How codes are made, and how long they are valid.
#[non_exhaustive]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, PartialEq)]
pub struct CodeConfig {
    /// How many characters a code has.
    pub verify_code_len: i64,
    /// How many minutes a code is valid. With WhatsApp in the strategy only 1, 5 and 10 are allowed.
    pub verify_code_ttl: i64,
    /// Which characters a code is made of: the sum of 1 (digits), 2 (lower-case letters) and 4
    /// (upper-case letters).
    pub verify_code_type: i64,
}
/// How codes are made, and how long they are valid.
#[non_exhaustive]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, PartialEq)]
pub struct CodeConfigDetails {
    /// How many characters a code has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify_code_len: Option<i64>,
    /// How many minutes a code is valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify_code_ttl: Option<i64>,
    /// The sum of 1 (digits), 2 (lower-case letters) and 4 (upper-case letters).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify_code_type: Option<i64>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: super::Extra,
}
/// An SMS text of your own.
#[non_exhaustive]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, PartialEq)]
pub struct CustomSmsText {
    /// The text, with variables as `{{name}}`.
    pub custom_content: String,
    /// The countries it is for, as ISO 3166 codes of two letters joined by commas; a space may follow a
    /// comma.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_country_codes: Option<String>,
    /// What an SMS text is for. An `authentication` text must contain `{{code}}`.
    pub custom_sub_type: SmsPurpose,
}
/// An SMS text of your own.
#[non_exhaustive]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, PartialEq)]
pub struct CustomSmsTextDetails {
    /// The text, with variables as `{{name}}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_content: Option<String>,
    /// The countries it is for, joined by commas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_country_codes: Option<String>,
    /// What the text is for. Purposes not known today may appear.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_sub_type: Option<String>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: super::Extra,
}
/// Which sentences the service's own text has beside the code.
#[non_exhaustive]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, PartialEq)]
pub struct DefaultText {
    /// Whether it says how long the code is valid.
    pub contain_expire: bool,
    /// Whether it warns not to share the code.
    pub contain_security: bool,
}
/// A channel that sends the service's own text.
#[non_exhaustive]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, PartialEq)]
pub struct DefaultTextConfigDetails {
    /// Which sentences the service's own text has beside the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_default_config: Option<DefaultTextDetails>,
    /// 1, the service's own text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_type: Option<i64>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: super::Extra,
}
/// Which sentences the service's own text has beside the code.
#[non_exhaustive]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, PartialEq)]
pub struct DefaultTextDetails {
    /// Whether it says how long the code is valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contain_expire: Option<bool>,
    /// Whether it warns not to share the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contain_security: Option<bool>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: super::Extra,
}
/// What is sent by e-mail.
#[non_exhaustive]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, PartialEq)]
pub struct EmailConfig {
    /// The mail, once for each language. Without it the service's own text is sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub template_custom_configs: Vec<EmailText>,
    /// A name for the mail template.
    pub template_name: String,
}
/// What is sent by e-mail.
#[non_exhaustive]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, PartialEq)]
pub struct EmailConfigDetails {
    /// The mail, once for each language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_custom_configs: Option<Vec<EmailTextDetails>>,
    /// The mail template's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_name: Option<String>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: super::Extra,
}
/// A mail in one language.
#[non_exhaustive]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, PartialEq)]
pub struct EmailText {
    /// The language of the delivered text. `default` stands for the template's own, and is what the
    /// service takes when the field is left out.
    pub language: Language,
    /// The sender's address: one plain e-mail address. Characters that are not seen, or that would make a
    /// list, a display name or a query of it, are not allowed.
    pub pre_from_mail: String,
    /// The sender's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pre_from_name: Option<String>,
    /// Values for variables that a send does not give.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub pre_param_map: std::collections::BTreeMap<String, String>,
    /// The subject line.
    pub pre_subject: String,
    /// The body, as text or HTML, with variables as `{{name}}`.
    pub template_content: String,
}
/// A mail in one language.
#[non_exhaustive]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, PartialEq)]
pub struct EmailTextDetails {
    /// The language of this mail, as in `Language`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The sender's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pre_from_mail: Option<String>,
    /// The sender's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pre_from_name: Option<String>,
    /// Values for variables that a send does not give.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pre_param_map: Option<std::collections::BTreeMap<String, String>>,
    /// The subject line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pre_subject: Option<String>,
    /// The body, as text or HTML.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_content: Option<String>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: super::Extra,
}
/// Why a request failed.
#[non_exhaustive]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, PartialEq)]
pub struct ErrorBody {
    /// Why a request failed.
    pub code: ErrorCode,
    /// What the service says about it, in English. It may repeat parts of the request, so mask codes and addresses
    /// before it is logged.
    pub message: String,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: super::Extra,
}
/// Why it failed, in words.
#[non_exhaustive]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, Default, PartialEq)]
pub struct ErrorDetail {
    /// The words. They can repeat the recipient's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<FailureText>,
}
/// An API key was made, changed or removed.
#[non_exhaustive]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, Default, PartialEq)]
pub struct KeyManagement {
    /// What was done with the key. The service writes these values with spaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<KeyAction>,
    /// The e-mail address, API key or network address of an operator of the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key: Option<OperatorIdentity>,
    /// The key's description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}
/// The message's id: a decimal number written as text. It does not fit the numbers of JavaScript, so
/// never convert it.
#[derive(
    serde::Deserialize,
    serde::Serialize,
    Clone,
    Debug,
    Eq,
    Hash,
    Ord,
    PartialEq,
    PartialOrd
)]
#[serde(transparent)]
pub struct MessageId(pub String);
impl std::ops::Deref for MessageId {
    type Target = String;
    fn deref(&self) -> &String {
        &self.0
    }
}
impl From<MessageId> for String {
    fn from(value: MessageId) -> Self {
        value.0
    }
}
impl From<String> for MessageId {
    fn from(value: String) -> Self {
        Self(value)
    }
}
impl std::fmt::Display for MessageId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
impl std::str::FromStr for MessageId {
    type Err = std::convert::Infallible;
    fn from_str(value: &str) -> Result<Self, Self::Err> {
        Ok(Self(value.to_string()))
    }
}
/// Which template to send, with which values. The language is the template's own.
#[non_exhaustive]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, PartialEq)]
pub struct MessageTemplateReference {
    /// The template's id, unique in the account. The vendor's console only makes ids of up to 30 letters,
    /// digits and underscores. Control characters are not allowed, and neither are `.` and `..`, which
    /// would not survive as a path segment.
    pub id: TemplateId,
    /// Values for the template's variables, all of them text. A variable without a value is delivered
    /// literally, as `{{name}}`. The service itself fills `brand_name`, `ttl` and `pwa_url`; `from_id`
    /// given here replaces the template's own sender.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub params: Option<TemplateParams>,
}
/// What the notification reports. `insufficient_balance` has `remain_balance`, `balance_threshold` and
/// perhaps `currency`; `insufficient_verification_rate` has `rate` and `threshold`;
/// `template_audit_result` has `template_id`, `status` and `reason`. Other notifications have other
/// fields.
#[non_exhaustive]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, PartialEq)]
pub struct NotificationData {
    /// The balance below which this notification is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub balance_threshold: Option<f64>,
    /// The account's business id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub business_id: Option<String>,
    /// The currency of both amounts, as its ISO 4217 code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// The share of sent codes that were verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
    /// Why the template was rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The remaining balance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remain_balance: Option<f64>,
    /// How far the review is: 1 pending, 2 approved, 3 rejected. Only approved templates send.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<TemplateStatus>,
    /// The id of the template that was reviewed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_id: Option<String>,
    /// The share below which this notification is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: super::Extra,
}
/// Something that the account's owner should know.
#[non_exhaustive]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, Default, PartialEq)]
pub struct NotificationEvent {
    /// What the notification is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<NotificationKind>,
    /// What the notification reports. `insufficient_balance` has `remain_balance`, `balance_threshold` and
    /// perhaps `currency`; `insufficient_verification_rate` has `rate` and `threshold`;
    /// `template_audit_result` has `template_id`, `status` and `reason`. Other notifications have other
    /// fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notification_data: Option<NotificationData>,
}
/// Who did it.
#[non_exhaustive]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, Default, PartialEq)]
pub struct Operator {
    /// The e-mail address, API key or network address of an operator of the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key: Option<OperatorIdentity>,
    /// The e-mail address, API key or network address of an operator of the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<OperatorIdentity>,
    /// The e-mail address, API key or network address of an operator of the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip: Option<OperatorIdentity>,
    /// The e-mail address, API key or network address of an operator of the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_address: Option<OperatorIdentity>,
}
/// A progressive web app whose address the text can carry as `{{pwa_url}}`.
#[non_exhaustive]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, Default, PartialEq)]
pub struct PwaConfig {
    /// The app's code on that platform.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pwa_code: Option<String>,
    /// The platform that the app runs on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pwa_platform: Option<String>,
}
/// A progressive web app whose address the text can carry as `{{pwa_url}}`.
#[non_exhaustive]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, PartialEq)]
pub struct PwaConfigDetails {
    /// The app's code on that platform.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pwa_code: Option<String>,
    /// The platform that the app runs on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pwa_platform: Option<String>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: super::Extra,
}
/// A user wrote back.
#[non_exhaustive]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, Default, PartialEq)]
pub struct ResponseEvent {
    /// What kind of answer it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<ResponseKind>,
    /// What the user wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_data: Option<UplinkMessage>,
}
/// A recipient, your own code, and the template to send it with.
#[non_exhaustive]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, PartialEq)]
pub struct SendCodeRequest {
    /// A one-time password. Codes that the service generates have 4 to 10 digits or letters, as the
    /// template says. Of the caller's own codes the service documents no limit; control characters are
    /// excluded here.
    pub code: VerificationCode,
    /// Which template to send, in which language, with which values.
    pub template: TemplateReference,
    /// Who gets the message: a phone number in international form (`+`, country code, number; 7 to 15
    /// digits in all, without spaces), or one plain e-mail address. Characters that are not seen, or that
    /// would make a list, a display name or a query of it, are not allowed.
    pub to: RecipientAddress,
}
/// A recipient and the template to send.
#[non_exhaustive]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, PartialEq)]
pub struct SendMessageRequest {
    /// Which template to send, with which values. The language is the template's own.
    pub template: MessageTemplateReference,
    /// Who gets the message: a phone number in international form (`+`, country code, number; 7 to 15
    /// digits in all, without spaces), or one plain e-mail address. Characters that are not seen, or that
    /// would make a list, a display name or a query of it, are not allowed.
    pub to: RecipientAddress,
}
/// A recipient and the template to send. The service generates the code.
#[non_exhaustive]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, PartialEq)]
pub struct SendOtpRequest {
    /// Which template to send, in which language, with which values.
    pub template: TemplateReference,
    /// Who gets the message: a phone number in international form (`+`, country code, number; 7 to 15
    /// digits in all, without spaces), or one plain e-mail address. Characters that are not seen, or that
    /// would make a list, a display name or a query of it, are not allowed.
    pub to: RecipientAddress,
}
/// Confirms that the service accepted the message.
#[non_exhaustive]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, PartialEq)]
pub struct SendReceipt {
    /// The message's id: a decimal number written as text. It does not fit the numbers of JavaScript, so
    /// never convert it.
    pub message_id: MessageId,
    /// The channel that a message is sent by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send_channel: Option<Channel>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: super::Extra,
}
/// What is sent by SMS, either the service's own text or yours.
#[non_exhaustive]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, PartialEq)]
pub struct SmsConfig {
    /// An SMS text of your own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_custom_config: Option<CustomSmsText>,
    /// Which sentences the service's own text has beside the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_default_config: Option<DefaultText>,
    /// 1: the service's own text; give `template_default_config`. 2: your own text; give
    /// `template_custom_config`.
    pub template_type: i64,
}
/// What is sent by SMS.
#[non_exhaustive]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, PartialEq)]
pub struct SmsConfigDetails {
    /// An SMS text of your own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_custom_config: Option<CustomSmsTextDetails>,
    /// Which sentences the service's own text has beside the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_default_config: Option<DefaultTextDetails>,
    /// How many SMS the text needs; each is billed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_parts: Option<i64>,
    /// 1: the service's own text. 2: your own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_type: Option<i64>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: super::Extra,
}
/// What an SMS text is for. An `authentication` text must contain `{{code}}`.
#[non_exhaustive]
#[derive(
    serde::Deserialize,
    serde::Serialize,
    Clone,
    Copy,
    Debug,
    Eq,
    Hash,
    Ord,
    PartialEq,
    PartialOrd
)]
pub enum SmsPurpose {
    /// The value `authentication`.
    #[serde(rename = "authentication")]
    Authentication,
    /// The value `marketing`.
    #[serde(rename = "marketing")]
    Marketing,
    /// The value `utility`.
    #[serde(rename = "utility")]
    Utility,
}
impl std::fmt::Display for SmsPurpose {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {
            Self::Authentication => f.write_str("authentication"),
            Self::Marketing => f.write_str("marketing"),
            Self::Utility => f.write_str("utility"),
        }
    }
}
impl std::str::FromStr for SmsPurpose {
    type Err = self::error::ConversionError;
    fn from_str(value: &str) -> Result<Self, self::error::ConversionError> {
        match value {
            "authentication" => Ok(Self::Authentication),
            "marketing" => Ok(Self::Marketing),
            "utility" => Ok(Self::Utility),
            _ => Err("invalid value".into()),
        }
    }
}
impl TryFrom<&str> for SmsPurpose {
    type Error = self::error::ConversionError;
    fn try_from(value: &str) -> Result<Self, self::error::ConversionError> {
        value.parse()
    }
}
impl TryFrom<String> for SmsPurpose {
    type Error = self::error::ConversionError;
    fn try_from(value: String) -> Result<Self, self::error::ConversionError> {
        value.parse()
    }
}
/// The message that the status is about.
#[non_exhaustive]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, Default, PartialEq)]
pub struct StatusData {
    /// The account's business id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub business_id: Option<String>,
    /// The channel that a message is sent by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_send_channel: Option<Channel>,
    /// The message's id: a decimal number written as text. It does not fit the numbers of JavaScript, so
    /// never convert it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<MessageId>,
    /// When the message was sent, in seconds since 1970-01-01 UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub msg_time: Option<i64>,
    /// The template's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_key: Option<String>,
}
/// What became of a message on one channel.
#[non_exhaustive]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, Default, PartialEq)]
pub struct StatusEvent {
    /// What the message cost on this channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing: Option<Billing>,
    /// Why it failed, as in `ErrorCode`; 0 when it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<i64>,
    /// Why it failed, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_detail: Option<ErrorDetail>,
    /// How far a message has come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_status: Option<MessageStatus>,
    /// The message that the status is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_data: Option<StatusData>,
}
/// An action in the account.
#[non_exhaustive]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, Default, PartialEq)]
pub struct SystemEvent {
    /// Who did it, and the particulars under a key named like the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<SystemEventData>,
    /// What was done. The particulars stand in `data`, under a key of this name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<SystemEventKind>,
}
/// Who did it, and the particulars under a key named like the event.
#[non_exhaustive]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, PartialEq)]
pub struct SystemEventData {
    /// A login to the console, a failed one, or a logout.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_login: Option<AccountLogin>,
    /// The API was called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_call: Option<ApiCall>,
    /// The account's business id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub business_id: Option<String>,
    /// An API key was made, changed or removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_manage: Option<KeyManagement>,
    /// The particulars of `msg_history`, which the vendor does not describe.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub msg_history: Option<super::Extra>,
    /// Who did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<Operator>,
    /// The organisation's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub org_id: Option<String>,
    /// A template was made, changed or removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_manage: Option<TemplateManagement>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: super::Extra,
}
/// A template to create. Give `verify_code_config` when the template carries a code, and the
/// configuration of every channel that the strategy names.
#[non_exhaustive]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, PartialEq)]
pub struct TemplateDefinition {
    /// The brand that the text names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brand_name: Option<String>,
    /// What the template is for; only you see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What is sent by e-mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_config: Option<EmailConfig>,
    /// A progressive web app whose address the text can carry as `{{pwa_url}}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pwa_config: Option<PwaConfig>,
    /// The channels to try, in this order, joined by `|`, each of them once. `email` cannot be combined
    /// with other channels.
    pub send_channel_strategy: ChannelStrategy,
    /// What is sent by SMS, either the service's own text or yours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sms_config: Option<SmsConfig>,
    /// The template's id, unique in the account. The vendor's console only makes ids of up to 30 letters,
    /// digits and underscores. Control characters are not allowed, and neither are `.` and `..`, which
    /// would not survive as a path segment.
    pub template_id: TemplateId,
    /// How codes are made, and how long they are valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify_code_config: Option<CodeConfig>,
    /// What is said in a call. Only the service's own text exists there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voice_config: Option<VoiceConfig>,
    /// What is sent by WhatsApp. Only the service's own text exists there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub whatsapp_config: Option<WhatsappConfig>,
}
/// A template with the content of its channels.
#[non_exhaustive]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, PartialEq)]
pub struct TemplateDetails {
    /// What the reviewer said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit_remark: Option<String>,
    /// The brand that the text names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brand_name: Option<String>,
    /// When the template was made, in seconds since 1970-01-01 UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_time: Option<i64>,
    /// What the template is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What is sent by e-mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_config: Option<EmailConfigDetails>,
    /// A progressive web app whose address the text can carry as `{{pwa_url}}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pwa_config: Option<PwaConfigDetails>,
    /// The channels to try in order, joined by `|`. Channels not known today may appear.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send_channel_strategy: Option<String>,
    /// What is sent by SMS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sms_config: Option<SmsConfigDetails>,
    /// How far the review is: 1 pending, 2 approved, 3 rejected. Only approved templates send.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<TemplateStatus>,
    /// The template's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_id: Option<String>,
    /// How codes are made, and how long they are valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify_code_config: Option<CodeConfigDetails>,
    /// A channel that sends the service's own text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voice_config: Option<DefaultTextConfigDetails>,
    /// A channel that sends the service's own text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub whatsapp_config: Option<DefaultTextConfigDetails>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: super::Extra,
}
/// The template's id, unique in the account. The vendor's console only makes ids of up to 30 letters,
/// digits and underscores. Control characters are not allowed, and neither are `.` and `..`, which
/// would not survive as a path segment.
#[derive(
    serde::Deserialize,
    serde::Serialize,
    Clone,
    Debug,
    Eq,
    Hash,
    Ord,
    PartialEq,
    PartialOrd
)]
#[serde(transparent)]
pub struct TemplateId(pub String);
impl std::ops::Deref for TemplateId {
    type Target = String;
    fn deref(&self) -> &String {
        &self.0
    }
}
impl From<TemplateId> for String {
    fn from(value: TemplateId) -> Self {
        value.0
    }
}
impl From<String> for TemplateId {
    fn from(value: String) -> Self {
        Self(value)
    }
}
impl std::fmt::Display for TemplateId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
impl std::str::FromStr for TemplateId {
    type Err = std::convert::Infallible;
    fn from_str(value: &str) -> Result<Self, Self::Err> {
        Ok(Self(value.to_string()))
    }
}
/// All templates of the account, without their texts.
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, PartialEq)]
#[serde(transparent)]
pub struct TemplateList(pub Vec<TemplateSummary>);
impl std::ops::Deref for TemplateList {
    type Target = Vec<TemplateSummary>;
    fn deref(&self) -> &Vec<TemplateSummary> {
        &self.0
    }
}
impl From<TemplateList> for Vec<TemplateSummary> {
    fn from(value: TemplateList) -> Self {
        value.0
    }
}
impl From<Vec<TemplateSummary>> for TemplateList {
    fn from(value: Vec<TemplateSummary>) -> Self {
        Self(value)
    }
}
/// A template was made, changed or removed.
#[non_exhaustive]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, Default, PartialEq)]
pub struct TemplateManagement {
    /// What was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// The template's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_id: Option<String>,
    /// The template's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_name: Option<String>,
}
/// Which template to send, in which language, with which values.
#[non_exhaustive]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, PartialEq)]
pub struct TemplateReference {
    /// The template's id, unique in the account. The vendor's console only makes ids of up to 30 letters,
    /// digits and underscores. Control characters are not allowed, and neither are `.` and `..`, which
    /// would not survive as a path segment.
    pub id: TemplateId,
    /// The language of the delivered text. `default` stands for the template's own, and is what the
    /// service takes when the field is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// Values for the template's variables, all of them text. A variable without a value is delivered
    /// literally, as `{{name}}`. The service itself fills `brand_name`, `ttl` and `pwa_url`; `from_id`
    /// given here replaces the template's own sender.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub params: Option<TemplateParams>,
}
/// A template and the configuration of its channels. The texts are left out: `custom_content` and
/// `template_custom_configs` are in `TemplateDetails` only. `sms_config.template_parts` is here too.
#[non_exhaustive]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, PartialEq)]
pub struct TemplateSummary {
    /// What the reviewer said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit_remark: Option<String>,
    /// The brand that the text names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brand_name: Option<String>,
    /// When the template was made, in seconds since 1970-01-01 UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_time: Option<i64>,
    /// What the template is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What is sent by e-mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_config: Option<EmailConfigDetails>,
    /// A progressive web app whose address the text can carry as `{{pwa_url}}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pwa_config: Option<PwaConfigDetails>,
    /// The channels to try in order, joined by `|`. Channels not known today may appear.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send_channel_strategy: Option<String>,
    /// What is sent by SMS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sms_config: Option<SmsConfigDetails>,
    /// How far the review is: 1 pending, 2 approved, 3 rejected. Only approved templates send.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<TemplateStatus>,
    /// The template's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_id: Option<String>,
    /// How codes are made, and how long they are valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify_code_config: Option<CodeConfigDetails>,
    /// A channel that sends the service's own text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voice_config: Option<DefaultTextConfigDetails>,
    /// A channel that sends the service's own text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub whatsapp_config: Option<DefaultTextConfigDetails>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: super::Extra,
}
/// What the user wrote.
#[non_exhaustive]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, Default, PartialEq)]
pub struct UplinkMessage {
    /// The receiving account's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_sid: Option<String>,
    /// The text that the user wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<UplinkText>,
    /// A phone number or e-mail address, as the service reports it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<ReportedAddress>,
    /// The incoming message's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_sid: Option<String>,
    /// A phone number or e-mail address, as the service reports it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<ReportedAddress>,
}
/// Whether the code was the right one.
#[non_exhaustive]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, PartialEq)]
pub struct VerificationResult {
    /// The message's id: a decimal number written as text. It does not fit the numbers of JavaScript, so
    /// never convert it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<MessageId>,
    /// `true`: the right code, which cannot be used again. `false`: a wrong code.
    pub verified: bool,
    /// A one-time password, as the service repeats it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify_code: Option<ReportedCode>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: super::Extra,
}
/// A message and the code that its recipient typed.
#[non_exhaustive]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, PartialEq)]
pub struct VerifyOtpRequest {
    /// The `message_id` that `sendOtp` answered with.
    pub message_id: String,
    /// A one-time password. Codes that the service generates have 4 to 10 digits or letters, as the
    /// template says. Of the caller's own codes the service documents no limit; control characters are
    /// excluded here.
    pub verify_code: VerificationCode,
}
/// What is said in a call. Only the service's own text exists there.
#[non_exhaustive]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, PartialEq)]
pub struct VoiceConfig {
    /// Which sentences the service's own text has beside the code.
    pub template_default_config: DefaultText,
    /// Always 1, the service's own text.
    pub template_type: i64,
}
/// What is sent by WhatsApp. Only the service's own text exists there.
#[non_exhaustive]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, PartialEq)]
pub struct WhatsappConfig {
    /// Which sentences the service's own text has beside the code.
    pub template_default_config: DefaultText,
    /// Always 1, the service's own text.
    pub template_type: i64,
}
/// Error types.
pub mod error {
    /// Error from a `TryFrom` or `FromStr` implementation.
    pub struct ConversionError(std::borrow::Cow<'static, str>);
    impl std::error::Error for ConversionError {}
    impl std::fmt::Display for ConversionError {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> Result<(), std::fmt::Error> {
            std::fmt::Display::fmt(&self.0, f)
        }
    }
    impl std::fmt::Debug for ConversionError {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> Result<(), std::fmt::Error> {
            std::fmt::Debug::fmt(&self.0, f)
        }
    }
    impl From<&'static str> for ConversionError {
        fn from(value: &'static str) -> Self {
            Self(value.into())
        }
    }
    impl From<String> for ConversionError {
        fn from(value: String) -> Self {
            Self(value.into())
        }
    }
}
/// Who gets the message: a phone number in international form (`+`, country code, number; 7 to 15
/// digits in all, without spaces), or one plain e-mail address. Characters that are not seen, or that
/// would make a list, a display name or a query of it, are not allowed.
///
/// Its `Debug` form does not show the value.
#[derive(Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct RecipientAddress(String);
impl RecipientAddress {
    /// The value itself. Keep it out of logs.
    pub fn expose(&self) -> &String {
        &self.0
    }
}
impl From<String> for RecipientAddress {
    fn from(value: String) -> Self {
        Self(value)
    }
}
impl From<&str> for RecipientAddress {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}
impl std::fmt::Debug for RecipientAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RecipientAddress(…)")
    }
}
/// A one-time password. Codes that the service generates have 4 to 10 digits or letters, as the
/// template says. Of the caller's own codes the service documents no limit; control characters are
/// excluded here.
///
/// Its `Debug` form does not show the value.
#[derive(Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct VerificationCode(String);
impl VerificationCode {
    /// The value itself. Keep it out of logs.
    pub fn expose(&self) -> &String {
        &self.0
    }
}
impl From<String> for VerificationCode {
    fn from(value: String) -> Self {
        Self(value)
    }
}
impl From<&str> for VerificationCode {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}
impl std::fmt::Debug for VerificationCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("VerificationCode(…)")
    }
}
/// A one-time password, as the service repeats it.
///
/// Its `Debug` form does not show the value.
#[derive(Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct ReportedCode(String);
impl ReportedCode {
    /// The value itself. Keep it out of logs.
    pub fn expose(&self) -> &String {
        &self.0
    }
}
impl From<String> for ReportedCode {
    fn from(value: String) -> Self {
        Self(value)
    }
}
impl From<&str> for ReportedCode {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}
impl std::fmt::Debug for ReportedCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ReportedCode(…)")
    }
}
/// Values for the template's variables, all of them text. A variable without a value is delivered
/// literally, as `{{name}}`. The service itself fills `brand_name`, `ttl` and `pwa_url`; `from_id`
/// given here replaces the template's own sender.
///
/// Its `Debug` form does not show the value.
#[derive(Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct TemplateParams(std::collections::BTreeMap<String, String>);
impl TemplateParams {
    /// The value itself. Keep it out of logs.
    pub fn expose(&self) -> &std::collections::BTreeMap<String, String> {
        &self.0
    }
}
impl From<std::collections::BTreeMap<String, String>> for TemplateParams {
    fn from(value: std::collections::BTreeMap<String, String>) -> Self {
        Self(value)
    }
}
impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for TemplateParams {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }
}
impl std::fmt::Debug for TemplateParams {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TemplateParams(…)")
    }
}
/// The language of the delivered text. `default` stands for the template's own, and is what the
/// service takes when the field is left out.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Language {
    /// `default`
    Default,
    /// `zh_CN`
    ZhCn,
    /// `zh_HK`
    ZhHk,
    /// `en`
    En,
    /// `ja`
    Ja,
    /// `th`
    Th,
    /// `es`
    Es,
    /// A value that this version does not know.
    Other(String),
}
impl Language {
    /// The value as it travels.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Default => "default",
            Self::ZhCn => "zh_CN",
            Self::ZhHk => "zh_HK",
            Self::En => "en",
            Self::Ja => "ja",
            Self::Th => "th",
            Self::Es => "es",
            Self::Other(value) => value,
        }
    }
}
impl std::fmt::Display for Language {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
impl From<&str> for Language {
    fn from(value: &str) -> Self {
        match value {
            "default" => Self::Default,
            "zh_CN" => Self::ZhCn,
            "zh_HK" => Self::ZhHk,
            "en" => Self::En,
            "ja" => Self::Ja,
            "th" => Self::Th,
            "es" => Self::Es,
            other => Self::Other(other.to_owned()),
        }
    }
}
impl std::str::FromStr for Language {
    type Err = std::convert::Infallible;
    fn from_str(value: &str) -> Result<Self, Self::Err> {
        Ok(value.into())
    }
}
impl serde::Serialize for Language {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
impl<'de> serde::Deserialize<'de> for Language {
    fn deserialize<D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Self, D::Error> {
        deserializer.deserialize_str(super::TextVisitor::default())
    }
}
/// The channel that a message is sent by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Channel {
    /// `whatsapp`
    Whatsapp,
    /// `sms`
    Sms,
    /// `email`
    Email,
    /// `voice`
    Voice,
    /// A value that this version does not know.
    Other(String),
}
impl Channel {
    /// The value as it travels.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Whatsapp => "whatsapp",
            Self::Sms => "sms",
            Self::Email => "email",
            Self::Voice => "voice",
            Self::Other(value) => value,
        }
    }
}
impl std::fmt::Display for Channel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
impl From<&str> for Channel {
    fn from(value: &str) -> Self {
        match value {
            "whatsapp" => Self::Whatsapp,
            "sms" => Self::Sms,
            "email" => Self::Email,
            "voice" => Self::Voice,
            other => Self::Other(other.to_owned()),
        }
    }
}
impl std::str::FromStr for Channel {
    type Err = std::convert::Infallible;
    fn from_str(value: &str) -> Result<Self, Self::Err> {
        Ok(value.into())
    }
}
impl serde::Serialize for Channel {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
impl<'de> serde::Deserialize<'de> for Channel {
    fn deserialize<D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Self, D::Error> {
        deserializer.deserialize_str(super::TextVisitor::default())
    }
}
/// How far the review is: 1 pending, 2 approved, 3 rejected. Only approved templates send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum TemplateStatus {
    /// 1: pending
    Pending,
    /// 2: approved
    Approved,
    /// 3: rejected
    Rejected,
    /// A value that this version does not know.
    Other(i64),
}
impl TemplateStatus {
    /// The value as it travels.
    pub const fn value(self) -> i64 {
        match self {
            Self::Pending => 1,
            Self::Approved => 2,
            Self::Rejected => 3,
            Self::Other(value) => value,
        }
    }
    /// The value's name, or `unknown`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Other(_) => "unknown",
        }
    }
}
impl std::fmt::Display for TemplateStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.value())
    }
}
impl serde::Serialize for TemplateStatus {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.value())
    }
}
impl From<i64> for TemplateStatus {
    fn from(value: i64) -> Self {
        match value {
            1 => Self::Pending,
            2 => Self::Approved,
            3 => Self::Rejected,
            other => Self::Other(other),
        }
    }
}
impl std::str::FromStr for TemplateStatus {
    type Err = std::num::ParseIntError;
    fn from_str(value: &str) -> Result<Self, Self::Err> {
        Ok(value.parse::<i64>()?.into())
    }
}
impl<'de> serde::Deserialize<'de> for TemplateStatus {
    fn deserialize<D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Self, D::Error> {
        Ok(i64::deserialize(deserializer)?.into())
    }
}
/// Why a request failed.
///
/// | code | status | meaning |
/// |---|---|---|
/// | 1000 | 500 | the service failed; what became of the request is not known |
/// | 2001 | 401 | wrong credentials |
/// | 2002 | 401 | the key has expired or is disabled |
/// | 2004 | 403 | the key may not use this operation |
/// | 3001 | 400 | the body is not valid JSON |
/// | 3002 | 400 | a parameter does not meet the requirements |
/// | 3003 | 400 | a rule was broken; verifying: the code has expired or was verified before; creating a template: a channel has no configuration |
/// | 3004 | 400 | sent again while the previous code is still valid |
/// | 4001 | 400 | no such template or message |
/// | 5001 | 400 | sending failed |
/// | 5011 | 400 | not a valid phone number |
/// | 5012 | 400 | the destination cannot be reached |
/// | 5013 | 400 | the number is on a block list |
/// | 5014 | 400 | the content breaks regulations |
/// | 5015 | 400 | the message was intercepted |
/// | 5016 | 400 | sending failed inside the service |
/// | 5017 | 400 | no permission to send to the China region |
/// | 5018 | 400 | the handset is off or suspended |
/// | 5019 | 400 | the recipient has unsubscribed |
/// | 5020 | 400 | the number is not registered |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ErrorCode {
    /// 1000: internal
    Internal,
    /// 2001: wrong credentials
    WrongCredentials,
    /// 2002: key disabled
    KeyDisabled,
    /// 2004: not permitted
    NotPermitted,
    /// 3001: invalid json
    InvalidJson,
    /// 3002: invalid parameter
    InvalidParameter,
    /// 3003: rule broken
    RuleBroken,
    /// 3004: resent too soon
    ResentTooSoon,
    /// 4001: not found
    NotFound,
    /// 5001: send failed
    SendFailed,
    /// 5011: invalid phone number
    InvalidPhoneNumber,
    /// 5012: unreachable
    Unreachable,
    /// 5013: blocked
    Blocked,
    /// 5014: content rejected
    ContentRejected,
    /// 5015: intercepted
    Intercepted,
    /// 5016: send failed internally
    SendFailedInternally,
    /// 5017: china not permitted
    ChinaNotPermitted,
    /// 5018: handset off
    HandsetOff,
    /// 5019: unsubscribed
    Unsubscribed,
    /// 5020: not registered
    NotRegistered,
    /// A value that this version does not know.
    Other(i64),
}
impl ErrorCode {
    /// The value as it travels.
    pub const fn value(self) -> i64 {
        match self {
            Self::Internal => 1000,
            Self::WrongCredentials => 2001,
            Self::KeyDisabled => 2002,
            Self::NotPermitted => 2004,
            Self::InvalidJson => 3001,
            Self::InvalidParameter => 3002,
            Self::RuleBroken => 3003,
            Self::ResentTooSoon => 3004,
            Self::NotFound => 4001,
            Self::SendFailed => 5001,
            Self::InvalidPhoneNumber => 5011,
            Self::Unreachable => 5012,
            Self::Blocked => 5013,
            Self::ContentRejected => 5014,
            Self::Intercepted => 5015,
            Self::SendFailedInternally => 5016,
            Self::ChinaNotPermitted => 5017,
            Self::HandsetOff => 5018,
            Self::Unsubscribed => 5019,
            Self::NotRegistered => 5020,
            Self::Other(value) => value,
        }
    }
    /// The value's name, or `unknown`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::WrongCredentials => "wrong_credentials",
            Self::KeyDisabled => "key_disabled",
            Self::NotPermitted => "not_permitted",
            Self::InvalidJson => "invalid_json",
            Self::InvalidParameter => "invalid_parameter",
            Self::RuleBroken => "rule_broken",
            Self::ResentTooSoon => "resent_too_soon",
            Self::NotFound => "not_found",
            Self::SendFailed => "send_failed",
            Self::InvalidPhoneNumber => "invalid_phone_number",
            Self::Unreachable => "unreachable",
            Self::Blocked => "blocked",
            Self::ContentRejected => "content_rejected",
            Self::Intercepted => "intercepted",
            Self::SendFailedInternally => "send_failed_internally",
            Self::ChinaNotPermitted => "china_not_permitted",
            Self::HandsetOff => "handset_off",
            Self::Unsubscribed => "unsubscribed",
            Self::NotRegistered => "not_registered",
            Self::Other(_) => "unknown",
        }
    }
}
impl std::fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.value())
    }
}
impl serde::Serialize for ErrorCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.value())
    }
}
impl From<i64> for ErrorCode {
    fn from(value: i64) -> Self {
        match value {
            1000 => Self::Internal,
            2001 => Self::WrongCredentials,
            2002 => Self::KeyDisabled,
            2004 => Self::NotPermitted,
            3001 => Self::InvalidJson,
            3002 => Self::InvalidParameter,
            3003 => Self::RuleBroken,
            3004 => Self::ResentTooSoon,
            4001 => Self::NotFound,
            5001 => Self::SendFailed,
            5011 => Self::InvalidPhoneNumber,
            5012 => Self::Unreachable,
            5013 => Self::Blocked,
            5014 => Self::ContentRejected,
            5015 => Self::Intercepted,
            5016 => Self::SendFailedInternally,
            5017 => Self::ChinaNotPermitted,
            5018 => Self::HandsetOff,
            5019 => Self::Unsubscribed,
            5020 => Self::NotRegistered,
            other => Self::Other(other),
        }
    }
}
impl std::str::FromStr for ErrorCode {
    type Err = std::num::ParseIntError;
    fn from_str(value: &str) -> Result<Self, Self::Err> {
        Ok(value.parse::<i64>()?.into())
    }
}
impl<'de> serde::Deserialize<'de> for ErrorCode {
    fn deserialize<D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Self, D::Error> {
        Ok(i64::deserialize(deserializer)?.into())
    }
}
/// The classes of [`ErrorCode`]: what kind of failure a code stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ErrorCodeClass {
    /// authentication.
    Authentication,
    /// blocked.
    Blocked,
    /// business rule.
    BusinessRule,
    /// content rejected.
    ContentRejected,
    /// invalid recipient.
    InvalidRecipient,
    /// invalid request.
    InvalidRequest,
    /// not found.
    NotFound,
    /// permission.
    Permission,
    /// rate limited.
    RateLimited,
    /// send failed.
    SendFailed,
    /// transient.
    Transient,
    /// unreachable.
    Unreachable,
    /// The code is not known, and neither is its class.
    Unknown,
}
impl ErrorCode {
    /// What kind of failure this code stands for.
    pub const fn class(self) -> ErrorCodeClass {
        match self {
            Self::Internal => ErrorCodeClass::Transient,
            Self::WrongCredentials => ErrorCodeClass::Authentication,
            Self::KeyDisabled => ErrorCodeClass::Authentication,
            Self::NotPermitted => ErrorCodeClass::Permission,
            Self::InvalidJson => ErrorCodeClass::InvalidRequest,
            Self::InvalidParameter => ErrorCodeClass::InvalidRequest,
            Self::RuleBroken => ErrorCodeClass::BusinessRule,
            Self::ResentTooSoon => ErrorCodeClass::RateLimited,
            Self::NotFound => ErrorCodeClass::NotFound,
            Self::SendFailed => ErrorCodeClass::SendFailed,
            Self::InvalidPhoneNumber => ErrorCodeClass::InvalidRecipient,
            Self::Unreachable => ErrorCodeClass::Unreachable,
            Self::Blocked => ErrorCodeClass::Blocked,
            Self::ContentRejected => ErrorCodeClass::ContentRejected,
            Self::Intercepted => ErrorCodeClass::ContentRejected,
            Self::SendFailedInternally => ErrorCodeClass::SendFailed,
            Self::ChinaNotPermitted => ErrorCodeClass::Permission,
            Self::HandsetOff => ErrorCodeClass::Unreachable,
            Self::Unsubscribed => ErrorCodeClass::Blocked,
            Self::NotRegistered => ErrorCodeClass::InvalidRecipient,
            Self::Other(_) => ErrorCodeClass::Unknown,
        }
    }
}
impl ErrorCode {
    /// The HTTP status that it comes with; 400 if the value is not known.
    pub const fn http_status(self) -> u16 {
        match self {
            Self::Internal => 500,
            Self::WrongCredentials => 401,
            Self::KeyDisabled => 401,
            Self::NotPermitted => 403,
            Self::InvalidJson => 400,
            Self::InvalidParameter => 400,
            Self::RuleBroken => 400,
            Self::ResentTooSoon => 400,
            Self::NotFound => 400,
            Self::SendFailed => 400,
            Self::InvalidPhoneNumber => 400,
            Self::Unreachable => 400,
            Self::Blocked => 400,
            Self::ContentRejected => 400,
            Self::Intercepted => 400,
            Self::SendFailedInternally => 400,
            Self::ChinaNotPermitted => 400,
            Self::HandsetOff => 400,
            Self::Unsubscribed => 400,
            Self::NotRegistered => 400,
            Self::Other(_) => 400,
        }
    }
}
/// How far a message has come.
///
/// - `plan`: the service is about to send.
/// - `target_valid`, `target_invalid`: the recipient was checked.
/// - `sent`, `sent_failed` (sometimes written `sent_fail`): handed to the channel, or not.
/// - `delivered`, `delivered_failed`: arrived, or not. Failing on one channel is not the end while
///   the strategy has another one.
/// - `verified`, `verified_failed`, `verified_timeout`: the code was checked, was wrong, or was not
///   checked in time. These follow `delivered`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum MessageStatus {
    /// `plan`
    Plan,
    /// `target_valid`
    TargetValid,
    /// `target_invalid`
    TargetInvalid,
    /// `sent`
    Sent,
    /// `sent_failed`
    SentFailed,
    /// `delivered`
    Delivered,
    /// `delivered_failed`
    DeliveredFailed,
    /// `verified`
    Verified,
    /// `verified_failed`
    VerifiedFailed,
    /// `verified_timeout`
    VerifiedTimeout,
    /// A value that this version does not know.
    Other(String),
}
impl MessageStatus {
    /// The value as it travels.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Plan => "plan",
            Self::TargetValid => "target_valid",
            Self::TargetInvalid => "target_invalid",
            Self::Sent => "sent",
            Self::SentFailed => "sent_failed",
            Self::Delivered => "delivered",
            Self::DeliveredFailed => "delivered_failed",
            Self::Verified => "verified",
            Self::VerifiedFailed => "verified_failed",
            Self::VerifiedTimeout => "verified_timeout",
            Self::Other(value) => value,
        }
    }
}
impl std::fmt::Display for MessageStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
impl From<&str> for MessageStatus {
    fn from(value: &str) -> Self {
        match value {
            "plan" => Self::Plan,
            "target_valid" => Self::TargetValid,
            "target_invalid" => Self::TargetInvalid,
            "sent" => Self::Sent,
            "sent_failed" => Self::SentFailed,
            "delivered" => Self::Delivered,
            "delivered_failed" => Self::DeliveredFailed,
            "verified" => Self::Verified,
            "verified_failed" => Self::VerifiedFailed,
            "verified_timeout" => Self::VerifiedTimeout,
            other => Self::Other(other.to_owned()),
        }
    }
}
impl std::str::FromStr for MessageStatus {
    type Err = std::convert::Infallible;
    fn from_str(value: &str) -> Result<Self, Self::Err> {
        Ok(value.into())
    }
}
impl serde::Serialize for MessageStatus {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
impl<'de> serde::Deserialize<'de> for MessageStatus {
    fn deserialize<D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Self, D::Error> {
        deserializer.deserialize_str(super::TextVisitor::default())
    }
}
/// The words. They can repeat the recipient's address.
///
/// Its `Debug` form does not show the value.
#[derive(Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct FailureText(String);
impl FailureText {
    /// The value itself. Keep it out of logs.
    pub fn expose(&self) -> &String {
        &self.0
    }
}
impl From<String> for FailureText {
    fn from(value: String) -> Self {
        Self(value)
    }
}
impl From<&str> for FailureText {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}
impl std::fmt::Debug for FailureText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FailureText(…)")
    }
}
/// What the notification is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum NotificationKind {
    /// `insufficient_balance`
    InsufficientBalance,
    /// `insufficient_verification_rate`
    InsufficientVerificationRate,
    /// `template_audit_result`
    TemplateAuditResult,
    /// A value that this version does not know.
    Other(String),
}
impl NotificationKind {
    /// The value as it travels.
    pub fn as_str(&self) -> &str {
        match self {
            Self::InsufficientBalance => "insufficient_balance",
            Self::InsufficientVerificationRate => "insufficient_verification_rate",
            Self::TemplateAuditResult => "template_audit_result",
            Self::Other(value) => value,
        }
    }
}
impl std::fmt::Display for NotificationKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
impl From<&str> for NotificationKind {
    fn from(value: &str) -> Self {
        match value {
            "insufficient_balance" => Self::InsufficientBalance,
            "insufficient_verification_rate" => Self::InsufficientVerificationRate,
            "template_audit_result" => Self::TemplateAuditResult,
            other => Self::Other(other.to_owned()),
        }
    }
}
impl std::str::FromStr for NotificationKind {
    type Err = std::convert::Infallible;
    fn from_str(value: &str) -> Result<Self, Self::Err> {
        Ok(value.into())
    }
}
impl serde::Serialize for NotificationKind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
impl<'de> serde::Deserialize<'de> for NotificationKind {
    fn deserialize<D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Self, D::Error> {
        deserializer.deserialize_str(super::TextVisitor::default())
    }
}
/// What kind of answer it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ResponseKind {
    /// `uplink_message`
    UplinkMessage,
    /// A value that this version does not know.
    Other(String),
}
impl ResponseKind {
    /// The value as it travels.
    pub fn as_str(&self) -> &str {
        match self {
            Self::UplinkMessage => "uplink_message",
            Self::Other(value) => value,
        }
    }
}
impl std::fmt::Display for ResponseKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
impl From<&str> for ResponseKind {
    fn from(value: &str) -> Self {
        match value {
            "uplink_message" => Self::UplinkMessage,
            other => Self::Other(other.to_owned()),
        }
    }
}
impl std::str::FromStr for ResponseKind {
    type Err = std::convert::Infallible;
    fn from_str(value: &str) -> Result<Self, Self::Err> {
        Ok(value.into())
    }
}
impl serde::Serialize for ResponseKind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
impl<'de> serde::Deserialize<'de> for ResponseKind {
    fn deserialize<D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Self, D::Error> {
        deserializer.deserialize_str(super::TextVisitor::default())
    }
}
/// A phone number or e-mail address, as the service reports it.
///
/// Its `Debug` form does not show the value.
#[derive(Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct ReportedAddress(String);
impl ReportedAddress {
    /// The value itself. Keep it out of logs.
    pub fn expose(&self) -> &String {
        &self.0
    }
}
impl From<String> for ReportedAddress {
    fn from(value: String) -> Self {
        Self(value)
    }
}
impl From<&str> for ReportedAddress {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}
impl std::fmt::Debug for ReportedAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ReportedAddress(…)")
    }
}
/// The text that the user wrote.
///
/// Its `Debug` form does not show the value.
#[derive(Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct UplinkText(String);
impl UplinkText {
    /// The value itself. Keep it out of logs.
    pub fn expose(&self) -> &String {
        &self.0
    }
}
impl From<String> for UplinkText {
    fn from(value: String) -> Self {
        Self(value)
    }
}
impl From<&str> for UplinkText {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}
impl std::fmt::Debug for UplinkText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("UplinkText(…)")
    }
}
/// What was done. The particulars stand in `data`, under a key of this name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum SystemEventKind {
    /// `account_login`
    AccountLogin,
    /// `key_manage`
    KeyManage,
    /// `template_manage`
    TemplateManage,
    /// `api_call`
    ApiCall,
    /// `msg_history`
    MsgHistory,
    /// A value that this version does not know.
    Other(String),
}
impl SystemEventKind {
    /// The value as it travels.
    pub fn as_str(&self) -> &str {
        match self {
            Self::AccountLogin => "account_login",
            Self::KeyManage => "key_manage",
            Self::TemplateManage => "template_manage",
            Self::ApiCall => "api_call",
            Self::MsgHistory => "msg_history",
            Self::Other(value) => value,
        }
    }
}
impl std::fmt::Display for SystemEventKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
impl From<&str> for SystemEventKind {
    fn from(value: &str) -> Self {
        match value {
            "account_login" => Self::AccountLogin,
            "key_manage" => Self::KeyManage,
            "template_manage" => Self::TemplateManage,
            "api_call" => Self::ApiCall,
            "msg_history" => Self::MsgHistory,
            other => Self::Other(other.to_owned()),
        }
    }
}
impl std::str::FromStr for SystemEventKind {
    type Err = std::convert::Infallible;
    fn from_str(value: &str) -> Result<Self, Self::Err> {
        Ok(value.into())
    }
}
impl serde::Serialize for SystemEventKind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
impl<'de> serde::Deserialize<'de> for SystemEventKind {
    fn deserialize<D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Self, D::Error> {
        deserializer.deserialize_str(super::TextVisitor::default())
    }
}
/// The e-mail address, API key or network address of an operator of the account.
///
/// Its `Debug` form does not show the value.
#[derive(Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct OperatorIdentity(String);
impl OperatorIdentity {
    /// The value itself. Keep it out of logs.
    pub fn expose(&self) -> &String {
        &self.0
    }
}
impl From<String> for OperatorIdentity {
    fn from(value: String) -> Self {
        Self(value)
    }
}
impl From<&str> for OperatorIdentity {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}
impl std::fmt::Debug for OperatorIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OperatorIdentity(…)")
    }
}
/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum LoginAction {
    /// `login_success`
    LoginSuccess,
    /// `login_failed`
    LoginFailed,
    /// `logout`
    Logout,
    /// A value that this version does not know.
    Other(String),
}
impl LoginAction {
    /// The value as it travels.
    pub fn as_str(&self) -> &str {
        match self {
            Self::LoginSuccess => "login_success",
            Self::LoginFailed => "login_failed",
            Self::Logout => "logout",
            Self::Other(value) => value,
        }
    }
}
impl std::fmt::Display for LoginAction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
impl From<&str> for LoginAction {
    fn from(value: &str) -> Self {
        match value {
            "login_success" => Self::LoginSuccess,
            "login_failed" => Self::LoginFailed,
            "logout" => Self::Logout,
            other => Self::Other(other.to_owned()),
        }
    }
}
impl std::str::FromStr for LoginAction {
    type Err = std::convert::Infallible;
    fn from_str(value: &str) -> Result<Self, Self::Err> {
        Ok(value.into())
    }
}
impl serde::Serialize for LoginAction {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
impl<'de> serde::Deserialize<'de> for LoginAction {
    fn deserialize<D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Self, D::Error> {
        deserializer.deserialize_str(super::TextVisitor::default())
    }
}
/// What was done with the key. The service writes these values with spaces.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum KeyAction {
    /// `create api_key`
    CreateApiKey,
    /// `update api_key`
    UpdateApiKey,
    /// `delete api_key`
    DeleteApiKey,
    /// `view api_secret`
    ViewApiSecret,
    /// `create`
    Create,
    /// A value that this version does not know.
    Other(String),
}
impl KeyAction {
    /// The value as it travels.
    pub fn as_str(&self) -> &str {
        match self {
            Self::CreateApiKey => "create api_key",
            Self::UpdateApiKey => "update api_key",
            Self::DeleteApiKey => "delete api_key",
            Self::ViewApiSecret => "view api_secret",
            Self::Create => "create",
            Self::Other(value) => value,
        }
    }
}
impl std::fmt::Display for KeyAction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
impl From<&str> for KeyAction {
    fn from(value: &str) -> Self {
        match value {
            "create api_key" => Self::CreateApiKey,
            "update api_key" => Self::UpdateApiKey,
            "delete api_key" => Self::DeleteApiKey,
            "view api_secret" => Self::ViewApiSecret,
            "create" => Self::Create,
            other => Self::Other(other.to_owned()),
        }
    }
}
impl std::str::FromStr for KeyAction {
    type Err = std::convert::Infallible;
    fn from_str(value: &str) -> Result<Self, Self::Err> {
        Ok(value.into())
    }
}
impl serde::Serialize for KeyAction {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
impl<'de> serde::Deserialize<'de> for KeyAction {
    fn deserialize<D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Self, D::Error> {
        deserializer.deserialize_str(super::TextVisitor::default())
    }
}
/// The fields of requests that hold codes, addresses or what users wrote.
pub(crate) const SENSITIVE_FIELDS: &[&str] = &["code", "params", "to", "verify_code"];
impl SendOtpRequest {
    /// With the required fields; the others have setters.
    #[must_use]
    pub fn new(
        to: impl Into<RecipientAddress>,
        template: impl Into<TemplateReference>,
    ) -> Self {
        Self {
            to: to.into(),
            template: template.into(),
        }
    }
}
impl SendCodeRequest {
    /// With the required fields; the others have setters.
    #[must_use]
    pub fn new(
        to: impl Into<RecipientAddress>,
        code: impl Into<VerificationCode>,
        template: impl Into<TemplateReference>,
    ) -> Self {
        Self {
            to: to.into(),
            code: code.into(),
            template: template.into(),
        }
    }
}
impl SendMessageRequest {
    /// With the required fields; the others have setters.
    #[must_use]
    pub fn new(
        to: impl Into<RecipientAddress>,
        template: impl Into<MessageTemplateReference>,
    ) -> Self {
        Self {
            to: to.into(),
            template: template.into(),
        }
    }
}
impl TemplateReference {
    /// With the required fields; the others have setters.
    #[must_use]
    pub fn new(id: impl Into<TemplateId>) -> Self {
        Self {
            id: id.into(),
            language: Default::default(),
            params: Default::default(),
        }
    }
    /// Sets `language`.
    #[must_use]
    pub fn language(mut self, value: impl Into<Language>) -> Self {
        self.language = Some(value.into());
        self
    }
    /// Sets `params`.
    #[must_use]
    pub fn params(mut self, value: impl Into<TemplateParams>) -> Self {
        self.params = Some(value.into());
        self
    }
}
impl MessageTemplateReference {
    /// With the required fields; the others have setters.
    #[must_use]
    pub fn new(id: impl Into<TemplateId>) -> Self {
        Self {
            id: id.into(),
            params: Default::default(),
        }
    }
    /// Sets `params`.
    #[must_use]
    pub fn params(mut self, value: impl Into<TemplateParams>) -> Self {
        self.params = Some(value.into());
        self
    }
}
impl SendReceipt {
    /// With the required fields; the others have setters.
    #[must_use]
    pub fn new(message_id: impl Into<MessageId>) -> Self {
        Self {
            message_id: message_id.into(),
            send_channel: Default::default(),
            extra: Default::default(),
        }
    }
    /// Sets `send_channel`.
    #[must_use]
    pub fn send_channel(mut self, value: impl Into<Channel>) -> Self {
        self.send_channel = Some(value.into());
        self
    }
}
impl VerifyOtpRequest {
    /// With the required fields; the others have setters.
    #[must_use]
    pub fn new(
        message_id: impl Into<String>,
        verify_code: impl Into<VerificationCode>,
    ) -> Self {
        Self {
            message_id: message_id.into(),
            verify_code: verify_code.into(),
        }
    }
}
impl VerificationResult {
    /// With the required fields; the others have setters.
    #[must_use]
    pub fn new(verified: impl Into<bool>) -> Self {
        Self {
            verified: verified.into(),
            message_id: Default::default(),
            verify_code: Default::default(),
            extra: Default::default(),
        }
    }
    /// Sets `message_id`.
    #[must_use]
    pub fn message_id(mut self, value: impl Into<MessageId>) -> Self {
        self.message_id = Some(value.into());
        self
    }
    /// Sets `verify_code`.
    #[must_use]
    pub fn verify_code(mut self, value: impl Into<ReportedCode>) -> Self {
        self.verify_code = Some(value.into());
        self
    }
}
impl TemplateDefinition {
    /// With the required fields; the others have setters.
    #[must_use]
    pub fn new(
        template_id: impl Into<TemplateId>,
        send_channel_strategy: impl Into<ChannelStrategy>,
    ) -> Self {
        Self {
            template_id: template_id.into(),
            send_channel_strategy: send_channel_strategy.into(),
            brand_name: Default::default(),
            description: Default::default(),
            email_config: Default::default(),
            pwa_config: Default::default(),
            sms_config: Default::default(),
            verify_code_config: Default::default(),
            voice_config: Default::default(),
            whatsapp_config: Default::default(),
        }
    }
    /// The brand that the text names.
    #[must_use]
    pub fn brand_name(mut self, value: impl Into<String>) -> Self {
        self.brand_name = Some(value.into());
        self
    }
    /// What the template is for; only you see it.
    #[must_use]
    pub fn description(mut self, value: impl Into<String>) -> Self {
        self.description = Some(value.into());
        self
    }
    /// Sets `email_config`.
    #[must_use]
    pub fn email_config(mut self, value: impl Into<EmailConfig>) -> Self {
        self.email_config = Some(value.into());
        self
    }
    /// Sets `pwa_config`.
    #[must_use]
    pub fn pwa_config(mut self, value: impl Into<PwaConfig>) -> Self {
        self.pwa_config = Some(value.into());
        self
    }
    /// Sets `sms_config`.
    #[must_use]
    pub fn sms_config(mut self, value: impl Into<SmsConfig>) -> Self {
        self.sms_config = Some(value.into());
        self
    }
    /// Sets `verify_code_config`.
    #[must_use]
    pub fn verify_code_config(mut self, value: impl Into<CodeConfig>) -> Self {
        self.verify_code_config = Some(value.into());
        self
    }
    /// Sets `voice_config`.
    #[must_use]
    pub fn voice_config(mut self, value: impl Into<VoiceConfig>) -> Self {
        self.voice_config = Some(value.into());
        self
    }
    /// Sets `whatsapp_config`.
    #[must_use]
    pub fn whatsapp_config(mut self, value: impl Into<WhatsappConfig>) -> Self {
        self.whatsapp_config = Some(value.into());
        self
    }
}
impl CodeConfig {
    /// With the required fields; the others have setters.
    #[must_use]
    pub fn new(
        verify_code_type: impl Into<i64>,
        verify_code_len: impl Into<i64>,
        verify_code_ttl: impl Into<i64>,
    ) -> Self {
        Self {
            verify_code_type: verify_code_type.into(),
            verify_code_len: verify_code_len.into(),
            verify_code_ttl: verify_code_ttl.into(),
        }
    }
}
impl WhatsappConfig {
    /// With the required fields; the others have setters.
    #[must_use]
    pub fn new(
        template_type: impl Into<i64>,
        template_default_config: impl Into<DefaultText>,
    ) -> Self {
        Self {
            template_type: template_type.into(),
            template_default_config: template_default_config.into(),
        }
    }
}
impl VoiceConfig {
    /// With the required fields; the others have setters.
    #[must_use]
    pub fn new(
        template_type: impl Into<i64>,
        template_default_config: impl Into<DefaultText>,
    ) -> Self {
        Self {
            template_type: template_type.into(),
            template_default_config: template_default_config.into(),
        }
    }
}
impl SmsConfig {
    /// With the required fields; the others have setters.
    #[must_use]
    pub fn new(template_type: impl Into<i64>) -> Self {
        Self {
            template_type: template_type.into(),
            template_custom_config: Default::default(),
            template_default_config: Default::default(),
        }
    }
    /// Sets `template_custom_config`.
    #[must_use]
    pub fn template_custom_config(mut self, value: impl Into<CustomSmsText>) -> Self {
        self.template_custom_config = Some(value.into());
        self
    }
    /// Sets `template_default_config`.
    #[must_use]
    pub fn template_default_config(mut self, value: impl Into<DefaultText>) -> Self {
        self.template_default_config = Some(value.into());
        self
    }
}
impl DefaultText {
    /// With the required fields; the others have setters.
    #[must_use]
    pub fn new(
        contain_security: impl Into<bool>,
        contain_expire: impl Into<bool>,
    ) -> Self {
        Self {
            contain_security: contain_security.into(),
            contain_expire: contain_expire.into(),
        }
    }
}
impl CustomSmsText {
    /// With the required fields; the others have setters.
    #[must_use]
    pub fn new(
        custom_sub_type: impl Into<SmsPurpose>,
        custom_content: impl Into<String>,
    ) -> Self {
        Self {
            custom_sub_type: custom_sub_type.into(),
            custom_content: custom_content.into(),
            custom_country_codes: Default::default(),
        }
    }
    /// The countries it is for, as ISO 3166 codes of two letters joined by commas; a space may follow a
    /// comma.
    #[must_use]
    pub fn custom_country_codes(mut self, value: impl Into<String>) -> Self {
        self.custom_country_codes = Some(value.into());
        self
    }
}
impl EmailConfig {
    /// With the required fields; the others have setters.
    #[must_use]
    pub fn new(template_name: impl Into<String>) -> Self {
        Self {
            template_name: template_name.into(),
            template_custom_configs: Default::default(),
        }
    }
    /// The mail, once for each language. Without it the service's own text is sent.
    #[must_use]
    pub fn template_custom_configs(mut self, value: impl Into<Vec<EmailText>>) -> Self {
        self.template_custom_configs = value.into();
        self
    }
}
impl EmailText {
    /// With the required fields; the others have setters.
    #[must_use]
    pub fn new(
        language: impl Into<Language>,
        pre_from_mail: impl Into<String>,
        pre_subject: impl Into<String>,
        template_content: impl Into<String>,
    ) -> Self {
        Self {
            language: language.into(),
            pre_from_mail: pre_from_mail.into(),
            pre_subject: pre_subject.into(),
            template_content: template_content.into(),
            pre_from_name: Default::default(),
            pre_param_map: Default::default(),
        }
    }
    /// The sender's name.
    #[must_use]
    pub fn pre_from_name(mut self, value: impl Into<String>) -> Self {
        self.pre_from_name = Some(value.into());
        self
    }
    /// Values for variables that a send does not give.
    #[must_use]
    pub fn pre_param_map(
        mut self,
        value: impl Into<std::collections::BTreeMap<String, String>>,
    ) -> Self {
        self.pre_param_map = value.into();
        self
    }
}
impl PwaConfig {
    /// With the required fields; the others have setters.
    #[must_use]
    pub fn new() -> Self {
        Self {
            pwa_code: Default::default(),
            pwa_platform: Default::default(),
        }
    }
    /// The app's code on that platform.
    #[must_use]
    pub fn pwa_code(mut self, value: impl Into<String>) -> Self {
        self.pwa_code = Some(value.into());
        self
    }
    /// The platform that the app runs on.
    #[must_use]
    pub fn pwa_platform(mut self, value: impl Into<String>) -> Self {
        self.pwa_platform = Some(value.into());
        self
    }
}
impl Default for TemplateSummary {
    fn default() -> Self {
        Self::new()
    }
}
impl TemplateSummary {
    /// With the required fields; the others have setters.
    #[must_use]
    pub fn new() -> Self {
        Self {
            audit_remark: Default::default(),
            brand_name: Default::default(),
            created_time: Default::default(),
            description: Default::default(),
            email_config: Default::default(),
            pwa_config: Default::default(),
            send_channel_strategy: Default::default(),
            sms_config: Default::default(),
            status: Default::default(),
            template_id: Default::default(),
            verify_code_config: Default::default(),
            voice_config: Default::default(),
            whatsapp_config: Default::default(),
            extra: Default::default(),
        }
    }
    /// What the reviewer said.
    #[must_use]
    pub fn audit_remark(mut self, value: impl Into<String>) -> Self {
        self.audit_remark = Some(value.into());
        self
    }
    /// The brand that the text names.
    #[must_use]
    pub fn brand_name(mut self, value: impl Into<String>) -> Self {
        self.brand_name = Some(value.into());
        self
    }
    /// When the template was made, in seconds since 1970-01-01 UTC.
    #[must_use]
    pub fn created_time(mut self, value: impl Into<i64>) -> Self {
        self.created_time = Some(value.into());
        self
    }
    /// What the template is for.
    #[must_use]
    pub fn description(mut self, value: impl Into<String>) -> Self {
        self.description = Some(value.into());
        self
    }
    /// Sets `email_config`.
    #[must_use]
    pub fn email_config(mut self, value: impl Into<EmailConfigDetails>) -> Self {
        self.email_config = Some(value.into());
        self
    }
    /// Sets `pwa_config`.
    #[must_use]
    pub fn pwa_config(mut self, value: impl Into<PwaConfigDetails>) -> Self {
        self.pwa_config = Some(value.into());
        self
    }
    /// The channels to try in order, joined by `|`. Channels not known today may appear.
    #[must_use]
    pub fn send_channel_strategy(mut self, value: impl Into<String>) -> Self {
        self.send_channel_strategy = Some(value.into());
        self
    }
    /// Sets `sms_config`.
    #[must_use]
    pub fn sms_config(mut self, value: impl Into<SmsConfigDetails>) -> Self {
        self.sms_config = Some(value.into());
        self
    }
    /// Sets `status`.
    #[must_use]
    pub fn status(mut self, value: impl Into<TemplateStatus>) -> Self {
        self.status = Some(value.into());
        self
    }
    /// The template's id.
    #[must_use]
    pub fn template_id(mut self, value: impl Into<String>) -> Self {
        self.template_id = Some(value.into());
        self
    }
    /// Sets `verify_code_config`.
    #[must_use]
    pub fn verify_code_config(mut self, value: impl Into<CodeConfigDetails>) -> Self {
        self.verify_code_config = Some(value.into());
        self
    }
    /// Sets `voice_config`.
    #[must_use]
    pub fn voice_config(mut self, value: impl Into<DefaultTextConfigDetails>) -> Self {
        self.voice_config = Some(value.into());
        self
    }
    /// Sets `whatsapp_config`.
    #[must_use]
    pub fn whatsapp_config(
        mut self,
        value: impl Into<DefaultTextConfigDetails>,
    ) -> Self {
        self.whatsapp_config = Some(value.into());
        self
    }
}
impl Default for TemplateDetails {
    fn default() -> Self {
        Self::new()
    }
}
impl TemplateDetails {
    /// With the required fields; the others have setters.
    #[must_use]
    pub fn new() -> Self {
        Self {
            audit_remark: Default::default(),
            brand_name: Default::default(),
            created_time: Default::default(),
            description: Default::default(),
            email_config: Default::default(),
            pwa_config: Default::default(),
            send_channel_strategy: Default::default(),
            sms_config: Default::default(),
            status: Default::default(),
            template_id: Default::default(),
            verify_code_config: Default::default(),
            voice_config: Default::default(),
            whatsapp_config: Default::default(),
            extra: Default::default(),
        }
    }
    /// What the reviewer said.
    #[must_use]
    pub fn audit_remark(mut self, value: impl Into<String>) -> Self {
        self.audit_remark = Some(value.into());
        self
    }
    /// The brand that the text names.
    #[must_use]
    pub fn brand_name(mut self, value: impl Into<String>) -> Self {
        self.brand_name = Some(value.into());
        self
    }
    /// When the template was made, in seconds since 1970-01-01 UTC.
    #[must_use]
    pub fn created_time(mut self, value: impl Into<i64>) -> Self {
        self.created_time = Some(value.into());
        self
    }
    /// What the template is for.
    #[must_use]
    pub fn description(mut self, value: impl Into<String>) -> Self {
        self.description = Some(value.into());
        self
    }
    /// Sets `email_config`.
    #[must_use]
    pub fn email_config(mut self, value: impl Into<EmailConfigDetails>) -> Self {
        self.email_config = Some(value.into());
        self
    }
    /// Sets `pwa_config`.
    #[must_use]
    pub fn pwa_config(mut self, value: impl Into<PwaConfigDetails>) -> Self {
        self.pwa_config = Some(value.into());
        self
    }
    /// The channels to try in order, joined by `|`. Channels not known today may appear.
    #[must_use]
    pub fn send_channel_strategy(mut self, value: impl Into<String>) -> Self {
        self.send_channel_strategy = Some(value.into());
        self
    }
    /// Sets `sms_config`.
    #[must_use]
    pub fn sms_config(mut self, value: impl Into<SmsConfigDetails>) -> Self {
        self.sms_config = Some(value.into());
        self
    }
    /// Sets `status`.
    #[must_use]
    pub fn status(mut self, value: impl Into<TemplateStatus>) -> Self {
        self.status = Some(value.into());
        self
    }
    /// The template's id.
    #[must_use]
    pub fn template_id(mut self, value: impl Into<String>) -> Self {
        self.template_id = Some(value.into());
        self
    }
    /// Sets `verify_code_config`.
    #[must_use]
    pub fn verify_code_config(mut self, value: impl Into<CodeConfigDetails>) -> Self {
        self.verify_code_config = Some(value.into());
        self
    }
    /// Sets `voice_config`.
    #[must_use]
    pub fn voice_config(mut self, value: impl Into<DefaultTextConfigDetails>) -> Self {
        self.voice_config = Some(value.into());
        self
    }
    /// Sets `whatsapp_config`.
    #[must_use]
    pub fn whatsapp_config(
        mut self,
        value: impl Into<DefaultTextConfigDetails>,
    ) -> Self {
        self.whatsapp_config = Some(value.into());
        self
    }
}
impl Default for CodeConfigDetails {
    fn default() -> Self {
        Self::new()
    }
}
impl CodeConfigDetails {
    /// With the required fields; the others have setters.
    #[must_use]
    pub fn new() -> Self {
        Self {
            verify_code_len: Default::default(),
            verify_code_ttl: Default::default(),
            verify_code_type: Default::default(),
            extra: Default::default(),
        }
    }
    /// How many characters a code has.
    #[must_use]
    pub fn verify_code_len(mut self, value: impl Into<i64>) -> Self {
        self.verify_code_len = Some(value.into());
        self
    }
    /// How many minutes a code is valid.
    #[must_use]
    pub fn verify_code_ttl(mut self, value: impl Into<i64>) -> Self {
        self.verify_code_ttl = Some(value.into());
        self
    }
    /// The sum of 1 (digits), 2 (lower-case letters) and 4 (upper-case letters).
    #[must_use]
    pub fn verify_code_type(mut self, value: impl Into<i64>) -> Self {
        self.verify_code_type = Some(value.into());
        self
    }
}
impl Default for DefaultTextConfigDetails {
    fn default() -> Self {
        Self::new()
    }
}
impl DefaultTextConfigDetails {
    /// With the required fields; the others have setters.
    #[must_use]
    pub fn new() -> Self {
        Self {
            template_default_config: Default::default(),
            template_type: Default::default(),
            extra: Default::default(),
        }
    }
    /// Sets `template_default_config`.
    #[must_use]
    pub fn template_default_config(
        mut self,
        value: impl Into<DefaultTextDetails>,
    ) -> Self {
        self.template_default_config = Some(value.into());
        self
    }
    /// 1, the service's own text.
    #[must_use]
    pub fn template_type(mut self, value: impl Into<i64>) -> Self {
        self.template_type = Some(value.into());
        self
    }
}
impl Default for SmsConfigDetails {
    fn default() -> Self {
        Self::new()
    }
}
impl SmsConfigDetails {
    /// With the required fields; the others have setters.
    #[must_use]
    pub fn new() -> Self {
        Self {
            template_custom_config: Default::default(),
            template_default_config: Default::default(),
            template_parts: Default::default(),
            template_type: Default::default(),
            extra: Default::default(),
        }
    }
    /// Sets `template_custom_config`.
    #[must_use]
    pub fn template_custom_config(
        mut self,
        value: impl Into<CustomSmsTextDetails>,
    ) -> Self {
        self.template_custom_config = Some(value.into());
        self
    }
    /// Sets `template_default_config`.
    #[must_use]
    pub fn template_default_config(
        mut self,
        value: impl Into<DefaultTextDetails>,
    ) -> Self {
        self.template_default_config = Some(value.into());
        self
    }
    /// How many SMS the text needs; each is billed.
    #[must_use]
    pub fn template_parts(mut self, value: impl Into<i64>) -> Self {
        self.template_parts = Some(value.into());
        self
    }
    /// 1: the service's own text. 2: your own.
    #[must_use]
    pub fn template_type(mut self, value: impl Into<i64>) -> Self {
        self.template_type = Some(value.into());
        self
    }
}
impl Default for DefaultTextDetails {
    fn default() -> Self {
        Self::new()
    }
}
impl DefaultTextDetails {
    /// With the required fields; the others have setters.
    #[must_use]
    pub fn new() -> Self {
        Self {
            contain_expire: Default::default(),
            contain_security: Default::default(),
            extra: Default::default(),
        }
    }
    /// Whether it says how long the code is valid.
    #[must_use]
    pub fn contain_expire(mut self, value: impl Into<bool>) -> Self {
        self.contain_expire = Some(value.into());
        self
    }
    /// Whether it warns not to share the code.
    #[must_use]
    pub fn contain_security(mut self, value: impl Into<bool>) -> Self {
        self.contain_security = Some(value.into());
        self
    }
}
impl Default for CustomSmsTextDetails {
    fn default() -> Self {
        Self::new()
    }
}
impl CustomSmsTextDetails {
    /// With the required fields; the others have setters.
    #[must_use]
    pub fn new() -> Self {
        Self {
            custom_content: Default::default(),
            custom_country_codes: Default::default(),
            custom_sub_type: Default::default(),
            extra: Default::default(),
        }
    }
    /// The text, with variables as `{{name}}`.
    #[must_use]
    pub fn custom_content(mut self, value: impl Into<String>) -> Self {
        self.custom_content = Some(value.into());
        self
    }
    /// The countries it is for, joined by commas.
    #[must_use]
    pub fn custom_country_codes(mut self, value: impl Into<String>) -> Self {
        self.custom_country_codes = Some(value.into());
        self
    }
    /// What the text is for. Purposes not known today may appear.
    #[must_use]
    pub fn custom_sub_type(mut self, value: impl Into<String>) -> Self {
        self.custom_sub_type = Some(value.into());
        self
    }
}
impl Default for EmailConfigDetails {
    fn default() -> Self {
        Self::new()
    }
}
impl EmailConfigDetails {
    /// With the required fields; the others have setters.
    #[must_use]
    pub fn new() -> Self {
        Self {
            template_custom_configs: Default::default(),
            template_name: Default::default(),
            extra: Default::default(),
        }
    }
    /// The mail, once for each language.
    #[must_use]
    pub fn template_custom_configs(
        mut self,
        value: impl Into<Vec<EmailTextDetails>>,
    ) -> Self {
        self.template_custom_configs = Some(value.into());
        self
    }
    /// The mail template's name.
    #[must_use]
    pub fn template_name(mut self, value: impl Into<String>) -> Self {
        self.template_name = Some(value.into());
        self
    }
}
impl Default for EmailTextDetails {
    fn default() -> Self {
        Self::new()
    }
}
impl EmailTextDetails {
    /// With the required fields; the others have setters.
    #[must_use]
    pub fn new() -> Self {
        Self {
            language: Default::default(),
            pre_from_mail: Default::default(),
            pre_from_name: Default::default(),
            pre_param_map: Default::default(),
            pre_subject: Default::default(),
            template_content: Default::default(),
            extra: Default::default(),
        }
    }
    /// The language of this mail, as in `Language`.
    #[must_use]
    pub fn language(mut self, value: impl Into<String>) -> Self {
        self.language = Some(value.into());
        self
    }
    /// The sender's address.
    #[must_use]
    pub fn pre_from_mail(mut self, value: impl Into<String>) -> Self {
        self.pre_from_mail = Some(value.into());
        self
    }
    /// The sender's name.
    #[must_use]
    pub fn pre_from_name(mut self, value: impl Into<String>) -> Self {
        self.pre_from_name = Some(value.into());
        self
    }
    /// Values for variables that a send does not give.
    #[must_use]
    pub fn pre_param_map(
        mut self,
        value: impl Into<std::collections::BTreeMap<String, String>>,
    ) -> Self {
        self.pre_param_map = Some(value.into());
        self
    }
    /// The subject line.
    #[must_use]
    pub fn pre_subject(mut self, value: impl Into<String>) -> Self {
        self.pre_subject = Some(value.into());
        self
    }
    /// The body, as text or HTML.
    #[must_use]
    pub fn template_content(mut self, value: impl Into<String>) -> Self {
        self.template_content = Some(value.into());
        self
    }
}
impl Default for PwaConfigDetails {
    fn default() -> Self {
        Self::new()
    }
}
impl PwaConfigDetails {
    /// With the required fields; the others have setters.
    #[must_use]
    pub fn new() -> Self {
        Self {
            pwa_code: Default::default(),
            pwa_platform: Default::default(),
            extra: Default::default(),
        }
    }
    /// The app's code on that platform.
    #[must_use]
    pub fn pwa_code(mut self, value: impl Into<String>) -> Self {
        self.pwa_code = Some(value.into());
        self
    }
    /// The platform that the app runs on.
    #[must_use]
    pub fn pwa_platform(mut self, value: impl Into<String>) -> Self {
        self.pwa_platform = Some(value.into());
        self
    }
}
impl Acknowledgement {
    /// With the required fields; the others have setters.
    #[must_use]
    pub fn new(code: impl Into<i64>) -> Self {
        Self {
            code: code.into(),
            message: Default::default(),
            extra: Default::default(),
        }
    }
    /// The word `success`.
    #[must_use]
    pub fn message(mut self, value: impl Into<String>) -> Self {
        self.message = Some(value.into());
        self
    }
}
impl ErrorBody {
    /// With the required fields; the others have setters.
    #[must_use]
    pub fn new(code: impl Into<ErrorCode>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            extra: Default::default(),
        }
    }
}
