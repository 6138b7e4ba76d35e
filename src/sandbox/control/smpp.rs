//! What the control API shows of SMPP, and its switches.

use serde_json::{Value, json};

use super::Control;
use crate::InvalidInput;
use crate::api::types::ErrorCode;
use crate::sandbox::demo;
use crate::sandbox::model::Refusal;
use crate::sandbox::smpp::SmppFault;
use crate::smpp::smsc::Faults;

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
    let smsc = control.smsc.upgrade();
    let smsc = smsc.ok_or_else(|| {
        Refusal::new(ErrorCode::RuleBroken, "the sandbox does not listen for SMPP").with_status(409)
    })?;
    let faults = if name.is_empty() {
        Faults::default()
    } else {
        let fault: Result<SmppFault, InvalidInput> = name.parse();
        fault?.faults()
    };
    smsc.set_faults(faults);
    Ok(())
}
