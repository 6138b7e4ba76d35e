//! What a sandbox does wrong when it is asked to, for programs to show how they take it.

use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::InvalidInput;

/// The request header that asks for a fault, for that one request.
pub const FAULT_HEADER: &str = "x-sandbox-fault";

/// How a request goes wrong. In text, as in the header `X-Sandbox-Fault`, a number can follow:
/// `rate-limited=7`, `slow-body=20`.
///
/// ```
/// use std::time::Duration;
/// use engagelab_otp::sandbox::Fault;
///
/// let fault: Fault = "rate-limited=7".parse()?;
/// assert_eq!(fault, Fault::RateLimited { retry_after: Duration::from_secs(7) });
/// assert_eq!(fault.to_string(), "rate-limited=7");
/// # Ok::<(), engagelab_otp::InvalidInput>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// `lost-answer`: the request is acted on, and the connection closed without an answer.
    LostAnswer,
    /// `stall`: the request is not acted on, and nothing is said until the client gives up.
    Stall,
    /// `reset`: the request is not acted on, and the connection is reset.
    Reset,
    /// `rate-limited`, with seconds: the request is not acted on and answered with 429 and `Retry-After`. One
    /// second unless given.
    RateLimited {
        /// How long to wait.
        retry_after: Duration,
    },
    /// `html-error`: the request is not acted on and answered with 500 and a page of HTML, as proxies do.
    HtmlError,
    /// `slow-body`, with milliseconds: the request is acted on, and the answer's body comes octet by octet.
    /// 100 ms each unless given.
    SlowBody {
        /// The pause before each octet.
        pause: Duration,
    },
}

impl Fault {
    /// All of them, with the numbers that count unless others are given.
    pub const ALL: [Self; 6] = [
        Self::LostAnswer,
        Self::Stall,
        Self::Reset,
        Self::RateLimited { retry_after: Duration::from_secs(1) },
        Self::HtmlError,
        Self::SlowBody { pause: Duration::from_millis(100) },
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::LostAnswer => "lost-answer",
            Self::Stall => "stall",
            Self::Reset => "reset",
            Self::RateLimited { .. } => "rate-limited",
            Self::HtmlError => "html-error",
            Self::SlowBody { .. } => "slow-body",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::RateLimited { retry_after } => write!(f, "={}", retry_after.as_secs()),
            Self::SlowBody { pause } => write!(f, "={}", pause.as_millis()),
            _ => Ok(()),
        }
    }
}

impl FromStr for Fault {
    type Err = InvalidInput;

    fn from_str(text: &str) -> Result<Self, InvalidInput> {
        let (name, number) = split(text)?;
        match (Self::ALL.into_iter().find(|fault| fault.name() == name), number) {
            (Some(fault), None) => Ok(fault),
            (Some(Self::RateLimited { .. }), Some(seconds)) => {
                Ok(Self::RateLimited { retry_after: Duration::from_secs(seconds) })
            }
            (Some(Self::SlowBody { .. }), Some(millis)) => {
                Ok(Self::SlowBody { pause: Duration::from_millis(millis) })
            }
            _ => Err(InvalidInput::new(
                "fault",
                "a fault is lost-answer, stall, reset, rate-limited[=SECONDS], html-error or slow-body[=MILLIS]",
            )),
        }
    }
}

/// The faults that are in store for requests.
#[derive(Debug, Default)]
pub(super) struct Faults {
    /// For every request, until told otherwise.
    pub(super) standing: Option<Fault>,
    /// For the next requests, one each.
    next: VecDeque<Fault>,
}

impl Faults {
    pub(super) fn with_standing(standing: Option<Fault>) -> Self {
        Self { standing, next: VecDeque::new() }
    }

    /// The fault for the request that has come.
    pub(super) fn take(&mut self) -> Option<Fault> {
        self.next.pop_front().or(self.standing)
    }

    pub(super) fn add(&mut self, fault: Fault, times: usize) {
        let room = MOST_IN_STORE.saturating_sub(self.next.len());
        self.next.extend(std::iter::repeat_n(fault, times.min(room)));
    }

    pub(super) fn in_store(&self) -> usize {
        self.next.len()
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

const MOST_IN_STORE: usize = 10_000;

/// How callbacks go wrong, until told otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CallbackFault {
    /// `duplicate`: each is posted twice, signed each time.
    Duplicate,
    /// `late`, with seconds: each is posted so much later. A minute unless given.
    Late {
        /// How much later.
        by: Duration,
    },
    /// `reordered`: each is held back until the next one has gone, or for ten seconds, and its rows stand in
    /// reverse order.
    Reordered,
    /// `replayed`: each is posted a second time, to the octet as it was, as an eavesdropper would.
    Replayed,
    /// `forged`: the signatures are wrong.
    Forged,
}

impl CallbackFault {
    /// All of them, with the number that counts unless another is given.
    pub const ALL: [Self; 5] = [
        Self::Duplicate,
        Self::Late { by: Duration::from_secs(60) },
        Self::Reordered,
        Self::Replayed,
        Self::Forged,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Duplicate => "duplicate",
            Self::Late { .. } => "late",
            Self::Reordered => "reordered",
            Self::Replayed => "replayed",
            Self::Forged => "forged",
        }
    }
}

impl fmt::Display for CallbackFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        if let Self::Late { by } = self { write!(f, "={}", by.as_secs()) } else { Ok(()) }
    }
}

impl FromStr for CallbackFault {
    type Err = InvalidInput;

    fn from_str(text: &str) -> Result<Self, InvalidInput> {
        let (name, number) = split(text)?;
        match (Self::ALL.into_iter().find(|fault| fault.name() == name), number) {
            (Some(fault), None) => Ok(fault),
            (Some(Self::Late { .. }), Some(seconds)) => Ok(Self::Late { by: Duration::from_secs(seconds) }),
            _ => Err(InvalidInput::new(
                "callback_fault",
                "a callback fault is duplicate, late[=SECONDS], reordered, replayed or forged",
            )),
        }
    }
}

/// A name, and the number after it. A number beyond a day of milliseconds serves nobody.
fn split(text: &str) -> Result<(&str, Option<u64>), InvalidInput> {
    let Some((name, number)) = text.trim().split_once('=') else { return Ok((text.trim(), None)) };
    let digits = (1..=8).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    let number = if digits { number.parse().ok() } else { None };
    number
        .map(|number| (name, Some(number)))
        .ok_or_else(|| InvalidInput::new("fault", "after the `=` stands a number of at most 8 digits"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_fault_is_called_is_how_it_is_asked_for() {
        for fault in Fault::ALL {
            assert_eq!(fault.to_string().parse(), Ok(fault));
            assert_eq!(fault.name().parse(), Ok(fault));
        }
        for fault in CallbackFault::ALL {
            assert_eq!(fault.to_string().parse(), Ok(fault));
            assert_eq!(fault.name().parse(), Ok(fault));
        }
    }

    #[test]
    fn nonsense_is_no_fault() {
        for text in
            ["", "stal", "stall=1", "rate-limited=", "rate-limited=-1", "slow-body=999999999", "a=b=c"]
        {
            assert!(text.parse::<Fault>().is_err(), "{text:?}");
            assert!(text.parse::<CallbackFault>().is_err(), "{text:?}");
        }
    }
}
