//! The service's side of the document: routes, checks, and answers in the generated types.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::KeyState;
use super::account::{Account, NewMessage, Refusal, Template};
use super::fault::Faults;
use super::lifecycle::Scenario;
use super::message::Message;
use super::outbox::Outbox;
use super::recipients::fate;
use super::schedule::Schedule;
use super::tick::{Action, Speed};
use super::{rules, text};
use crate::api::operations;
use crate::api::types::{
    self, Acknowledgement, Channel, ErrorBody, ErrorCode, SendReceipt, TemplateDetails, TemplateStatus,
    TemplateSummary, VerificationResult,
};
use crate::http_server::{Request, Response};
use crate::{Recipient, TemplateId};

/// The service, answering one request at a time.
pub(super) struct Service {
    pub(super) account: Account,
    pub(super) keys: Vec<(String, String)>,
    pub(super) key_state: KeyState,
    pub(super) review: TemplateStatus,
    pub(super) history: usize,
    pub(super) next_error: Option<ErrorCode>,
    pub(super) faults: Faults,
    pub(super) pace: Speed,
    pub(super) schedule: Schedule<Action>,
    /// How many plans there are when needless ones are looked for.
    pub(super) prune_at: usize,
    pub(super) outbox: Outbox,
    /// Reports that are due over SMPP.
    #[cfg(feature = "smpp")]
    pub(super) reports: std::collections::VecDeque<super::smpp::Report>,
    pub(super) random: fastrand::Rng,
}

/// A message that somebody wants to be sent.
pub(super) struct SendRequest<'a> {
    pub(super) to: &'a str,
    pub(super) template: &'a str,
    pub(super) language: Option<&'a types::Language>,
    pub(super) params: Option<&'a types::TemplateParams>,
    pub(super) code: Option<String>,
    /// How long the service checks the code; none if it does not.
    pub(super) life: Option<Duration>,
    pub(super) by_smpp: bool,
}

/// An answer, or a refusal with its HTTP status.
type Answer = Result<Response, (u16, Refusal)>;

impl Service {
    pub(super) fn answer(&mut self, request: &Request, now: SystemTime) -> Response {
        self.route(request, now)
            .unwrap_or_else(|(status, Refusal(code, message))| json(status, &ErrorBody::new(code, message)))
    }

    fn route(&mut self, request: &Request, now: SystemTime) -> Answer {
        let path = request.path.as_str();
        let template =
            path.strip_prefix(operations::CREATE_TEMPLATE.path).and_then(|rest| rest.strip_prefix('/'));
        let known = [
            operations::SEND_OTP.path,
            operations::SEND_CODE.path,
            operations::SEND_MESSAGE.path,
            operations::VERIFY_OTP.path,
            operations::CREATE_TEMPLATE.path,
        ];
        if !known.contains(&path) && template.is_none() {
            return Err((404, Refusal(ErrorCode::NotFound, "there is no such operation".to_owned())));
        }
        self.authorize(request, path)?;
        if let Some(code) = self.next_error.take() {
            return Err(refuse(code, "as asked for"));
        }
        let method = request.method.as_str();
        match (method, template) {
            ("GET", Some(id)) => self.get_template(&template_id(id)?),
            ("DELETE", Some(id)) => self.delete_template(&template_id(id)?),
            (_, Some(_)) => Ok(wrong_method("GET, DELETE")),
            ("GET", None) if path == operations::LIST_TEMPLATES.path => self.list_templates(),
            ("POST", None) => match path {
                path if path == operations::SEND_OTP.path => self.send_otp(&body(request)?, now),
                path if path == operations::SEND_CODE.path => self.send_code(&body(request)?, now),
                path if path == operations::SEND_MESSAGE.path => self.send_message(&body(request)?, now),
                path if path == operations::VERIFY_OTP.path => self.verify(&body(request)?, now),
                _ => self.create_template(body(request)?, now),
            },
            _ if path == operations::CREATE_TEMPLATE.path => Ok(wrong_method("GET, POST")),
            _ => Ok(wrong_method("POST")),
        }
    }

