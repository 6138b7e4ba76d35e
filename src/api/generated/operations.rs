// Generated from openapi/otp.yaml by build.rs. Do not edit: change the document, then refresh the snapshot
// with `UPDATE_SNAPSHOT=1 cargo test --features full snapshot`.

use super::Operation;
/// The service's address.
pub const BASE_URL: &str = "https://otp.api.engagelab.cc";
/// `POST /v1/messages`
pub const SEND_OTP: Operation = Operation {
    id: "sendOtp",
    method: http::Method::POST,
    path: "/v1/messages",
    repeatable: false,
};
/// `POST /v1/codes`
pub const SEND_CODE: Operation = Operation {
    id: "sendCode",
    method: http::Method::POST,
    path: "/v1/codes",
    repeatable: false,
};
/// `POST /v1/custom-messages`
pub const SEND_MESSAGE: Operation = Operation {
    id: "sendMessage",
    method: http::Method::POST,
    path: "/v1/custom-messages",
    repeatable: false,
};
/// `POST /v1/verifications`
pub const VERIFY_OTP: Operation = Operation {
    id: "verifyOtp",
    method: http::Method::POST,
    path: "/v1/verifications",
    repeatable: false,
};
/// `POST /v1/template-configs`
pub const CREATE_TEMPLATE: Operation = Operation {
    id: "createTemplate",
    method: http::Method::POST,
    path: "/v1/template-configs",
    repeatable: false,
};
/// `GET /v1/template-configs`
pub const LIST_TEMPLATES: Operation = Operation {
    id: "listTemplates",
    method: http::Method::GET,
    path: "/v1/template-configs",
    repeatable: true,
};
/// `GET /v1/template-configs/{templateId}`
pub const GET_TEMPLATE: Operation = Operation {
    id: "getTemplate",
    method: http::Method::GET,
    path: "/v1/template-configs/{templateId}",
    repeatable: true,
};
/// `DELETE /v1/template-configs/{templateId}`
pub const DELETE_TEMPLATE: Operation = Operation {
    id: "deleteTemplate",
    method: http::Method::DELETE,
    path: "/v1/template-configs/{templateId}",
    repeatable: true,
};
/// All of them, in the document's order.
pub const ALL: &[Operation] = &[
    SEND_OTP,
    SEND_CODE,
    SEND_MESSAGE,
    VERIFY_OTP,
    CREATE_TEMPLATE,
    LIST_TEMPLATES,
    GET_TEMPLATE,
    DELETE_TEMPLATE,
];
