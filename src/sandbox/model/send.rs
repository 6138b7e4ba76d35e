//! Sending: the checks, the code, the channels, and the plan of what becomes of the message.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use super::message::TemplateOrigin;
use super::messages::NewMessage;
use super::scenario::Scenario;
use super::templates::Template;
use super::{Message, Model, Planned, Refusal, Speed, channels, rules, text};
use crate::api::types::{self, Channel, ErrorCode, Language, TemplateStatus};
use crate::test_recipients::{RecipientBehavior, TestRecipient};
use crate::{Code, InvalidInput, Recipient};

/// A message to be sent.
pub(crate) struct SendRequest<'a> {
    pub(crate) to: &'a str,
    /// The place of the recipient, if it is one of a list.
    pub(crate) index: Option<usize>,
    pub(crate) template: &'a str,
    pub(crate) language: Option<&'a Language>,
    pub(crate) params: Option<&'a BTreeMap<String, String>>,
    pub(crate) code: SendCode<'a>,
    pub(crate) by_smpp: bool,
}

/// Where the code of a message comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum SendCode<'a> {
    /// The service makes it up, and checks it.
    Generated,
    /// The caller brings it, and checks it.
    Own(&'a str),
    /// It is one of the parameters, if the template needs one.
    Parameter,
    /// The parameter's, or else made up if the template says how.
    // SMPP's `MSG` alone does not say which of both is meant.
    #[cfg_attr(not(feature = "smpp"), allow(dead_code))]
    ParameterOrGenerated,
}

/// A message that passed every check, and what is to happen to it.
struct Checked {
    new: NewMessage,
    scenario: Scenario,
}

impl Model {
    /// Accepts a message, or says why not.
    pub(crate) fn send(&mut self, request: &SendRequest<'_>, now: SystemTime) -> Result<&Message, Refusal> {
        let checked = self.check(request, now)?;
        Ok(self.accept(checked, now))
    }

