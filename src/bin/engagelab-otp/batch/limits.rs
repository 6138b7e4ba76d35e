//! The guard that the settings configure: what may be sent by a batch, how often, to whom and for how much.

use std::fmt;
use std::time::Duration;

use engagelab_otp::guard::{DialPrefix, Guard, Limits, MemoryStore, Pepper, Rate, SpendLimit};
use engagelab_otp::lifecycle::{Decimal, Money};

use crate::failure::Failure;
use crate::setting_groups::{GUARD, Setting};
use crate::settings::{Origin, Settings, Source};

/// A guard that is configured, and how its counters are kept.
pub(crate) struct Configured {
    limits: Limits,
    origin: Origin,
    counters: Counters,
}

enum Counters {
    /// They begin anew with each run.
    OfTheRun,
    /// Others share them.
    #[cfg(feature = "redis")]
    Shared(Box<(engagelab_otp::guard::RedisStoreBuilder, Pepper)>),
}

/// The guard, if one is configured; nothing is connected yet. A sandbox has none: what is tried there must not use up what
/// is allowed for real.
pub(crate) fn configured(source: &Source) -> Result<Option<Configured>, Failure> {
    if source.sandbox {
        return Ok(None);
    }
    let Settings { values, origin } = source.settings(&GUARD)?;
    if values.iter().all(Option::is_none) {
        return Ok(None);
    }
    let [preset, allow, deny, sends, per_prefix, per_recipient, cooldown, spend, price, redis, pepper] =
        &values;
    if values.iter().zip(&GUARD.settings).all(|(value, setting)| value.is_none() || is_place(setting)) {
        return Err(wrong("guard.limits", "or another limit must be given where there is a guard"));
    }
    let mut limits = match preset.as_deref() {
        None => Limits::new(),
        Some("recommended") => Limits::recommended(),
        Some(_) => return Err(wrong("guard.limits", "must be `recommended`, or left out")),
    };
    for prefix in words(allow.as_ref()) {
        limits = limits.allow(dial_prefix("guard.allow", prefix)?);
    }
    for prefix in words(deny.as_ref()) {
        limits = limits.deny(dial_prefix("guard.deny", prefix)?);
    }
    let rate = |key, text: &Option<String>| text.as_deref().map(|text| rate(key, text)).transpose();
    if let Some(rate) = rate("guard.sends", sends)? {
        limits = limits.sends(rate);
    }
    if let Some(rate) = rate("guard.per_prefix", per_prefix)? {
        limits = limits.per_prefix(rate);
    }
    if let Some(rate) = rate("guard.per_recipient", per_recipient)? {
        limits = limits.per_recipient(rate);
    }
    if cooldown.is_some() {
        let windows = words(cooldown.as_ref())
            .map(|word| self::rate("guard.cooldown", word))
            .collect::<Result<Vec<_>, _>>()?;
        limits = limits.cooldown(windows)?;
    }
    limits = match (spend, price) {
        (Some(spend), Some(price)) => limits.spend(spend_limit(spend, price)?),
        (None, None) => limits,
        (Some(_), None) => {
            return Err(wrong("guard.price", "must be given where there is a budget to spend"));
        }
        (None, Some(_)) => return Err(wrong("guard.spend", "must be given where there are prices")),
    };
    let counters = match redis {
        Some(url) => shared(url, pepper.as_deref())?,
        None => Counters::OfTheRun,
    };
    Ok(Some(Configured { limits, origin, counters }))
}

impl Configured {
    /// Whether the counters outlive the run.
    pub(super) fn is_shared(&self) -> bool {
        !matches!(self.counters, Counters::OfTheRun)
    }

    /// The guard for so many rows.
    pub(crate) fn open(self, rows: u64) -> Result<Guard, Failure> {
        let guard = match self.counters {
            Counters::OfTheRun => {
                // A few for each row.
                let room = usize::try_from(rows.saturating_mul(OCTETS_OF_A_ROW)).unwrap_or(usize::MAX);
                Guard::builder(MemoryStore::with_memory_limit(room.max(MemoryStore::DEFAULT_MEMORY)))
            }
            #[cfg(feature = "redis")]
            Counters::Shared(shared) => {
                let (builder, pepper) = *shared;
                Guard::builder(builder.connect().map_err(|error| not_connected(&error))?).pepper(pepper)
            }
        };
        Ok(guard.limits(self.limits).build()?)
    }
}

impl fmt::Display for Configured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the limits of {} apply, counted ", self.origin)?;
        f.write_str(if self.is_shared() { "in Redis" } else { "anew with each run" })
    }
}

