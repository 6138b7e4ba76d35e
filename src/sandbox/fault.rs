//! What a sandbox does wrong when it is asked to, for programs to show how they take it.
//!
//! Each fault is one line of a table, from which parsing, help, the console's page and the documentation are made.

use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::InvalidInput;
use crate::api::types::ErrorCode;

/// The request header that asks for a fault, for that one request.
pub const FAULT_HEADER: &str = "x-sandbox-fault";

/// Makes an enumeration of faults, with the name and the explanation of each, and a value after the name for some.
macro_rules! faults {
    (
        $(#[$meta:meta])*
        $enumeration:ident called $field:literal {
            $($name:literal => $variant:ident
                $({ $value:ident: $type:ty as $unit:ident = $default:expr })?, $explanation:literal;)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $enumeration {
            $(
                #[doc = concat!("`", $name, "`: ", $explanation, ".")]
                $variant $({
                    #[doc = concat!("The value after the name, in ", stringify!($unit), ".")]
                    $value: $type,
                })?,
            )*
        }

        impl $enumeration {
            /// All of them, each with the value that counts unless another is given.
            pub const ALL: [Self; [$($name),*].len()] =
                [$(Self::$variant $({ $value: $default })?),*];

            /// What it is called, without a value.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant { .. } => $name,)*
                }
            }

            /// What it does, in words.
            pub const fn explanation(self) -> &'static str {
                match self {
                    $(Self::$variant { .. } => $explanation,)*
                }
            }
        }

        impl fmt::Display for $enumeration {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match *self {
                    $(Self::$variant $({ $value })? => {
                        f.write_str($name)?;
                        $(write!(f, "={}", $unit::show($value))?;)?
                        Ok(())
                    })*
                }
            }
        }

        impl FromStr for $enumeration {
            type Err = InvalidInput;

            fn from_str(text: &str) -> Result<Self, InvalidInput> {
                let text = text.trim();
                let (name, value) =
                    text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
                let read = match (name, value) {
                    $(($name, None) => Some(Self::$variant $({ $value: $default })?),)*
                    $($(($name, Some(value)) => $unit::read(value).map(|$value| Self::$variant { $value }),)?)*
                    _ => None,
                };
                let rule = concat!("must be one of:" $(, " ", $name $(, "[=", stringify!($unit), "]")?)*);
                read.ok_or(InvalidInput::new($field, rule))
            }
        }
    };
}

faults! {
    /// How a request goes wrong. In text, as in the header `X-Sandbox-Fault`, a value can follow: `rate-limited=7`,
    /// `slow-body=20`, `error=5016`.
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
    Fault called "fault" {
        "lost-answer" => LostAnswer, "acted on, and the connection closed without an answer";
        "stall" => Stall, "not acted on, and nothing is said until the client gives up";
        "reset" => Reset, "not acted on, and the connection is reset";
        "rate-limited" => RateLimited { retry_after: Duration as seconds = Duration::from_secs(1) },
            "not acted on, and answered with 429 and Retry-After";
        "html-error" => HtmlError, "not acted on, and answered with 500 and a page of HTML, as proxies do";
        "slow-body" => SlowBody { pause: Duration as milliseconds = Duration::from_millis(100) },
            "acted on, and the answer's body comes octet by octet";
        "error" => Error { code: ErrorCode as code = ErrorCode::Internal },
            "not acted on, and answered with an error of the service";
    }
}

faults! {
    /// How callbacks go wrong, until told otherwise. In text a value can follow: `late=5`.
    CallbackFault called "callback_fault" {
        "duplicate" => Duplicate, "each is posted twice, signed each time";
        "late" => Late { by: Duration as seconds = Duration::from_secs(60) }, "each is posted so much later";
        "reordered" => Reordered, "each waits for the next one, or ten seconds, and its rows are reversed";
        "replayed" => Replayed, "each is posted a second time, to the octet as it was";
        "forged" => Forged, "the signatures are wrong";
    }
}

