//! An attack on a sandbox, without a guard and with one: pumped traffic on three expensive prefixes, a flood of resends to
//! one number, and a guessed code, while people log in as always. Prints what got through, and what it costs.
//!
//! ```sh
//! cargo run --example pumping --features guard,sandbox
//! ```

use std::error::Error;
use std::time::Duration;

use engagelab_otp::guard::{Guard, GuardedClient, Limits, MemoryStore, Rate, SpendLimit, UnverifiedBudget};
use engagelab_otp::lifecycle::{Decimal, Money};
use engagelab_otp::sandbox::Sandbox;
use engagelab_otp::{Client, Code, Recipient, TemplateRef, Verification};

/// What a message costs, in US dollars: where the service is at home, and where the attacker is paid.
const PRICES: [(&str, &str); 4] = [("+65", "0.04"), ("+992", "0.35"), ("+675", "0.28"), ("+269", "0.31")];
const HOUR: u64 = 3600;
const LOGINS: u64 = 300;
const PUMPED: u64 = 2_400;
const RESENDS: u64 = 400;
const GUESSES: u64 = 500;

fn main() -> Result<(), Box<dyn Error>> {
    let without = attack(Limits::new())?;
    let with = attack(limits()?)?;
    println!("{:<28}{:>16}{:>16}", "", "without guard", "with guard");
    for (what, value) in [
        ("people who logged in", (|run| format!("{} of {LOGINS}", run.logged_in)) as fn(&Run) -> String),
        ("pumped messages sent", |run| format!("{} of {PUMPED}", run.pumped)),
        ("messages to one victim", |run| format!("{} of {RESENDS}", run.resent)),
        ("guesses at one code", |run| format!("{} of {GUESSES}", run.guessed)),
        ("spent, in US dollars", |run| format!("{:.2}", run.cents_hundredths() / 10_000.0)),
    ] {
        println!("{what:<28}{:>16}{:>16}", value(&without), value(&with));
    }
    let saved = (without.cents_hundredths() - with.cents_hundredths()) / 10_000.0;
    println!("\nsaved: {saved:.2} US dollars");
    Ok(())
}

/// What a service might set that is at home in Singapore, and has some customers elsewhere.
fn limits() -> Result<Limits, Box<dyn Error>> {
    let hour = Duration::from_secs(HOUR);
    let mut spend = SpendLimit::per_day(&Money::new("100".parse()?, "USD"), "0.1".parse()?)?;
    for (prefix, price) in PRICES {
        spend = spend.price(prefix.parse()?, price.parse()?)?;
    }
    Ok(Limits::recommended()
        .spend(spend)
        .unverified(UnverifiedBudget::new(20, 100, 24 * hour)?)
        .for_prefix("+65".parse()?, Rate::new(2_000, hour)?))
}

/// What came of an attack.
struct Run {
    logged_in: u64,
    pumped: u64,
    resent: u64,
    guessed: u64,
    spent: Vec<Decimal>,
}

impl Run {
    fn cents_hundredths(&self) -> f64 {
        let sum = self.spent.iter().fold(Decimal::ZERO, |sum, price| sum + *price);
        sum.to_string().parse::<f64>().unwrap_or_default() * 10_000.0
    }
}

fn attack(limits: Limits) -> Result<Run, Box<dyn Error>> {
    let sandbox = Sandbox::start()?;
    let client = Client::for_sandbox(&sandbox)?;
    let guarded = Guard::builder(MemoryStore::default()).limits(limits).build()?.client(&client);
    let template = TemplateRef::new("sandbox-otp-tpl")?;
    let notice = TemplateRef::new("sandbox-custom-tpl")?.param("code", "398210");
    let mut run = Run { logged_in: 0, pumped: 0, resent: 0, guessed: 0, spent: Vec::new() };
    let each = PUMPED / LOGINS;
    for number in 0..LOGINS {
        run.logged_in += u64::from(log_in(&sandbox, &guarded, &template, number)?);
        for pumped in number * each..(number + 1) * each {
            let (prefix, _) = PRICES[1 + usize::try_from(pumped % 3)?];
            let to: Recipient = format!("{prefix}{:08}", 20_000_000 + pumped).parse()?;
            // Rented numbers, and an address of a proxy for each.
            let requester = format!("198.51.{}.{}", pumped / 256, pumped % 256);
            run.pumped += u64::from(guarded.requester(&requester).send_otp(&to, &template).is_ok());
        }
    }
    let victim = "+6587654321".parse()?;
    for number in 0..RESENDS {
        let requester = format!("203.0.113.{}", number % 256);
        run.resent += u64::from(guarded.requester(&requester).send_message(&victim, &notice).is_ok());
    }
    run.guessed = guess(&guarded, &"+6587650000".parse()?, &template)?;
    for message in sandbox.messages() {
        let price = PRICES.iter().find(|(prefix, _)| message.to.starts_with(prefix));
        run.spent.push(price.map_or("0.1", |(_, price)| price).parse()?);
    }
    Ok(run)
}

fn log_in(
    sandbox: &Sandbox,
    guarded: &GuardedClient,
    template: &TemplateRef,
    number: u64,
) -> Result<bool, Box<dyn Error>> {
    let to: Recipient = format!("+65{:08}", 80_000_000 + number).parse()?;
    let requester = format!("192.0.2.{}", number % 200);
    let Ok(receipt) = guarded.requester(&requester).send_otp(&to, template) else { return Ok(false) };
    let code = Code::new(sandbox.code(&receipt.message_id).ok_or("no code")?)?;
    Ok(guarded.verify_otp(&receipt.message_id, &code)?.is_verified())
}

/// Asks for a code in somebody's name, and tries one code after the other.
fn guess(guarded: &GuardedClient, to: &Recipient, template: &TemplateRef) -> Result<u64, Box<dyn Error>> {
    let receipt = guarded.send_otp(to, template)?;
    let mut guessed = 0;
    for number in 0..GUESSES {
        let code = Code::new(format!("{number:06}"))?;
        match guarded.verify_otp(&receipt.message_id, &code) {
            Ok(Verification::Verified) => {
                return Err("the sandbox made an unlucky code; run this again".into());
            }
            Ok(_) => guessed += 1,
            Err(error) if error.denied().is_some() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(guessed)
}
