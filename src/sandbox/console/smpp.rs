//! The console's view of SMPP, and its switches.

use serde_json::{Value, json};

use super::super::router::Router;
use super::super::smpp::SmppFault;
use crate::InvalidInput;
use crate::smpp::smsc::Faults;

pub(super) fn state(front: &Router) -> Value {
    let Some(smsc) = front.smsc.upgrade() else { return Value::Null };
    let now = smsc.faults();
    let fault = SmppFault::ALL.into_iter().find(|fault| fault.faults() == now).map(SmppFault::as_str);
    let misbehaves = now != Faults::default();
    json!({
        "address": smsc.address().to_string(),
        "fault": fault.or(misbehaves.then_some("something of its own")),
        "faults": SmppFault::ALL.map(SmppFault::as_str),
    })
}

/// Has SMPP links go wrong as named, or no more if the name is empty.
pub(super) fn set_faults(front: &Router, name: &str) -> Result<(), (u16, String)> {
    let smsc = front.smsc.upgrade();
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