    /// Accepts all messages, or none, and gives back the first, which the others follow.
    pub(crate) fn send_all(
        &mut self,
        requests: &[SendRequest<'_>],
        now: SystemTime,
    ) -> Result<&Message, Refusal> {
        let checked =
            requests.iter().map(|request| self.check(request, now)).collect::<Result<Vec<_>, _>>()?;
        let no_room = || {
            Refusal::new(
                ErrorCode::Internal,
                "the sandbox's history has no room for so many messages: `--history`",
            )
        };
        if checked.len() > self.messages.most() {
            return Err(no_room());
        }
        let mut first = None;
        for checked in checked {
            let id = self.accept(checked, now).id.clone();
            first.get_or_insert(id);
        }
        first.and_then(|id| self.messages.get(&id.0)).ok_or_else(no_room)
    }

    fn check(&mut self, request: &SendRequest<'_>, now: SystemTime) -> Result<Checked, Refusal> {
        self.check_one(request, now).map_err(|refusal| refusal.in_list(request.index))
    }

    fn check_one(&mut self, request: &SendRequest<'_>, now: SystemTime) -> Result<Checked, Refusal> {
        let SendRequest { to, template: id, language, .. } = *request;
        let template = self.sendable(id)?;
        let (definition, is_builtin) = (template.definition.clone(), template.is_builtin);
        rules::language(language)?;
        let recipient: Recipient = to.parse().map_err(|invalid: InvalidInput| {
            let code =
                if to.contains('@') { ErrorCode::InvalidParameter } else { ErrorCode::InvalidPhoneNumber };
            Refusal::new(code, invalid.rule().to_owned()).about("to")
        })?;
        let behavior = self.behavior(to, id);
        let (code, life) = self.code(request, &definition, &behavior)?;
        if let RecipientBehavior::Refused(code) = behavior {
            return Err(Refusal::new(code, "sends to this recipient are always refused so").about("to"));
        }
        let channels = deliverable(&definition, is_builtin, &recipient, to);
        let Some(channel) = channels.first().cloned() else {
            let rule = "no channel of the template reaches this recipient: phones need sms, whatsapp or voice, \
                        addresses need email";
            return Err(Refusal::parameter("to", rule));
        };
        if life.is_some() {
            self.messages.check_resend(id, to, now)?;
        }
        let scenario = Scenario::new(&behavior, &channels);
        let params = request.params.cloned().unwrap_or_default();
        let text = text::render(&definition, &channel, language, &params, code.as_deref());
        let new = NewMessage {
            to: to.to_owned(),
            template: id.to_owned(),
            params,
            channel,
            code,
            text,
            life,
            reported: scenario.is_reported(),
            behavior: self.set_for(to, id).cloned(),
            by_smpp: request.by_smpp,
            template_origin: if is_builtin { TemplateOrigin::BuiltIn } else { TemplateOrigin::Own },
        };
        Ok(Checked { new, scenario })
    }

    /// Remembers a message, and plans what is to happen to it.
    fn accept(&mut self, Checked { new, scenario }: Checked, now: SystemTime) -> &Message {
        let message = self.messages.add(new, now);
        for mut step in scenario.steps() {
            if self.speed == Speed::Fast {
                step.after = Duration::ZERO;
            }
            self.schedule.add(now + step.after, Planned::Step(message.id.clone(), step));
        }
        if let Some(expires) = message.expires.filter(|_| message.reported) {
            self.schedule.add(expires, Planned::Expire(message.id.clone()));
        }
        message
    }

    fn sendable(&self, id: &str) -> Result<&Template, Refusal> {
        let template = self.templates.get(id)?;
        if template.status == TemplateStatus::Approved {
            return Ok(template);
        }
        Err(Refusal::rule("template.id", "the template is not approved"))
    }

    /// The code of a message, and how long the service checks it.
    fn code(
        &mut self,
        request: &SendRequest<'_>,
        definition: &types::TemplateDefinition,
        behavior: &RecipientBehavior,
    ) -> Result<(Option<String>, Option<Duration>), Refusal> {
        let parameter = request.params.and_then(|params| params.get("code")).cloned();
        let config = definition.verify_code_config.as_ref();
        match (request.code, parameter, config) {
            (SendCode::Own(code), ..) => {
                let code = Code::new(code)?;
                Ok((Some(code.expose().to_owned()), None))
            }
            (SendCode::Generated, _, Some(config)) | (SendCode::ParameterOrGenerated, None, Some(config)) => {
                let life =
                    Duration::from_secs(60 * u64::try_from(config.verify_code_ttl).unwrap_or_default());
                // A code that is fixed has a fixed life too.
                Ok(match behavior {
                    RecipientBehavior::Code(code) => (Some(code.clone().into_owned()), Some(FIXED_LIFE)),
                    _ => (Some(self.make_code(config)), Some(life)),
                })
            }
            (SendCode::Generated, _, None) => {
                let rule = "the template makes no codes: it has no verify_code_config";
                Err(Refusal::rule("template.id", rule))
            }
            (SendCode::Parameter, None, Some(_)) => {
                let rule = "this template carries a code: give the parameter `code`";
                Err(Refusal::parameter("template.params", rule))
            }
            (SendCode::Parameter | SendCode::ParameterOrGenerated, code, _) => Ok((code, None)),
        }
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

/// The channels that are tried for a recipient, in order. The templates that a new sandbox has play the vendor's
/// demonstrations, with the channels that these name, or a single one; all others have their own.
fn deliverable(
    definition: &types::TemplateDefinition,
    is_builtin: bool,
    recipient: &Recipient,
    to: &str,
) -> Vec<Channel> {
    let documented = TestRecipient::find(to).filter(|_| is_builtin).map(|recipient| recipient.channels);
    if let Some(channels) = documented.filter(|channels| !channels.is_empty()) {
        return channels.to_vec();
    }
    let reaches = |channel: &Channel| (*channel == Channel::Email) == recipient.is_email();
    // The vendor's demonstrations reach phones and addresses alike, which no strategy of one's own may say.
    let mail = (is_builtin && definition.email_config.is_some()).then_some(Channel::Email);
    let own = channels(&definition.send_channel_strategy).chain(mail).filter(reaches);
    own.take(if documented.is_some() { 1 } else { usize::MAX }).collect()
}

/// How long a fixed code counts, whatever the template says.
const FIXED_LIFE: Duration = Duration::from_secs(5 * 60);
