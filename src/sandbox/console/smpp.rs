//! The console's view of SMPP, and its switches.

use serde_json::{Value, json};

use super::Console;
use crate::InvalidInput;
use crate::sandbox::smpp::SmppFault;
use crate::smpp::smsc::Faults;

pub(super) fn state(console: &Console) -> Value {
    let Some(smsc) = console.smsc.upgrade() else { return Value::Null };
    let now = smsc.faults();
    let fault = SmppFault::all().find(|fault| fault.faults() == now).map(SmppFault::name);
    let misbehaves = now != Faults::default();
    let named = |fault: SmppFault| json!({"name": fault.name(), "explanation": fault.explanation()});
    json!({
        "address": smsc.address().to_string(),
        "fault": fault.or(misbehaves.then_some("something of its own")),
        "faults": SmppFault::all().map(named).collect::<Vec<_>>(),
    })
}

/// Has SMPP links go wrong as named, or no more if the name is empty.
pub(super) fn set_faults(console: &Console, name: &str) -> Result<(), (u16, String)> {
    let smsc = console.smsc.upgrade();
    let smsc = smsc.ok_or_else(|| (409, "the sandbox does not listen for SMPP".to_owned()))?;
    let faults = if name.is_empty() {
        Faults::default()
    } else {
        let fault: Result<SmppFault, InvalidInput> = name.parse();
        fault.map_err(|invalid| (400, invalid.rule().to_owned()))?.faults()
    };
    smsc.set_faults(faults);
    Ok(())
}
