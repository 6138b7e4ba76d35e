//! What happens to a message, and when: a plan, made when it is sent. No clock, no I/O.

use std::time::Duration;

use crate::api::types::{Channel, ErrorCode, MessageStatus};

/// What is to happen to a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Scenario {
    /// It arrives by its first channel.
    Arrives { after: Duration },
    /// It fails on its first channel, and there is no other.
    Fails(ErrorCode),
    /// Nothing is ever heard of it.
    Silence,
    /// These channels are tried, whatever the template says.
    Legs(Vec<ChannelAttempt>),
}

/// One channel that is tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ChannelAttempt {
    pub(super) channel: Channel,
    /// Why it fails there, if it does.
    pub(super) error: Option<ErrorCode>,
}

/// One thing that happens to a message, so long after it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) after: Duration,
    pub(super) status: MessageStatus,
    pub(super) channel: Channel,
    pub(super) error: Option<ErrorCode>,
    /// Whether nothing follows, so that this is the message's fate.
    pub(super) is_last: bool,
}

impl Default for Scenario {
    fn default() -> Self {
        Self::Arrives { after: PACE }
    }
}

impl Scenario {
    /// The channel that is tried first, if the course says so itself.
    pub(super) fn first_channel(&self) -> Option<Channel> {
        match self {
            Self::Legs(legs) => legs.first().map(|leg| leg.channel.clone()),
            _ => None,
        }
    }

    /// The steps, in order; `channel` is the one that is tried first.
    pub(super) fn steps(self, channel: Channel) -> Vec<Step> {
        let (legs, pace) = match self {
            Self::Arrives { after } => (vec![ChannelAttempt { channel, error: None }], after),
            Self::Fails(error) => (vec![ChannelAttempt { channel, error: Some(error) }], PACE),
            Self::Silence => (Vec::new(), PACE),
            Self::Legs(legs) => (legs, PACE),
        };
        let Some(first) = legs.first().map(|leg| leg.channel.clone()) else { return Vec::new() };
        let step = |after, status, channel| Step { after, status, channel, error: None, is_last: false };
        let mut steps = vec![
            step(Duration::ZERO, MessageStatus::Plan, first.clone()),
            step(Duration::ZERO, MessageStatus::TargetValid, first),
        ];
        let mut after = Duration::ZERO;
        for ChannelAttempt { channel, error } in legs {
            steps.push(step(after, MessageStatus::Sent, channel.clone()));
            after += pace;
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

/// How long a channel takes, unless the course says otherwise.
const PACE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    fn told(course: Scenario) -> Vec<String> {
        let line = |step: &Step| {
            let error = step.error.map(|code| format!(" {}", code.value())).unwrap_or_default();
            format!("{} {} {}{error}", step.after.as_millis(), step.channel, step.status)
        };
        course.steps(Channel::Sms).iter().map(line).collect()
    }

    #[test]
    fn a_message_is_planned_checked_sent_and_delivered() {
        let expected = ["0 sms plan", "0 sms target_valid", "0 sms sent", "2000 sms delivered"];
        assert_eq!(told(Scenario::Arrives { after: Duration::from_secs(2) }), expected);
    }

    #[test]
    fn each_channel_that_fails_hands_over_to_the_next() {
        let legs = vec![
            ChannelAttempt { channel: Channel::Whatsapp, error: Some(ErrorCode::NotRegistered) },
            ChannelAttempt { channel: Channel::Sms, error: None },
        ];
        let expected = [
            "0 whatsapp plan",
            "0 whatsapp target_valid",
            "0 whatsapp sent",
            "1000 whatsapp delivered_failed 5020",
            "1000 sms sent",
            "2000 sms delivered",
        ];
        assert_eq!(told(Scenario::Legs(legs)), expected);
    }

    #[test]
    fn silence_has_no_steps() {
        assert!(told(Scenario::Silence).is_empty());
    }
}
