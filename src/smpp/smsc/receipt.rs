//! Delivery reports as the service writes them.

use std::borrow::Cow;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::InvalidInput;
use crate::smpp::pdu::{Address, ShortMessage, Tlvs};

/// A delivery report to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    message_id: String,
    recipient: String,
    error: Option<u32>,
    submitted: SystemTime,
}

impl Receipt {
    /// Says that a message arrived.
    pub fn delivered(message_id: &str, recipient: &str) -> Self {
        Self::new(message_id, recipient, None)
    }

    /// Says that a message did not arrive, and the error for which it did not.
    pub fn failed(message_id: &str, recipient: &str, error: u32) -> Self {
        Self::new(message_id, recipient, Some(error))
    }

    pub(super) fn new(message_id: &str, recipient: &str, error: Option<u32>) -> Self {
        let submitted = SystemTime::now();
        Self { message_id: message_id.to_owned(), recipient: recipient.to_owned(), error, submitted }
    }

    /// `deliver_sm` as the service sends it: `esm_class` zero, and two optional parameters.
    pub(super) fn to_short_message(&self, off_spec: bool) -> Result<ShortMessage, InvalidInput> {
        let stat = if self.error.is_none() { "DELIVRD" } else { "UNDELIV" };
        let delivered = if self.error.is_none() { "001" } else { "000" };
        let error =
            self.error.map_or_else(|| Cow::Borrowed("000"), |error| Cow::Owned(format!("{error:03}")));
        // Put together by hand: it is half of what a submission costs here when it is formatted.
        let text = [
            "id:",
            &self.message_id,
            " sub:001 dlvrd:",
            delivered,
            " submit date:",
            &minute(self.submitted),
            " done date:",
            &minute(SystemTime::now()),
            " stat:",
            stat,
            " err:",
            &error,
            " text:",
        ]
        .concat();
        let mut message = ShortMessage {
            service_type: "MSG".to_owned(),
            destination: Address {
                ton: Address::INTERNATIONAL,
                npi: Address::ISDN,
                number: self.recipient.clone(),
            },
            ..ShortMessage::default()
        };
        let state = if self.error.is_none() { 2 } else { 5 };
        let mut id = self.message_id.clone().into_bytes();
        if off_spec {
            message.tlvs.push(Tlvs::RECEIPTED_MESSAGE_ID, &id)?;
            message.tlvs.push(Tlvs::MESSAGE_STATE, &[0, 0, 0, state])?;
        } else {
            id.push(0);
            message.tlvs.push(Tlvs::RECEIPTED_MESSAGE_ID, &id)?;
            message.tlvs.push(Tlvs::MESSAGE_STATE, &[state])?;
        }
        message.short_message = text.into_bytes();
        Ok(message)
    }
}

/// A time as receipts have it, `YYMMDDhhmm`, in UTC.
fn minute(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (days, minutes) = (seconds / 86_400, seconds % 86_400 / 60);
    // Days are counted in eras of 400 years that start on the first of March, so that a leap day ends its year.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let mut written = String::with_capacity(10);
    for pair in [year % 100, month, day, minutes / 60, minutes % 60] {
        written.extend(
            [pair / 10, pair % 10]
                .into_iter()
                .filter_map(|digit| u32::try_from(digit).ok().and_then(|digit| char::from_digit(digit, 10))),
        );
    }
    written
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn times_are_written_to_the_minute() {
        let at = |seconds| minute(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(0), "7001010000");
        assert_eq!(at(951_782_399), "0002282359");
        assert_eq!(at(951_782_400), "0002290000");
        assert_eq!(at(1_735_689_599), "2412312359");
    }
}
