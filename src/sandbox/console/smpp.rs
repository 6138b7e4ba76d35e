//! The console's view of SMPP, and its switches.

use serde_json::{Value, json};

use super::super::front::Front;
use super::super::smpp::SmppFault;
use crate::InvalidInput;
use crate::smpp::smsc::Misbehaviour;

pub(super) fn state(front: &Front) -> Value {
    let Some(smsc) = front.smsc.upgrade() else { return Value::Null };
    let now = smsc.misbehaviour();
    let fault = SmppFault::ALL.into_iter().find(|fault| fault.misbehaviour() == now).map(SmppFault::as_str);
    let misbehaves = now != Misbehaviour::default();
    json!({
        "address": smsc.address().to_string(),
        "fault": fault.or(misbehaves.then_some("something of its own")),
        "faults": SmppFault::ALL.map(SmppFault::as_str),
    })
}

/// Has SMPP links go wrong as named, or no more if the name is empty.
pub(super) fn misbehave(front: &Front, name: &str) -> Result<(), (u16, String)> {
    let smsc = front.smsc.upgrade();
    let smsc = smsc.ok_or_else(|| (409, "the sandbox does not listen for SMPP".to_owned()))?;
    let misbehaviour = if name.is_empty() {
        Misbehaviour::default()
    } else {
        let fault: Result<SmppFault, InvalidInput> = name.parse();
        fault.map_err(|invalid| (400, invalid.rule().to_owned()))?.misbehaviour()
    };
    smsc.misbehave(misbehaviour);
    Ok(())
}