/// Counters that others share.
#[cfg(feature = "redis")]
fn shared(url: &str, pepper: Option<&str>) -> Result<Counters, Failure> {
    let pepper = pepper
        .ok_or_else(|| wrong("guard.pepper", "must be given: all that share the counters need the same"))?;
    let pepper = Pepper::new(pepper).map_err(|invalid| wrong("guard.pepper", invalid.rule()))?;
    let builder = engagelab_otp::guard::RedisStore::builder(url)
        .map_err(|invalid| wrong("guard.redis_url", invalid.rule()))?;
    Ok(Counters::Shared(Box::new((builder, pepper))))
}

#[cfg(feature = "redis")]
fn not_connected(error: &engagelab_otp::guard::RedisError) -> Failure {
    let reason = format!("the guard's counters cannot be used: {error}");
    let failure = if error.refusal().is_some() {
        Failure::usage(reason)
            .with_advice(format!("Nothing was sent. Correct {}, or the server.", named("guard.redis_url")))
    } else {
        Failure::new(crate::exit::Exit::NotSent, reason).with_advice("Nothing was sent.")
    };
    failure.with("kind", "settings")
}

#[cfg(not(feature = "redis"))]
fn shared(_: &str, _: Option<&str>) -> Result<Counters, Failure> {
    let _ = Pepper::random;
    Err(wrong("guard.redis_url", "cannot be used: this program was built without the feature redis"))
}

/// Where counters are, and not what is allowed.
fn is_place(setting: &Setting) -> bool {
    ["guard.redis_url", "guard.pepper"].contains(&setting.key)
}

fn words(text: Option<&String>) -> impl Iterator<Item = &str> {
    text.into_iter().flat_map(|text| text.split_whitespace())
}

fn dial_prefix(key: &str, text: &str) -> Result<DialPrefix, Failure> {
    text.parse().map_err(|_| wrong(key, "must be dial prefixes with blanks between them, such as `+65 +1`"))
}

/// So many within a time, written as `20000/h`, `10/d` or `2/3min`.
fn rate(key: &str, text: &str) -> Result<Rate, Failure> {
    let rule = "must be NUMBER/TIME, such as 20000/h or 2/3min, from a second to 31 days";
    let parts = text.split_once('/').and_then(|(most, time)| {
        let digits = time.bytes().take_while(u8::is_ascii_digit).count();
        let (count, unit) = time.split_at(digits);
        let count: u64 = if count.is_empty() { 1 } else { count.parse().ok()? };
        let seconds = UNITS.iter().find(|(name, _)| *name == unit)?.1;
        Some((most.parse().ok()?, Duration::from_secs(count.checked_mul(seconds)?)))
    });
    let (most, window) = parts.ok_or_else(|| wrong(key, rule))?;
    Rate::new(most, window).map_err(|_| wrong(key, rule))
}

/// A day's budget as `100 USD`, and prices as `0.05 +1:0.01`: what a send is expected to cost, and what one to a prefix.
fn spend_limit(spend: &str, price: &str) -> Result<SpendLimit, Failure> {
    let budget = spend.split_once(' ').filter(|(_, currency)| {
        currency.len() == 3 && currency.bytes().all(|letter| letter.is_ascii_uppercase())
    });
    let budget = budget.and_then(|(amount, currency)| Some(Money::new(amount.parse().ok()?, currency)));
    let budget =
        budget.ok_or_else(|| wrong("guard.spend", "must be an amount and a currency, such as `100 USD`"))?;
    let rule = "must be a price, and for prefixes others: `0.05 +1:0.01 +65:0.03`";
    let decimal = |text: &str| text.parse::<Decimal>().map_err(|_| wrong("guard.price", rule));
    let mut prices = price.split_whitespace();
    let usual = decimal(prices.next().unwrap_or_default())?;
    let mut limit = SpendLimit::per_day(&budget, usual).map_err(|invalid| {
        wrong(if invalid.field() == "spend" { "guard.spend" } else { "guard.price" }, invalid.rule())
    })?;
    for price in prices {
        let (prefix, price) = price.split_once(':').ok_or_else(|| wrong("guard.price", rule))?;
        let prefix = prefix.parse().map_err(|_| wrong("guard.price", rule))?;
        limit =
            limit.price(prefix, decimal(price)?).map_err(|invalid| wrong("guard.price", invalid.rule()))?;
    }
    Ok(limit)
}

/// A setting that cannot be used. Nothing of its value is repeated.
fn wrong(key: &str, rule: &str) -> Failure {
    Failure::usage(format!("{} {rule}", named(key))).with("kind", "settings")
}

/// A setting by both of its names.
fn named(key: &str) -> String {
    let setting = GUARD.settings.iter().find(|setting| setting.key == key);
    setting.map_or_else(|| key.to_owned(), Setting::named)
}

const UNITS: [(&str, u64); 4] = [("s", 1), ("min", 60), ("h", 3600), ("d", 86_400)];

/// A few counters, what is remembered of the admission, and of the message.
const OCTETS_OF_A_ROW: u64 = 4 << 10;
