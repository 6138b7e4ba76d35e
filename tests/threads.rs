//! Every public type can be sent to another thread and shared with it.

use std::fs;
use std::path::{Path, PathBuf};

#[cfg(feature = "batch")]
use engagelab_otp::batch;
use engagelab_otp::{api, callback, guard, lifecycle, sandbox, smpp, *};

fn shared<T: Send + Sync + ?Sized>() {}

/// Checks each type while this is compiled, and gives its path.
macro_rules! shared {
    ($($type:ty),* $(,)?) => { [$({ shared::<$type>(); stringify!($type) }),*] };
}

/// The wire types, as the document names them.
macro_rules! wire_types {
    ($($name:ident),* $(,)?) => {
        fn wire_types() { $(shared::<api::types::$name>();)* }
    };
}
include!(concat!(env!("OUT_DIR"), "/type_names.rs"));

#[test]
#[allow(clippy::too_many_lines)] // It is a list.
fn every_public_type_can_be_shared_between_threads() {
    wire_types();
    let checked = shared![
        api::Bounds,
        api::Extra,
        api::Operation,
        Api,
        ApiError,
        Attempt,
        AttemptFailure,
        Client,
        ClientBuilder,
        Code,
        CodeAlphabet,
        CodeConfig,
        Credentials,
        CustomSmsText,
        DefaultText,
        EmailConfig,
        EmailText,
        Error,
        ErrorKind,
        InvalidInput,
        Outcome,
        Proxy,
        PwaConfig,
        Recipient,
        RetryPolicy,
        RootCertificates,
        SmsText,
        Strategy,
        SystemClock,
        TemplateDefinition,
        TemplateDefinitionBuilder,
        TemplateId,
        TemplateRef,
        Timeouts,
        TlsBackend,
        Verification,
        callback::AddressCheck,
        callback::Batch,
        callback::CallbackHeaders<'static>,
        callback::CallbackRequest<'static>,
        callback::Claim,
        callback::Delivery,
        callback::Detail<'static>,
        callback::Event,
        callback::MemoryStore,
        callback::ReceiveError,
        callback::Receiver,
        callback::ReceiverBuilder,
        callback::ReplayStoreError,
        callback::Reservation,
        callback::SignatureHeaderError,
        callback::Signer,
        callback::UnreadableReason,
        callback::UnreadableRow,
        guard::Adjusted,
        guard::AdmitError,
        guard::Cap,
        guard::Charge,
        guard::ChargeId,
        guard::Charged,
        guard::CheckPermit,
        guard::CheckSettlement,
        guard::Decided<'static>,
        guard::Decision,
        guard::Denied,
        guard::DialPrefix,
        guard::Enforcement,
        guard::Excess,
        guard::Fail,
        guard::Guard,
        guard::GuardBuilder,
        guard::GuardedCheck<'static>,
        guard::GuardedClient,
        guard::GuardedError,
        guard::OnceError,
        guard::SendOnce<'static>,
        guard::Unresolved,
        guard::GuardedOperation,
        guard::GuardedSend<'static>,
        guard::Key,
        guard::LimitKind,
        guard::Limits,
        guard::MemoryStore,
        guard::Pepper,
        guard::Permit,
        guard::Rate,
        guard::Record,
        guard::Settlement,
        guard::SpendLimit,
        guard::StoreError,
        guard::UnverifiedBudget,
        guard::Verdict<'static>,
        guard::Version,
        guard::conformance::Violation,
        lifecycle::CodeCheck,
        lifecycle::Decimal,
        lifecycle::Finality,
        lifecycle::Lifecycle,
        lifecycle::Money,
        lifecycle::Observation,
        lifecycle::Observed,
        sandbox::Callback,
        sandbox::CallbackFault,
        sandbox::CallbackState,
        sandbox::DeliveryAttempt,
        sandbox::DeliveryResponse,
        sandbox::Fault,
        sandbox::KeyState,
        sandbox::Message,
        sandbox::Redelivery,
        sandbox::SampleEvent,
        sandbox::Sandbox,
        sandbox::SandboxBuilder,
        sandbox::SmppFault,
        sandbox::Speed,
        sandbox::TimelineEntry,
        smpp::Accepted,
        smpp::Coding,
        smpp::ConnectError,
        smpp::ConnectErrorKind,
        smpp::Credentials,
        smpp::DeliveryReport,
        smpp::Event,
        smpp::Events,
        smpp::Message,
        smpp::Reconnect,
        smpp::ReportState,
        smpp::SmppClient,
        smpp::SmppConfig,
        smpp::SmppTls,
        smpp::SubmissionId,
        smpp::SubmitAll<'static, std::vec::IntoIter<smpp::Message>>,
        smpp::SubmitError,
        smpp::SubmitErrorKind,
        smpp::Ticket,
        smpp::pdu::Address,
        smpp::pdu::Bind,
        smpp::pdu::Body,
        smpp::pdu::Command,
        smpp::pdu::Header,
        smpp::pdu::Pdu,
        smpp::pdu::ShortMessage,
        smpp::pdu::Status,
        smpp::pdu::Tlvs,
        smpp::smsc::BindAttempt,
        smpp::smsc::Decision,
        smpp::smsc::Faults,
        smpp::smsc::PlannedReport,
        smpp::smsc::Receipt,
        smpp::smsc::Received,
        smpp::smsc::Record,
        smpp::smsc::RefusedPdu,
        smpp::smsc::Smsc,
        smpp::smsc::SmscBuilder,
        smpp::smsc::Submission,
        smpp::smsc::TestRecipients,
        callback::CheckedHeaders,
        callback::Lease,
        callback::conformance::Violation,
        AttemptStart,
        SendReceipt,
        callback::DeadLetter,
        callback::Inbox,
        callback::InboxBuilder,
        callback::InboxCallback,
        callback::InboxError,
        callback::InboxStatus,
        callback::ReceivedCallback<'static>,
        callback::Retry,
        callback::Server,
        callback::ServerBuilder,
        callback::ServerEvent<'static>,
        callback::StatusReport<'static>,
        sandbox::Activity<'static>,
        sandbox::On<'static>,
        sandbox::RecipientBehavior,
        sandbox::RecordedRequest,
        sandbox::TestRecipient,
        sandbox::Times,
        sandbox::UnmetExpectation,
        smpp::Endpoint,
        smpp::LinkPhase,
        smpp::LinkStatus,
        smpp::ReportStatus,
        smpp::SubmissionState,
    ];
    let name = |path: &'static str| path.split('<').next().and_then(|path| path.rsplit("::").next());
    #[cfg(feature = "batch")]
    let checked = {
        let batch = shared![
            batch::Batch,
            batch::BatchError,
            batch::BatchErrorKind,
            batch::BatchOptions,
            batch::Counts,
            batch::Duplicates,
            batch::Durability,
            batch::Ended,
            batch::Format,
            batch::Input,
            batch::InputOptions,
            batch::JournalReport,
            batch::Kind,
            batch::Problem,
            batch::Resolver,
            batch::Row,
            batch::RowResult,
            batch::RowState,
            batch::Stopper,
            batch::Summary,
            batch::Transport
        ];
        checked.into_iter().chain(batch)
    };
    #[cfg(feature = "redis")]
    let checked = {
        let redis = shared![
            guard::RedisError,
            guard::RedisRefusal,
            guard::RedisReplayStore,
            guard::RedisStore,
            guard::RedisStoreBuilder
        ];
        checked.into_iter().chain(redis)
    };
    let mut checked: Vec<&str> = checked.into_iter().filter_map(name).map(str::trim).collect();
    for (name, file) in public_types() {
        let index = checked.iter().position(|checked| *checked == name);
        let index = index.unwrap_or_else(|| panic!("{name} of {} is missing here", file.display()));
        checked.swap_remove(index);
    }
}

/// The types that the library's sources declare. A lint sees to it that what is `pub` can be reached.
fn public_types() -> Vec<(String, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let elsewhere = path == root.join("bin")
                || path == root.join("api/generated")
                || (path == root.join("batch") && cfg!(not(feature = "batch")))
                || (path == root.join("guard/redis") && cfg!(not(feature = "redis")));
            if path.is_dir() && !elsewhere {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("UTF-8");
                let declared = text.lines().filter_map(|line| {
                    let rest = line.strip_prefix("pub struct ").or_else(|| line.strip_prefix("pub enum "))?;
                    rest.split(|c: char| !c.is_alphanumeric()).next()
                });
                found.extend(declared.map(|name| (name.to_owned(), path.clone())));
            }
        }
    }
    found
}
