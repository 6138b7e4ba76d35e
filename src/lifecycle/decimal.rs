//! Amounts of money, exactly.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use crate::InvalidInput;

/// A decimal number, exactly as somebody wrote it: at most 12 digits before the point and 24 after it.
///
/// ```
/// use engagelab_otp::lifecycle::Decimal;
///
/// let tenth: Decimal = "0.1".parse()?;
/// let fifth: Decimal = "2e-1".parse()?;
/// assert_eq!((tenth + fifth).to_string(), "0.3");
/// # Ok::<(), engagelab_otp::InvalidInput>(())
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Decimal {
    /// Without trailing zeros after the point, so that equal numbers are equal here.
    units: i128,
    /// How many of the digits stand after the point.
    scale: u32,
}

const MAX_WHOLE: i64 = 12;
const MAX_SCALE: i64 = 24;

impl Decimal {
    /// Nothing.
    pub const ZERO: Self = Self { units: 0, scale: 0 };

    /// The digits, and how many of them stand after the point.
    pub(super) fn parts(self) -> (i128, u32) {
        (self.units, self.scale)
    }

    /// What [`parts`](Decimal::parts) gave.
    pub(super) fn from_parts(units: i128, scale: u32) -> Self {
        Self { units, scale }
    }

    /// How many millionths it comes to, rounded up.
    #[cfg(feature = "guard")]
    pub(crate) fn in_millionths(self) -> Option<i128> {
        match self.scale.checked_sub(6) {
            None | Some(0) => self.units.checked_mul(10_i128.pow(6 - self.scale)),
            Some(finer) => {
                let unit = 10_i128.checked_pow(finer)?;
                Some(self.units.div_euclid(unit) + i128::from(self.units.rem_euclid(unit) > 0))
            }
        }
    }

    fn normal(mut units: i128, mut scale: u32) -> Self {
        while scale > 0 && units % 10 == 0 {
            units /= 10;
            scale -= 1;
        }
        Self { units, scale }
    }

    /// What prices look like, in one pass: digits, with a point between them, and no more than fit 64 bits.
    fn parse_short(text: &str) -> Option<Self> {
        if text.len() > 12 {
            return None;
        }
        let (mut units, mut point) = (0_i64, None);
        for (position, byte) in text.bytes().enumerate() {
            match byte {
                b'0'..=b'9' => units = units * 10 + i64::from(byte - b'0'),
                b'.' if point.is_none() && position > 0 => point = Some(position),
                _ => return None,
            }
        }
        let scale = text.len().checked_sub(point.map_or(text.len(), |point| point + 1))?;
        if text.is_empty() || (point.is_some() && scale == 0) {
            return None;
        }
        Some(Self::normal(units.into(), u32::try_from(scale).ok()?))
    }

    /// The units at a scale that is at least as fine. Numbers that were parsed fit; saturation can only be
    /// met by adding up more than a hundred of the largest.
    fn units_at(self, scale: u32) -> i128 {
        self.units.saturating_mul(10_i128.saturating_pow(scale - self.scale))
    }
}

/// As JSON writes numbers, with an exponent if need be; a plus sign before it is read as well.
impl FromStr for Decimal {
    type Err = InvalidInput;

    fn from_str(text: &str) -> Result<Self, InvalidInput> {
        if let Some(short) = Self::parse_short(text) {
            return Ok(short);
        }
        let invalid = || InvalidInput::new("amount", "must be a decimal number of at most 12 and 24 digits");
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().map_err(|_| invalid())?),
            None => (text, 0),
        };
        let unsigned = mantissa.strip_prefix(['-', '+']).unwrap_or(mantissa);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let digits = || whole.bytes().chain(fraction.bytes());
        if digits().next().is_none() || !digits().all(|digit| digit.is_ascii_digit()) {
            return Err(invalid());
        }
        // Without the zeros at both ends, what is left counts from here:
        let leading = digits().take_while(|&digit| digit == b'0').count();
        let total = whole.len() + fraction.len();
        if leading == total {
            return Ok(Self::ZERO);
        }
        let trailing =
            fraction.bytes().rev().chain(whole.bytes().rev()).take_while(|&digit| digit == b'0').count();
        let length = |count: usize| i64::try_from(count).map_err(|_| invalid());
        let point = length(whole.len())?.checked_add(exponent).ok_or_else(invalid)?;
        let whole_digits = point.saturating_sub(length(leading)?);
        let scale = length(total - trailing)?.saturating_sub(point);
        if whole_digits > MAX_WHOLE || scale > MAX_SCALE {
            return Err(invalid());
        }
        let mut units = 0_i128;
        for digit in digits().take(total - trailing).skip(leading) {
            units = units * 10 + i128::from(digit - b'0');
        }
        let (missing_zeros, scale) = (u32::try_from(-scale).unwrap_or(0), u32::try_from(scale).unwrap_or(0));
        units *= 10_i128.pow(missing_zeros);
        Ok(Self { units: if mantissa.starts_with('-') { -units } else { units }, scale })
    }
}