    fn authorize(&self, request: &Request, path: &str) -> Result<(), (u16, Refusal)> {
        let given = request
            .header("authorization")
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
            .and_then(|(_, encoded)| BASE64_STANDARD.decode(encoded.trim()).ok())
            .and_then(|decoded| String::from_utf8(decoded).ok());
        let known = given.as_deref().and_then(|given| given.split_once(':')).is_some_and(|(key, secret)| {
            self.keys.iter().any(|(known_key, known_secret)| known_key == key && known_secret == secret)
        });
        let verifies = path == operations::VERIFY_OTP.path;
        match self.key_state {
            _ if !known => Err(refuse(ErrorCode::WrongCredentials, "the key or the secret is wrong")),
            KeyState::Disabled => Err(refuse(ErrorCode::KeyDisabled, "the key has expired or is disabled")),
            KeyState::SendOnly if verifies => Err(refuse(ErrorCode::NotPermitted, "the key may not verify")),
            KeyState::VerifyOnly if !verifies => {
                Err(refuse(ErrorCode::NotPermitted, "the key may only verify"))
            }
            _ => Ok(()),
        }
    }

    fn send_otp(&mut self, request: &types::SendOtpRequest, now: SystemTime) -> Answer {
        let to = request.to.expose();
        let Some((code, life)) = self.made_code(&request.template.id, to)? else {
            return Err(refuse(
                ErrorCode::RuleBroken,
                "the template makes no codes: it has no verify_code_config",
            ));
        };
        rules::language(request.template.language.as_ref())?;
        let letter = SendRequest {
            to,
            template: &request.template.id,
            language: request.template.language.as_ref(),
            params: request.template.params.as_ref(),
            code: Some(code),
            life: Some(life),
            by_smpp: false,
        };
        self.send(letter, now).map(receipt)
    }

    fn send_code(&mut self, request: &types::SendCodeRequest, now: SystemTime) -> Answer {
        self.sendable(&request.template.id)?;
        let code = request.code.expose();
        crate::Code::new(code.as_str())
            .map_err(|invalid| refuse(ErrorCode::InvalidParameter, invalid.rule()))?;
        rules::language(request.template.language.as_ref())?;
        let letter = SendRequest {
            to: request.to.expose(),
            template: &request.template.id,
            language: request.template.language.as_ref(),
            params: request.template.params.as_ref(),
            code: Some(code.clone()),
            life: None,
            by_smpp: false,
        };
        self.send(letter, now).map(receipt)
    }

    fn send_message(&mut self, request: &types::SendMessageRequest, now: SystemTime) -> Answer {
        let template = self.sendable(&request.template.id)?;
        let carries_code = template.definition.verify_code_config.is_some();
        let code = request.template.params.as_ref().and_then(|params| params.expose().get("code")).cloned();
        if carries_code && code.is_none() {
            return Err(refuse(
                ErrorCode::InvalidParameter,
                "this template carries a code: give the parameter `code`",
            ));
        }
        let letter = SendRequest {
            to: request.to.expose(),
            template: &request.template.id,
            language: None,
            params: request.template.params.as_ref(),
            code,
            life: None,
            by_smpp: false,
        };
        self.send(letter, now).map(receipt)
    }

