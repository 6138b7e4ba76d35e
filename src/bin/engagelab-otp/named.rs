//! Values that have names, one table each: completed by the shell, listed in the help, and parsed.

use std::ffi::OsStr;
use std::str::FromStr;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use engagelab_otp::TemplateStatus;
use engagelab_otp::sandbox::{CallbackFault, Fault, Redelivery, SmppFault};

/// Parses a value by its name, and whatever may follow that.
#[derive(Clone)]
pub(crate) struct Named<T> {
    /// Each name with what it stands for, in words.
    names: Vec<(&'static str, &'static str)>,
    parse: fn(&str) -> Option<T>,
}

impl<T: Clone + Send + Sync + 'static> TypedValueParser for Named<T> {
    type Value = T;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<T, clap::Error> {
        value.to_str().and_then(self.parse).ok_or_else(|| {
            let mut error = clap::Error::new(ErrorKind::ValueValidation).with_cmd(command);
            let option = argument.map(ToString::to_string).unwrap_or_default();
            error.insert(ContextKind::InvalidArg, ContextValue::String(option));
            let names = self.names.iter().map(|(name, _)| (*name).to_owned()).collect();
            error.insert(ContextKind::ValidValue, ContextValue::Strings(names));
            error
        })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let value = |(name, help): &(&'static str, &'static str)| PossibleValue::new(*name).help(*help);
        Some(Box::new(self.names.iter().map(value)))
    }
}

pub(crate) fn faults() -> Named<Fault> {
    Named { names: Fault::ALL.iter().map(|fault| (fault.name(), fault.explanation())).collect(), parse }
}

pub(crate) fn callback_faults() -> Named<CallbackFault> {
    Named {
        names: CallbackFault::ALL.iter().map(|fault| (fault.name(), fault.explanation())).collect(),
        parse,
    }
}

pub(crate) fn smpp_faults() -> Named<SmppFault> {
    Named { names: SmppFault::all().map(|fault| (fault.name(), fault.explanation())).collect(), parse }
}

pub(crate) fn reviews() -> Named<TemplateStatus> {
    const STATUSES: [(TemplateStatus, &str); 3] = [
        (TemplateStatus::Approved, "they can be sent at once"),
        (TemplateStatus::Pending, "they wait for their review"),
        (TemplateStatus::Rejected, "they cannot be sent"),
    ];
    Named {
        names: STATUSES.iter().map(|(status, help)| (status.name(), *help)).collect(),
        parse: |text| STATUSES.iter().map(|(status, _)| *status).find(|status| status.name() == text),
    }
}

pub(crate) fn redeliveries() -> Named<Redelivery> {
    const NAMES: [(&str, &str); 2] =
        [("signed-anew", "with a new time, nonce and signature"), ("as-it-was", "to the octet as it was")];
    Named {
        names: NAMES.to_vec(),
        parse: |text| match text {
            "signed-anew" => Some(Redelivery::SignedAnew),
            "as-it-was" => Some(Redelivery::AsItWas),
            _ => None,
        },
    }
}

fn parse<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}
