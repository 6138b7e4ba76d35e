//! What the control API shows of SMPP, and its switches.

use std::sync::Arc;

use serde_json::{Value, json};

use super::Control;
use crate::InvalidInput;
use crate::api::types::ErrorCode;
use crate::sandbox::demo;
use crate::sandbox::model::Refusal;
use crate::sandbox::smpp::SmppFault;
use crate::smpp::smsc::{Faults, Smsc};

pub(super) fn state(control: &Control) -> Value {
    let Some(smsc) = control.smsc.upgrade() else { return Value::Null };
    let now = smsc.faults();
    let fault = SmppFault::all().find(|fault| fault.faults() == now).map(SmppFault::name);
    let misbehaves = now != Faults::default();
    let named = |fault: SmppFault| json!({"name": fault.name(), "explanation": fault.explanation()});
    json!({
        "address": smsc.address().to_string(),
        "system_id": demo::SMPP_SYSTEM_ID,
        "password": demo::SMPP_PASSWORD,
        "fault": fault.or(misbehaves.then_some("something of its own")),
        "faults": SmppFault::all().map(named).collect::<Vec<_>>(),
    })
}

/// Has SMPP links go wrong as named, or no more if the name is empty.
pub(super) fn set_faults(control: &Control, name: &str) -> Result<(), Refusal> {
    let (smsc, faults) = read_faults(control, name)?;
    smsc.set_faults(faults);
    Ok(())
}

/// The switches for a name, none if it is empty, and what they are of.
pub(super) fn read_faults(control: &Control, name: &str) -> Result<(Arc<Smsc>, Faults), Refusal> {
    let smsc = control.smsc.upgrade().ok_or_else(|| {
        Refusal::new(ErrorCode::RuleBroken, "the sandbox does not listen for SMPP").with_status(409)
    })?;
    if name.is_empty() {
        return Ok((smsc, Faults::default()));
    }
    let fault: Result<SmppFault, InvalidInput> = name.parse();
    let fault = fault.map_err(|invalid| Refusal::from(invalid).about("smpp"))?;
    Ok((smsc, fault.faults()))
}