    /// Takes a message over, or says why not.
    pub(super) fn send(
        &mut self,
        letter: SendRequest<'_>,
        now: SystemTime,
    ) -> Result<&Message, (u16, Refusal)> {
        let SendRequest { to, template, language, params, code, life, by_smpp } = letter;
        let recipient: Recipient = to.parse().map_err(|invalid: crate::InvalidInput| {
            let code =
                if to.contains('@') { ErrorCode::InvalidParameter } else { ErrorCode::InvalidPhoneNumber };
            refuse(code, invalid.rule())
        })?;
        let fate = fate(to);
        if let Some(code) = fate.refused {
            return Err(refuse(code, "this recipient is always refused so"));
        }
        let definition = &self.sendable(template)?.definition;
        let fits = |channel: &Channel| (*channel == Channel::Email) == recipient.is_email();
        let strategy = &definition.send_channel_strategy;
        let channel =
            fate.course.first_channel().or_else(|| strategy.split('|').map(Channel::from).find(fits));
        let Some(channel) = channel else {
            return Err(refuse(
                ErrorCode::InvalidParameter,
                "no channel of the template reaches this recipient",
            ));
        };
        let params = params.map(|params| params.expose().clone()).unwrap_or_default();
        let text = text::render(definition, &channel, language, &params, code.as_deref());
        let new = NewMessage {
            to: to.to_owned(),
            template: template.to_owned(),
            params,
            channel: Some(channel.clone()),
            code,
            text,
            life,
            reported: fate.course != Scenario::Silence,
            by_smpp,
        };
        self.accept(new, fate.course, channel, now).map_err(status)
    }

    fn verify(&mut self, request: &types::VerifyOtpRequest, now: SystemTime) -> Answer {
        let code = request.verify_code.expose();
        crate::Code::new(code.as_str())
            .map_err(|invalid| refuse(ErrorCode::InvalidParameter, invalid.rule()))?;
        let verified = self.account.verify(&request.message_id, code, now).map_err(status)?;
        self.checked(&request.message_id, verified, now);
        Ok(json(
            200,
            &VerificationResult::new(verified)
                .message_id(request.message_id.clone())
                .verify_code(request.verify_code.expose().as_str()),
        ))
    }

    fn create_template(&mut self, definition: types::TemplateDefinition, now: SystemTime) -> Answer {
        rules::definition(&definition)?;
        let template = Template { definition, status: self.review, created: now };
        self.account.add_template(template).map_err(status)?;
        Ok(done())
    }

    fn list_templates(&self) -> Answer {
        let summaries = self.account.templates().map(summary).collect::<Result<_, _>>()?;
        Ok(json(200, &types::TemplateList(summaries)))
    }

    fn get_template(&self, id: &str) -> Answer {
        let template = self.account.template(id).map_err(status)?;
        Ok(json(200, &details(template)?))
    }

    fn delete_template(&mut self, id: &str) -> Answer {
        self.account.delete_template(id).map(|()| done()).map_err(status)
    }

    fn sendable(&self, id: &str) -> Result<&Template, (u16, Refusal)> {
        let template = self.account.template(id).map_err(status)?;
        if template.status == TemplateStatus::Approved {
            return Ok(template);
        }
        Err(refuse(ErrorCode::RuleBroken, "the template is not approved"))
    }

    /// A fresh code and how long it lives, if the template makes codes.
    pub(super) fn made_code(
        &mut self,
        template: &str,
        to: &str,
    ) -> Result<Option<(String, Duration)>, (u16, Refusal)> {
        let config = self.sendable(template)?.definition.verify_code_config.clone();
        Ok(config.map(|config| {
            let life = Duration::from_secs(60 * u64::try_from(config.verify_code_ttl).unwrap_or_default());
            // A code that is fixed has a fixed life too.
            match fate(to).code {
                Some(code) => (code.to_owned(), FIXED_LIFE),
                None => (self.make_code(&config), life),
            }
        }))
    }