mod seconds {
    use super::Duration;

    pub(super) fn read(text: &str) -> Option<Duration> {
        super::number(text).map(Duration::from_secs)
    }

    pub(super) fn show(time: Duration) -> u64 {
        time.as_secs()
    }
}

mod milliseconds {
    use super::Duration;

    pub(super) fn read(text: &str) -> Option<Duration> {
        super::number(text).map(Duration::from_millis)
    }

    pub(super) fn show(time: Duration) -> u128 {
        time.as_millis()
    }
}

mod code {
    use super::ErrorCode;

    pub(super) fn read(text: &str) -> Option<ErrorCode> {
        let number = super::number(text).and_then(|number| i64::try_from(number).ok());
        number.filter(|&number| number > 0).map(ErrorCode::from)
    }

    pub(super) fn show(code: ErrorCode) -> i64 {
        code.value()
    }
}

/// The number after a name. One beyond a day of milliseconds serves nobody.
fn number(text: &str) -> Option<u64> {
    let digits = (1..=8).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

/// The faults that are in store for requests.
#[derive(Debug, Default)]
pub(crate) struct FaultQueue {
    /// For every request, until told otherwise.
    standing: Option<Fault>,
    /// For the next requests, one each; those with an operation wait for a request to it.
    queued: VecDeque<(Option<String>, Fault)>,
}

impl FaultQueue {
    pub(crate) fn new(standing: Option<Fault>) -> Self {
        Self { standing, queued: VecDeque::new() }
    }

    /// The fault for a request that has come, to this operation if it is to any.
    pub(crate) fn take(&mut self, operation: Option<&str>) -> Option<Fault> {
        let fits = |wanted: &Option<String>| wanted.is_none() || wanted.as_deref() == operation;
        let position = self.queued.iter().position(|(wanted, _)| fits(wanted));
        let queued = position.and_then(|position| self.queued.remove(position));
        queued.map(|(_, fault)| fault).or(self.standing)
    }

    /// Queues a fault for the next so many requests, of one operation or of all.
    pub(crate) fn queue(&mut self, operation: Option<&str>, fault: Fault, times: usize) {
        let entry = (operation.map(str::to_owned), fault);
        self.queued.extend(std::iter::repeat_n(entry, times.min(self.room())));
    }

    /// How many can still be queued.
    pub(crate) fn room(&self) -> usize {
        MOST_QUEUED.saturating_sub(self.queued.len())
    }

    pub(crate) fn standing(&self) -> Option<Fault> {
        self.standing
    }

    pub(crate) fn set_standing(&mut self, fault: Option<Fault>) {
        self.standing = fault;
    }

    pub(crate) fn queued(&self) -> impl ExactSizeIterator<Item = &(Option<String>, Fault)> {
        self.queued.iter()
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

const MOST_QUEUED: usize = 10_000;

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
        for text in [
            "",
            "stal",
            "stall=1",
            "rate-limited=",
            "rate-limited=-1",
            "slow-body=999999999",
            "a=b=c",
            "error=0",
        ] {
            assert!(text.parse::<Fault>().is_err(), "{text:?}");
            assert!(text.parse::<CallbackFault>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn queued_faults_wait_for_their_operation_and_keep_their_order() {
        let mut queue = FaultQueue::new(Some(Fault::Reset));
        queue.queue(Some("verifyOtp"), Fault::Stall, 1);
        queue.queue(None, Fault::HtmlError, 1);
        queue.queue(None, Fault::LostAnswer, 1);
        assert_eq!(queue.take(Some("sendOtp")), Some(Fault::HtmlError));
        assert_eq!(queue.take(Some("verifyOtp")), Some(Fault::Stall));
        assert_eq!(queue.take(Some("verifyOtp")), Some(Fault::LostAnswer));
        assert_eq!(queue.take(Some("verifyOtp")), Some(Fault::Reset));
    }
}
