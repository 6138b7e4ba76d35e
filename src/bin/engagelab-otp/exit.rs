//! The exit codes: the one table from which behaviour, `--help`, the README (by a test) and the JSON Schema are made.

/// How a run ended. Scripts branch on it, so the numbers never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It was done.
    Done = 0,
    /// It was checked, and the answer is no. The answer stands on standard output.
    No = 1,
    /// What was given cannot be used. Nothing was sent.
    Usage = 2,
    /// The service refused.
    Rejected = 3,
    /// The service refused for now.
    RateLimited = 4,
    /// Nothing was done.
    NotSent = 5,
    /// The service may have acted, or has and the result could not be printed.
    Unknown = 6,
}

impl Exit {
    /// Each code with its short meaning and what more there is to say of it.
    pub(crate) const TABLE: [(Self, &str, &str); 7] = [
        (Self::Done, "done", ""),
        (
            Self::No,
            "the answer is no",
            "the code is wrong, expired or used, the callback is not genuine, or the message was not delivered",
        ),
        (
            Self::Usage,
            "usage; nothing was sent",
            "arguments, settings, certificates or input cannot be used, or the question was answered with no: running \
             the same again is of no use",
        ),
        (Self::Rejected, "refused by the service", "the text says why, and what to do"),
        (Self::RateLimited, "rate limited; wait", "nothing was done: wait, then run it again"),
        (Self::NotSent, "not done; safe to run again", "nothing was sent, or it only reads"),
        (
            Self::Unknown,
            "unknown; do not repeat blindly",
            "it may have happened, or it has and the result could not be printed: the text says which, and what not to \
             do",
        ),
    ];

    /// The number that the shell sees.
    pub(crate) const fn code(self) -> u8 {
        self as u8
    }

    /// What is known of the request then, in the library's words; none where the answer came.
    pub(crate) const fn outcome(self) -> Option<&'static str> {
        match self {
            Self::Done | Self::No => None,
            Self::Usage | Self::NotSent => Some("not_sent"),
            Self::Rejected | Self::RateLimited => Some("rejected"),
            Self::Unknown => Some("unknown"),
        }
    }
}