    fn make_code(&mut self, config: &types::CodeConfig) -> String {
        let sets = [(1, "0123456789"), (2, "abcdefghijklmnopqrstuvwxyz"), (4, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")];
        let alphabet: Vec<char> = sets
            .iter()
            .filter(|(bit, _)| config.verify_code_type & bit != 0)
            .flat_map(|(_, characters)| characters.chars())
            .collect();
        (0..config.verify_code_len).filter_map(|_| self.random.choice(alphabet.iter())).collect()
    }
}

fn body<T: DeserializeOwned + Serialize>(request: &Request) -> Result<T, (u16, Refusal)> {
    let media = request.header("content-type").and_then(|value| value.split(';').next());
    if !media.is_some_and(|media| media.trim().eq_ignore_ascii_case("application/json")) {
        let message = "the body's media type is application/json, said once".to_owned();
        return Err((415, Refusal(ErrorCode::InvalidParameter, message)));
    }
    let given: Value = serde_json::from_slice(&request.body)
        .map_err(|error| refuse(ErrorCode::InvalidJson, &error.to_string()))?;
    let body =
        T::deserialize(&given).map_err(|error| refuse(ErrorCode::InvalidParameter, &error.to_string()))?;
    rules::shape(&given, &body)?;
    Ok(body)
}

fn template_id(segment: &str) -> Result<String, (u16, Refusal)> {
    // A slash is legal in an id, but not in a segment of a path: there it is written `%2F`.
    if segment.contains('/') {
        return Err((404, Refusal(ErrorCode::NotFound, "there is no such operation".to_owned())));
    }
    let decoded = percent_decode_str(segment).decode_utf8();
    let id = decoded.map_err(|_| refuse(ErrorCode::InvalidParameter, "the template id is not UTF-8"))?;
    TemplateId::new(id)
        .map(|id| id.to_string())
        .map_err(|invalid| refuse(ErrorCode::InvalidParameter, invalid.rule()))
}

pub(super) fn refuse(code: ErrorCode, message: &str) -> (u16, Refusal) {
    status(Refusal(code, message.to_owned()))
}

fn status(refusal: Refusal) -> (u16, Refusal) {
    (refusal.0.http_status(), refusal)
}

fn wrong_method(allowed: &str) -> Response {
    let message = format!("the methods here are {allowed}");
    let code = ErrorCode::InvalidParameter;
    let mut response = json(405, &ErrorBody::new(code, message));
    response.headers.push(("Allow", allowed.to_owned()));
    response
}

fn receipt(message: &Message) -> Response {
    json(200, &SendReceipt::new(message.id.clone()).send_channel(message.channel.clone()))
}

fn done() -> Response {
    json(200, &Acknowledgement::new(0).message("success"))
}

pub(super) fn json(status: u16, body: &impl Serialize) -> Response {
    // The generated types are texts, numbers and lists: they always serialise.
    let body = serde_json::to_vec(body).unwrap_or_default();
    Response::plain(status, "application/json", body)
}

fn seconds(time: SystemTime) -> Option<i64> {
    time.duration_since(UNIX_EPOCH).ok().and_then(|since| i64::try_from(since.as_secs()).ok())
}

/// What the list shows of a template: everything but the texts.
fn summary(template: &Template) -> Result<TemplateSummary, (u16, Refusal)> {
    let mut shown = details(template)?;
    if let Some(own) = shown.sms_config.as_mut().and_then(|sms| sms.template_custom_config.as_mut()) {
        own.custom_content = None;
    }
    if let Some(email) = &mut shown.email_config {
        email.template_custom_configs = None;
    }
    // Every field of the details is a field of the summary, with the same shape.
    convert(&shown)
}

/// A template as the service shows it: the definition's fields, and what the service knows besides.
fn details(template: &Template) -> Result<TemplateDetails, (u16, Refusal)> {
    // Every field of the definition is a field of the details, with the same shape.
    let mut shown: TemplateDetails = convert(&template.definition)?;
    if let Some(sms) = &mut shown.sms_config {
        let text = sms.template_custom_config.as_ref().and_then(|own| own.custom_content.as_deref());
        sms.template_parts = Some(rules::sms_parts(text.unwrap_or_default()));
    }
    shown.created_time = seconds(template.created);
    shown.status = Some(template.status);
    shown.audit_remark = Some(String::new());
    Ok(shown)
}

fn convert<T: DeserializeOwned>(shape: &impl Serialize) -> Result<T, (u16, Refusal)> {
    serde_json::to_value(shape)
        .and_then(serde_json::from_value)
        .map_err(|error| refuse(ErrorCode::Internal, &error.to_string()))
}

/// How long a fixed code counts, whatever the template says.
const FIXED_LIFE: Duration = Duration::from_secs(5 * 60);
