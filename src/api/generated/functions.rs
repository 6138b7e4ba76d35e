// Generated from openapi/otp.yaml by build.rs. Do not edit: change the document, then refresh the snapshot
// with `UPDATE_SNAPSHOT=1 cargo test --features full snapshot`.

impl Api {
    /// Send a one-time password that the service generates.
    ///
    /// Delivers a fresh code by the first channel of the template's strategy, and by the next ones when
    /// that fails. The code's length, characters and validity come from the template.
    ///
    /// A second send with the same template and recipient while the first code is still valid is refused
    /// with 3004. The answer says which channel was tried first; callbacks tell where it ended.
    ///
    /// `POST /v1/messages`
    ///
    /// # Errors
    ///
    /// See [`Error`](crate::Error): what failed, and whether the request may have been acted on.
    pub fn send_otp(
        &self,
        body: &types::SendOtpRequest,
    ) -> Result<types::SendReceipt, crate::Error> {
        self.run(&operations::SEND_OTP, &Parameters::default(), Some(body))
    }
    /// Send a one-time password of your own.
    ///
    /// Delivers the given code with a template. The service does not remember the code: `verifyOtp`
    /// cannot check it, so compare it yourself.
    ///
    /// `POST /v1/codes`
    ///
    /// # Errors
    ///
    /// See [`Error`](crate::Error): what failed, and whether the request may have been acted on.
    pub fn send_code(
        &self,
        body: &types::SendCodeRequest,
    ) -> Result<types::SendReceipt, crate::Error> {
        self.run(&operations::SEND_CODE, &Parameters::default(), Some(body))
    }
    /// Send a notice, an offer, or a code of your own.
    ///
    /// Delivers a template's text with the given parameters. A template that carries a code needs the
    /// parameter `code`. The language is the template's own; it cannot be chosen here.
    ///
    /// The service also takes an array of recipients. This document leaves that form out on purpose: one
    /// request has one recipient, one message id and one outcome.
    ///
    /// `POST /v1/custom-messages`
    ///
    /// # Errors
    ///
    /// See [`Error`](crate::Error): what failed, and whether the request may have been acted on.
    pub fn send_message(
        &self,
        body: &types::SendMessageRequest,
    ) -> Result<types::SendReceipt, crate::Error> {
        self.run(&operations::SEND_MESSAGE, &Parameters::default(), Some(body))
    }
    /// Check the code that a user typed.
    ///
    /// Compares the code with the one that `sendOtp` delivered under this `message_id`.
    ///
    /// - Right code: 200 with `verified: true`. The code cannot be used again.
    /// - Wrong code: 200 with `verified: false`. The user may try again.
    /// - Expired, or verified before: error 3003.
    /// - Unknown message: error 4001.
    ///
    /// `POST /v1/verifications`
    ///
    /// # Errors
    ///
    /// See [`Error`](crate::Error): what failed, and whether the request may have been acted on.
    pub fn verify_otp(
        &self,
        body: &types::VerifyOtpRequest,
    ) -> Result<types::VerificationResult, crate::Error> {
        self.run(&operations::VERIFY_OTP, &Parameters::default(), Some(body))
    }
    /// Create a template.
    ///
    /// Every channel of `send_channel_strategy` needs its own configuration; a missing one is refused
    /// with 3003. A new template is reviewed before it can send: see `TemplateStatus`.
    ///
    /// `POST /v1/template-configs`
    ///
    /// # Errors
    ///
    /// See [`Error`](crate::Error): what failed, and whether the request may have been acted on.
    pub fn create_template(
        &self,
        body: &types::TemplateDefinition,
    ) -> Result<types::Acknowledgement, crate::Error> {
        self.run(&operations::CREATE_TEMPLATE, &Parameters::default(), Some(body))
    }
    /// List all templates.
    ///
    /// Answers with a bare array, without pages. The channels' texts are left out; `getTemplate` has them.
    ///
    /// `GET /v1/template-configs`
    ///
    /// # Errors
    ///
    /// See [`Error`](crate::Error): what failed, and whether the request may have been acted on.
    pub fn list_templates(&self) -> Result<types::TemplateList, crate::Error> {
        self.run(&operations::LIST_TEMPLATES, &Parameters::default(), None::<&()>)
    }
    /// Show one template with all it says.
    ///
    /// Answers with the template and the content of each channel. An unknown id gives 4001.
    ///
    /// `GET /v1/template-configs/{templateId}`
    ///
    /// - `template_id`: The template's id, percent-encoded as one path segment (a slash is legal in an id).
    ///
    /// # Errors
    ///
    /// See [`Error`](crate::Error): what failed, and whether the request may have been acted on.
    pub fn get_template(
        &self,
        template_id: &str,
    ) -> Result<types::TemplateDetails, crate::Error> {
        self.run(
            &operations::GET_TEMPLATE,
            &Parameters {
                path: &[template_id],
                ..Parameters::default()
            },
            None::<&()>,
        )
    }
    /// Delete a template.
    ///
    /// Removes the template for good. An unknown id gives 4001, and so does a second delete of the same.
    ///
    /// `DELETE /v1/template-configs/{templateId}`
    ///
    /// - `template_id`: The template's id, percent-encoded as one path segment (a slash is legal in an id).
    ///
    /// # Errors
    ///
    /// See [`Error`](crate::Error): what failed, and whether the request may have been acted on.
    pub fn delete_template(
        &self,
        template_id: &str,
    ) -> Result<types::Acknowledgement, crate::Error> {
        self.run(
            &operations::DELETE_TEMPLATE,
            &Parameters {
                path: &[template_id],
                ..Parameters::default()
            },
            None::<&()>,
        )
    }
}
