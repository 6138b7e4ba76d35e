//! The operations of the document, each with what the sandbox does.

use serde_json::Value;

use super::{Call, Outcome, body, json};
use crate::api::types::{self, Acknowledgement, MessageId, SendReceipt, VerificationResult};
use crate::api::{Operation, operations};
use crate::http_server::Response;
use crate::sandbox::model::{Message, Refusal, SendCode, SendRequest};
use crate::sandbox::state::State;
use crate::{Code, TemplateId};

/// What the sandbox does for an operation.
pub(super) type Handler = fn(&mut State, &Call<'_>) -> Result<Outcome, Refusal>;

/// Every operation of the document.
pub(super) const HANDLERS: &[(&Operation, Handler)] = &[
    (&operations::SEND_OTP, send_otp),
    (&operations::SEND_CODE, send_code),
    (&operations::SEND_MESSAGE, send_message),
    (&operations::VERIFY_OTP, verify_otp),
    (&operations::CREATE_TEMPLATE, create_template),
    (&operations::LIST_TEMPLATES, list_templates),
    (&operations::GET_TEMPLATE, get_template),
    (&operations::DELETE_TEMPLATE, delete_template),
];

const _: () = assert!(
    HANDLERS.len() == operations::ALL.len(),
    "an operation of the document has no handler here, or one too many"
);

fn send_otp(state: &mut State, call: &Call<'_>) -> Result<Outcome, Refusal> {
    let request: types::SendOtpRequest = body::read(&body::value(call.request)?)?;
    let request = SendRequest {
        to: request.to.expose(),
        index: None,
        template: &request.template.id,
        language: request.template.language.as_ref(),
        params: request.template.params.as_ref().map(types::TemplateParams::expose),
        code: SendCode::Generated,
        by_smpp: false,
    };
    state.model.send(&request, call.now).map(receipt)
}

fn send_code(state: &mut State, call: &Call<'_>) -> Result<Outcome, Refusal> {
    let request: types::SendCodeRequest = body::read(&body::value(call.request)?)?;
    let request = SendRequest {
        to: request.to.expose(),
        index: None,
        template: &request.template.id,
        language: request.template.language.as_ref(),
        params: request.template.params.as_ref().map(types::TemplateParams::expose),
        code: SendCode::Own(request.code.expose()),
        by_smpp: false,
    };
    state.model.send(&request, call.now).map(receipt)
}

/// The document has one recipient. The service takes a list as well, which the vendor's SDK sends: each of the list
/// gets a message of its own, and the answer names the first. If one is refused, none is sent.
fn send_message(state: &mut State, call: &Call<'_>) -> Result<Outcome, Refusal> {
    let mut given = body::value(call.request)?;
    let (recipients, is_list) = match given.get_mut("to").map(Value::take) {
        Some(Value::Array(recipients)) if !recipients.is_empty() && recipients.len() <= MOST_RECIPIENTS => {
            (recipients, true)
        }
        Some(Value::Array(_)) => {
            let rule = format!("must have 1 to {MOST_RECIPIENTS} recipients where it is a list");
            return Err(Refusal::parameter("to", rule));
        }
        Some(one) => (vec![one], false),
        // It is missing, which reading says in its own words.
        None => (vec![Value::Null], false),
    };
    let mut requests = Vec::with_capacity(recipients.len());
    for (index, to) in recipients.into_iter().enumerate() {
        if let Some(place) = given.get_mut("to") {
            *place = to;
        }
        let read = body::read::<types::SendMessageRequest>(&given);
        requests.push(read.map_err(|refusal| refusal.in_list(is_list.then_some(index)))?);
    }
    let requests: Vec<SendRequest<'_>> = requests
        .iter()
        .enumerate()
        .map(|(index, request)| SendRequest {
            to: request.to.expose(),
            index: is_list.then_some(index),
            template: &request.template.id,
            language: None,
            params: request.template.params.as_ref().map(types::TemplateParams::expose),
            code: SendCode::Parameter,
            by_smpp: false,
        })
        .collect();
    let first = state.model.send_all(&requests, call.now).map(receipt)?;
    Ok(first.of_several(requests.len()))
}

fn verify_otp(state: &mut State, call: &Call<'_>) -> Result<Outcome, Refusal> {
    let request: types::VerifyOtpRequest = body::read(&body::value(call.request)?)?;
    let code = Code::new(request.verify_code.expose().as_str())?;
    let verified = state.model.verify(&request.message_id, code.expose(), call.now)?;
    let message = Some(MessageId(request.message_id.clone()));
    let result = VerificationResult::new(verified).message_id(request.message_id).verify_code(code.expose());
    Ok(Outcome::done(json(200, &result), message))
}

fn create_template(state: &mut State, call: &Call<'_>) -> Result<Outcome, Refusal> {
    let definition = body::read(&body::value(call.request)?)?;
    state.model.create_template(definition, call.now)?;
    Ok(alone(acknowledgement()))
}

fn list_templates(state: &mut State, _: &Call<'_>) -> Result<Outcome, Refusal> {
    let summaries = state.model.templates().iter().map(body::summary).collect::<Result<_, _>>()?;
    Ok(alone(json(200, &types::TemplateList(summaries))))
}

fn get_template(state: &mut State, call: &Call<'_>) -> Result<Outcome, Refusal> {
    let id = TemplateId::new(call.parameter.as_str())?;
    let template = state.model.templates().get(id.as_str())?;
    Ok(alone(json(200, &body::details(template)?)))
}

fn delete_template(state: &mut State, call: &Call<'_>) -> Result<Outcome, Refusal> {
    let id = TemplateId::new(call.parameter.as_str())?;
    state.model.delete_template(id.as_str())?;
    Ok(alone(acknowledgement()))
}

fn receipt(message: &Message) -> Outcome {
    let receipt = SendReceipt::new(message.id.clone()).send_channel(message.channel.clone());
    Outcome::done(json(200, &receipt), Some(message.id.clone()))
}

fn acknowledgement() -> Response {
    json(200, &Acknowledgement::new(0).message("success"))
}

fn alone(response: Response) -> Outcome {
    Outcome::done(response, None)
}

/// The most recipients of one request.
const MOST_RECIPIENTS: usize = 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_of_the_document_has_a_handler() {
        for operation in operations::ALL {
            let handlers = HANDLERS.iter().filter(|(handled, _)| *handled == operation);
            assert_eq!(handlers.count(), 1, "{} is handled once in HANDLERS", operation.id);
        }
    }
}
