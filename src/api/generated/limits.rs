// Generated from openapi/otp.yaml by build.rs. Do not edit: change the document, then refresh the snapshot
// with `UPDATE_SNAPSHOT=1 cargo test --features full snapshot`.

use super::Bounds;
/// `RecipientAddress`: its length in characters.
pub const RECIPIENT_ADDRESS_LENGTH: Bounds = Bounds::new(Some(5), Some(254));
/// `RecipientAddress`: a regular expression that it matches.
pub const RECIPIENT_ADDRESS_PATTERN: &str = "^(\\+[1-9][0-9]{6,14}|[^@\\s\\x00-\\x1F\\x7F,;:<>()\\[\\]\"\\\\?&]+@[^@\\s.\\x00-\\x2C\\x2F\\x3A-\\x40\\x5B-\\x60\\x7B-\\x7F]+(\\.[^@\\s.\\x00-\\x2C\\x2F\\x3A-\\x40\\x5B-\\x60\\x7B-\\x7F]+)+)$";
/// `VerificationCode`: its length in characters.
pub const VERIFICATION_CODE_LENGTH: Bounds = Bounds::new(Some(1), None);
/// `VerificationCode`: a regular expression that it matches.
pub const VERIFICATION_CODE_PATTERN: &str = "^[^\\x00-\\x1F\\x7F]+$";
/// `TemplateId`: its length in characters.
pub const TEMPLATE_ID_LENGTH: Bounds = Bounds::new(Some(1), Some(128));
/// `TemplateId`: a regular expression that it matches.
pub const TEMPLATE_ID_PATTERN: &str = "^(\\.{0,2}[^.\\x00-\\x1F\\x7F][^\\x00-\\x1F\\x7F]*|\\.{3}[^\\x00-\\x1F\\x7F]*)$";
/// `Language`: its length in characters.
pub const LANGUAGE_LENGTH: Bounds = Bounds::new(Some(1), None);
/// `Language`: the values that are known.
pub const LANGUAGE_VALUES: &[&str] = &[
    "default",
    "zh_CN",
    "zh_HK",
    "en",
    "ja",
    "th",
    "es",
];
/// `VerifyOtpRequest.message_id`: its length in characters.
pub const VERIFY_OTP_REQUEST_MESSAGE_ID_LENGTH: Bounds = Bounds::new(Some(1), None);
/// `TemplateDefinition.description`: its length in characters.
pub const TEMPLATE_DEFINITION_DESCRIPTION_LENGTH: Bounds = Bounds::new(None, Some(255));
/// `TemplateDefinition.brand_name`: its length in characters.
pub const TEMPLATE_DEFINITION_BRAND_NAME_LENGTH: Bounds = Bounds::new(Some(2), Some(10));
/// `ChannelStrategy`: a regular expression that it matches.
pub const CHANNEL_STRATEGY_PATTERN: &str = "^(email|whatsapp(\\|sms(\\|voice)?|\\|voice(\\|sms)?)?|sms(\\|whatsapp(\\|voice)?|\\|voice(\\|whatsapp)?)?|voice(\\|whatsapp(\\|sms)?|\\|sms(\\|whatsapp)?)?)$";
/// `CodeConfig.verify_code_type`: its value.
pub const CODE_CONFIG_VERIFY_CODE_TYPE_RANGE: Bounds = Bounds::new(Some(1), Some(7));
/// `CodeConfig.verify_code_len`: its value.
pub const CODE_CONFIG_VERIFY_CODE_LEN_RANGE: Bounds = Bounds::new(Some(4), Some(10));
/// `CodeConfig.verify_code_ttl`: its value.
pub const CODE_CONFIG_VERIFY_CODE_TTL_RANGE: Bounds = Bounds::new(Some(1), Some(10));
/// `WhatsappConfig.template_type`: its value.
pub const WHATSAPP_CONFIG_TEMPLATE_TYPE_RANGE: Bounds = Bounds::new(Some(1), Some(1));
/// `VoiceConfig.template_type`: its value.
pub const VOICE_CONFIG_TEMPLATE_TYPE_RANGE: Bounds = Bounds::new(Some(1), Some(1));
/// `SmsConfig.template_type`: its value.
pub const SMS_CONFIG_TEMPLATE_TYPE_RANGE: Bounds = Bounds::new(Some(1), Some(2));
/// `CustomSmsText.custom_content`: its length in characters.
pub const CUSTOM_SMS_TEXT_CUSTOM_CONTENT_LENGTH: Bounds = Bounds::new(Some(1), None);
/// `CustomSmsText.custom_country_codes`: a regular expression that it matches.
pub const CUSTOM_SMS_TEXT_CUSTOM_COUNTRY_CODES_PATTERN: &str = "^[A-Z]{2}(, ?[A-Z]{2})*$";
/// `SmsPurpose`: the values that are known.
pub const SMS_PURPOSE_VALUES: &[&str] = &["authentication", "marketing", "utility"];
/// `EmailConfig.template_name`: its length in characters.
pub const EMAIL_CONFIG_TEMPLATE_NAME_LENGTH: Bounds = Bounds::new(Some(1), None);
/// `EmailText.pre_from_mail`: its length in characters.
pub const EMAIL_TEXT_PRE_FROM_MAIL_LENGTH: Bounds = Bounds::new(Some(5), Some(254));
/// `EmailText.pre_from_mail`: a regular expression that it matches.
pub const EMAIL_TEXT_PRE_FROM_MAIL_PATTERN: &str = "^[^@\\s\\x00-\\x1F\\x7F,;:<>()\\[\\]\"\\\\?&]+@[^@\\s.\\x00-\\x2C\\x2F\\x3A-\\x40\\x5B-\\x60\\x7B-\\x7F]+(\\.[^@\\s.\\x00-\\x2C\\x2F\\x3A-\\x40\\x5B-\\x60\\x7B-\\x7F]+)+$";
/// `EmailText.pre_subject`: its length in characters.
pub const EMAIL_TEXT_PRE_SUBJECT_LENGTH: Bounds = Bounds::new(Some(1), None);
/// `EmailText.template_content`: its length in characters.
pub const EMAIL_TEXT_TEMPLATE_CONTENT_LENGTH: Bounds = Bounds::new(Some(1), None);
