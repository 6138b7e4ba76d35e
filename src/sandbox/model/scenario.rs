//! What happens to a message, and when: a plan, made when it is sent. No clock, no I/O.

use std::time::Duration;

use crate::api::types::{Channel, ErrorCode, MessageStatus};
use crate::test_recipients::{RecipientBehavior, channel_error};

/// What is to happen to a message: the channels that are tried, one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scenario {
    attempts: Vec<ChannelAttempt>,
    /// How long each channel takes.
    pace: Duration,
}

/// One channel that is tried.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ChannelAttempt {
    channel: Channel,
    /// Why it fails there, if it does.
    error: Option<ErrorCode>,
}

/// One thing that happens to a message, so long after it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) after: Duration,
    pub(crate) status: MessageStatus,
    pub(crate) channel: Channel,
    pub(crate) error: Option<ErrorCode>,
    /// Whether nothing follows: the message was delivered, or no channel is left.
    pub(crate) is_last: bool,
}

impl Scenario {
    /// The scenario of a message to a recipient that behaves so, over these channels in order of fallback.
    pub(crate) fn new(behavior: &RecipientBehavior, channels: &[Channel]) -> Self {
        let attempt = |channel: &Channel, error| ChannelAttempt { channel: channel.clone(), error };
        let first = |error| channels.first().map(|channel| attempt(channel, error)).into_iter().collect();
        let each = |error: &dyn Fn(&Channel) -> ErrorCode| {
            channels.iter().map(|channel| attempt(channel, Some(error(channel)))).collect()
        };
        let mut pace = PACE;
        let attempts = match behavior {
            RecipientBehavior::Delivered { after } => {
                pace = *after;
                first(None)
            }
            RecipientBehavior::Code(_) => first(None),
            RecipientBehavior::Failed(error) => each(&|_| *error),
            RecipientBehavior::AllChannelsFail => each(&channel_error),
            RecipientBehavior::FirstChannelFails => {
                let error = |index, channel| (index == 0).then(|| channel_error(channel));
                let two = channels.iter().take(2).enumerate();
                two.map(|(index, channel)| attempt(channel, error(index, channel))).collect()
            }
            RecipientBehavior::Silent | RecipientBehavior::Refused(_) => Vec::new(),
        };
        Self { attempts, pace }
    }

    /// Whether anything happens at all.
    pub(crate) fn is_reported(&self) -> bool {
        !self.attempts.is_empty()
    }

    /// The steps, in order.
    pub(crate) fn steps(self) -> Vec<Step> {
        let Some(first) = self.attempts.first().map(|attempt| attempt.channel.clone()) else {
            return Vec::new();
        };
        let step = |after, status, channel| Step { after, status, channel, error: None, is_last: false };
        let mut steps = vec![
            step(Duration::ZERO, MessageStatus::Plan, first.clone()),
            step(Duration::ZERO, MessageStatus::TargetValid, first),
        ];
        let mut after = Duration::ZERO;
        for ChannelAttempt { channel, error } in self.attempts {
            steps.push(step(after, MessageStatus::Sent, channel.clone()));
            after += self.pace;
            let status =
                if error.is_some() { MessageStatus::DeliveredFailed } else { MessageStatus::Delivered };
            steps.push(Step { after, status, channel, error, is_last: false });
        }
        if let Some(last) = steps.last_mut() {
            last.is_last = true;
        }
        steps
    }
}

/// How long a channel takes, unless the recipient's behaviour says otherwise.
const PACE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    const CHANNELS: [Channel; 3] = [Channel::Whatsapp, Channel::Sms, Channel::Voice];

    fn steps(behavior: &RecipientBehavior, channels: &[Channel]) -> Vec<String> {
        let line = |step: &Step| {
            let error = step.error.map(|code| format!(" {}", code.value())).unwrap_or_default();
            format!("{} {} {}{error}", step.after.as_millis(), step.channel, step.status)
        };
        let steps = Scenario::new(behavior, channels).steps();
        steps.iter().map(line).collect()
    }

    #[test]
    fn a_message_is_planned_checked_sent_and_delivered() {
        let expected =
            ["0 whatsapp plan", "0 whatsapp target_valid", "0 whatsapp sent", "2000 whatsapp delivered"];
        let behavior = RecipientBehavior::Delivered { after: Duration::from_secs(2) };
        assert_eq!(steps(&behavior, &CHANNELS), expected);
    }

    #[test]
    fn a_channel_that_fails_hands_over_to_the_next() {
        let expected = [
            "0 whatsapp plan",
            "0 whatsapp target_valid",
            "0 whatsapp sent",
            "1000 whatsapp delivered_failed 5020",
            "1000 sms sent",
            "2000 sms delivered",
        ];
        assert_eq!(steps(&RecipientBehavior::FirstChannelFails, &CHANNELS), expected);
        let alone = steps(&RecipientBehavior::FirstChannelFails, &[Channel::Sms]);
        assert_eq!(alone.last().map(String::as_str), Some("1000 sms delivered_failed 5012"));
    }

    #[test]
    fn a_recipient_who_cannot_be_reached_is_tried_on_every_channel() {
        let failed = steps(&RecipientBehavior::Failed(ErrorCode::Unreachable), &CHANNELS);
        let ends: Vec<&String> = failed.iter().filter(|step| step.contains("failed")).collect();
        let expected = [
            "1000 whatsapp delivered_failed 5012",
            "2000 sms delivered_failed 5012",
            "3000 voice delivered_failed 5012",
        ];
        assert_eq!(ends, expected);
        let each = steps(&RecipientBehavior::AllChannelsFail, &CHANNELS);
        assert_eq!(each.last().map(String::as_str), Some("3000 voice delivered_failed 5018"));
    }

    #[test]
    fn silence_has_no_steps() {
        assert!(steps(&RecipientBehavior::Silent, &CHANNELS).is_empty());
    }
}
