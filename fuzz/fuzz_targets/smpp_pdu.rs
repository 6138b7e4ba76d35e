//! Any octets through the decoder: it never panics, and what it reads it can write and read again to the same.
//!
//! ```text
//! RUSTC_BOOTSTRAP=1 cargo fuzz run -s none smpp_pdu -- -runs=10000000 -max_len=300
//! ```
//!
//! Without a sanitizer: there is no `unsafe` to watch here, and it runs more than ten times as fast.
#![no_main]

use engagelab_otp::smpp::DeliveryReport;
use engagelab_otp::smpp::pdu::{Body, HEADER_LENGTH, Pdu, split_frame};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    // As a frame whose length is right, so that bodies are reached without luck.
    let length = u32::try_from(octets.len() + 4).expect("the fuzzer's inputs are short");
    let framed = [&length.to_be_bytes()[..], octets].concat();
    check_stream(octets);
    check_stream(&framed);
});

fn check_stream(mut octets: &[u8]) {
    while let Ok(Some((frame, rest))) = split_frame(octets) {
        assert!(frame.len() >= HEADER_LENGTH && rest.len() < octets.len());
        octets = rest;
        if let Ok(pdu) = Pdu::decode(frame) {
            check_pdu(pdu);
        }
    }
}

fn check_pdu(pdu: Pdu) {
    let mut written = Vec::new();
    // Reading is tolerant and writing is strict, so not everything that is read can be written. Answers with an error
    // status are written without their body.
    if pdu.encode(&mut written).is_ok() {
        let again = Pdu::decode(&written).expect("what is written can be read");
        if pdu.status.is_ok() {
            assert_eq!(again, pdu);
        }
    }
    if let Body::DeliverSm(message) = pdu.body {
        match DeliveryReport::from_message(message.clone()) {
            Ok(report) => {
                let _ = (report.text(), report.error(), report.submit_date(), report.done_date());
                assert_eq!(report.message(), &message);
            }
            Err(given_back) => assert_eq!(given_back, message),
        }
    }
}
