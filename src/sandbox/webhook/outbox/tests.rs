//! The outbox by itself: pauses, limits, and slow receivers.

use super::*;

fn outbox() -> Outbox {
    Outbox::new(CallbackPlan {
        urls: vec!["http://127.0.0.1:1/".to_owned()],
        signer: None,
        authorization: None,
        redelivery: Redelivery::default(),
        most_rows: 1,
        fault: None,
    })
}

#[test]
fn pauses_grow_and_end() {
    let minutes: Vec<Option<u64>> =
        (1..=25).map(|attempts| redelivery_pause(attempts).map(|pause| pause.as_secs() / 60)).collect();
    assert_eq!(minutes[..7], [1, 10, 60, 120, 300, 600, 1440].map(Some));
    assert_eq!(minutes[23..], [Some(1440), None]);
}

#[test]
fn a_receiver_that_is_slow_gets_every_row_in_fewer_callbacks() {
    let mut outbox = outbox();
    outbox.plan.most_rows = 20;
    let rows = 3 * MOST_CALLBACKS;
    for number in 0..rows {
        outbox.gather(Some(MessageId(number.to_string())), json!({"number": number}));
        outbox.tick(UNIX_EPOCH);
    }
    assert!(outbox.targets.queued(0) <= MOST_QUEUED);
    let mut taken = Vec::new();
    while let Some(delivery) = outbox.take(0, UNIX_EPOCH, UNIX_EPOCH) {
        let body: Value = serde_json::from_str(&delivery.body).expect("JSON");
        let numbers = body["rows"].as_array().expect("rows").iter().filter_map(|row| row["number"].as_u64());
        taken.extend(numbers);
        let answer = DeliveryResponse::Status { status: 200, body: String::new() };
        outbox.delivered(delivery, answer, Duration::ZERO, UNIX_EPOCH, 1);
        outbox.tick(UNIX_EPOCH);
    }
    assert_eq!(taken, (0..rows as u64).collect::<Vec<_>>());
    assert_eq!(outbox.lost_rows(), 0);
}

#[test]
fn however_many_and_however_long_they_are_callbacks_do_not_fill_the_memory() {
    let mut outbox = outbox();
    for (length, times) in [(MOST_BODIES / 3, 9), (10, MOST_CALLBACKS + 9)] {
        for _ in 0..times {
            let id = outbox.make(0, "x".repeat(length), 1, Vec::new(), UNIX_EPOCH);
            outbox.queue(id, SigningMode::Anew);
        }
        let held: usize = outbox.callbacks().map(|callback| callback.body.len()).sum();
        assert!(held == outbox.weight && held <= MOST_BODIES, "{held}");
        assert!(outbox.callbacks.len() <= MOST_CALLBACKS && outbox.targets.queued(0) <= MOST_CALLBACKS);
    }
    // What was forgotten while it waited is passed over.
    let first = outbox.take(0, UNIX_EPOCH, UNIX_EPOCH).expect("queued");
    assert_eq!(outbox.callbacks().next().map(|callback| callback.id), Some(first.callback));
}

#[test]
fn every_row_that_nobody_took_is_counted_whatever_it_is_about() {
    let mut outbox = outbox();
    outbox.plan.most_rows = 3;
    let message = Some(MessageId("1".to_owned()));
    for about in [message.clone(), message, None] {
        outbox.gather(about, json!({}));
    }
    outbox.tick(UNIX_EPOCH);
    assert_eq!((outbox.callbacks().count(), outbox.lost_rows()), (1, 0));
    assert!(outbox.forget_one());
    assert_eq!(outbox.lost_rows(), 3);
}