impl std::ops::Add for Decimal {
    type Output = Self;

    /// The exact sum.
    fn add(self, other: Self) -> Self {
        let scale = self.scale.max(other.scale);
        Self::normal(self.units_at(scale).saturating_add(other.units_at(scale)), scale)
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let scale = self.scale.max(other.scale);
        self.units_at(scale).cmp(&other.units_at(scale))
    }
}

/// Without exponent.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = self.scale as usize;
        let mut digits = format!("{:0>width$}", self.units.unsigned_abs(), width = scale + 1);
        if scale > 0 {
            digits.insert(digits.len() - scale, '.');
        }
        f.pad_integral(self.units >= 0, "", &digits)
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An amount in a currency.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Money {
    amount: Decimal,
    currency: String,
}

impl Money {
    /// This amount in this currency: its ISO 4217 code, in either case and with spaces around it or without.
    pub fn new(amount: Decimal, currency: impl Into<String>) -> Self {
        let mut currency = currency.into();
        if currency.trim().len() < currency.len() {
            currency = currency.trim().to_owned();
        }
        currency.make_ascii_uppercase();
        Self { amount, currency }
    }

    /// The amount.
    pub fn amount(&self) -> Decimal {
        self.amount
    }

    /// The currency's code in capitals; empty if the service names none.
    pub fn currency(&self) -> &str {
        &self.currency
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<String> {
        text.parse::<Decimal>().ok().map(|number| number.to_string())
    }

    #[test]
    fn numbers_are_what_was_written() {
        let cases = [
            ("0.0423", "0.0423"),
            ("0.30000000000000004", "0.30000000000000004"),
            ("-1.50", "-1.5"),
            ("+1.50", "1.5"),
            ("+0", "0"),
            ("5e-05", "0.00005"),
            ("0.0", "0"),
            ("00100.00", "100"),
            ("12345678901", "12345678901"),
            ("123456789012", "123456789012"),
            ("1.", "1"),
            (".5", "0.5"),
            ("1.25E+2", "125"),
            ("1200", "1200"),
            ("12e2", "1200"),
            ("0.000", "0"),
            ("-0", "0"),
            ("0e999999999999", "0"),
            ("007.10", "7.1"),
            ("999999999999.000000000000000000000001", "999999999999.000000000000000000000001"),
        ];
        for (text, expected) in cases {
            assert_eq!(shown(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_or_does_not_fit_is_refused() {
        for text in [
            "",
            ".",
            "-",
            "+",
            "+-1",
            "++1",
            "1e",
            "e5",
            "1,5",
            "NaN",
            "1e12",
            "1000000000000",
            "1e-25",
            "--1",
            "1e99999999999999999999",
            "1.2.3",
            "٣",
        ] {
            assert_eq!(shown(text), None, "{text:?}");
        }
        let zeros = format!("0.{}1", "0".repeat(1_000_000));
        assert_eq!(shown(&zeros), None);
    }

    #[test]
    fn sums_and_order_are_exact() {
        let number = |text: &str| text.parse::<Decimal>().expect("a number");
        assert_eq!(number("0.1") + number("0.2"), number("0.3"));
        assert_eq!(number("0.05") + number("-0.05"), Decimal::ZERO);
        assert!(number("0.1") < number("0.10000000000000000001"));
        assert!(number("-2") < number("1.5"));
    }
}
