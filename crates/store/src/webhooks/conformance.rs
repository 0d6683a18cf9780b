//! What every place that keeps endpoints and deliveries must do: one suite, run on each with
//! [`webhook_conformance_suite!`](crate::webhook_conformance_suite).

mod together;

use engine::{Position, Timestamp};

use crate::KeptAnswer;

use super::{
    Attempt, Change, Delivery, DeliveryState, EndpointFields, EndpointId, NewEvent, Outcome,
    Secret, Switch, Then, WebhookStore,
};

pub use together::*;

/// Opens the same place again at each call with the same name.
pub type Open<'a> = &'a mut dyn FnMut(&str) -> Box<dyn WebhookStore>;

/// One test for each rule, on the places that what `$open` answers opens; `None` skips it.
#[macro_export]
macro_rules! webhook_conformance_suite {
    ($open:expr) => {
        $crate::webhook_conformance_suite!($open;
            an_endpoint_is_read_back_as_it_was_written
            a_stale_cursor_makes_no_delivery
            sequences_count_within_endpoint_and_subject
            a_subject_waits_for_its_first_delivery_alone
            a_subject_goes_on_after_success_and_after_giving_up
            an_attempt_that_failed_is_due_again_at_its_moment
            every_attempt_is_kept
            a_replay_keeps_events_numbers_and_order
            an_attempt_under_way_does_not_overtake_a_replay
            a_disabled_endpoint_is_never_due_and_resumes_or_starts_anew
            an_old_secret_ends_and_the_newest_does_not
            a_deleted_endpoint_leaves_nothing_but_its_changes
            what_is_finished_is_pruned_after_its_time
            lists_go_page_by_page_and_by_state
            the_first_answer_under_a_key_is_kept
            figures_leave_disabled_endpoints_out
            events_are_taken_once_however_many_take_them
            a_subject_goes_on_whoever_notes_what_came_of_it
        );
    };
    ($open:expr; $($rule:ident)*) => {
        $(#[test]
        fn $rule() {
            let Some(mut open) = $open() else { return };
            $crate::webhooks::conformance::$rule(&mut open);
        })*
    };
}

const DAY: i64 = 86_400_000_000;

fn at(seconds: i64) -> Timestamp {
    Timestamp(1_800_000_000_000_000 + seconds * 1_000_000)
}

fn fields(url: &str) -> EndpointFields {
    EndpointFields { url: url.into(), events: None, description: None }
}

fn secret(byte: u8) -> Secret {
    Secret { shared: vec![byte; 32], seed: vec![byte + 1; 32], until: None }
}

fn change(action: &str, seconds: i64) -> Change {
    Change {
        at: at(seconds),
        action: action.into(),
        actor: "ann".into(),
        channel: "api".into(),
        reason: None,
        detail: None,
    }
}

fn event(position: u64, subject: &str) -> NewEvent {
    NewEvent {
        event: format!("evt_{position}"),
        event_type: "payment.received".into(),
        position: Some(Position(position)),
        subject: subject.into(),
        at: at(position as i64),
        payload: format!(r#"{{"position":{position}}}"#),
    }
}

fn attempt(seconds: i64) -> Attempt {
    Attempt { at: at(seconds), status: Some(500), error: None, ms: 12, response: Some("no".into()) }
}

fn outcome(delivery: &Delivery, seconds: i64, then: Then) -> Outcome {
    Outcome { delivery: delivery.id, attempt: attempt(seconds), then }
}

/// An endpoint with deliveries of these subjects, at the positions from 1 on.
fn filled(store: &mut dyn WebhookStore, subjects: &[&str]) -> EndpointId {
    let made = change("created", 0);
    let id = store.create_endpoint(&fields("http://a"), &secret(1), Position(0), &made).unwrap();
    let events: Vec<NewEvent> =
        subjects.iter().zip(1..).map(|(subject, position)| event(position, subject)).collect();
    let end = Position(subjects.len() as u64);
    assert!(store.enqueue(id, Position(0), end, &events, at(0)).unwrap());
    id
}

fn due(store: &dyn WebhookStore, endpoint: EndpointId, seconds: i64) -> Vec<u64> {
    let due = store.due(endpoint, at(seconds), 100).unwrap();
    due.iter().map(|it| it.event.position.unwrap().0).collect()
}

fn first_due(store: &dyn WebhookStore, endpoint: EndpointId, seconds: i64) -> Delivery {
    store.due(endpoint, at(seconds), 1).unwrap().remove(0)
}

pub fn an_endpoint_is_read_back_as_it_was_written(open: Open<'_>) {
    let mut store = open("a");
    let written = EndpointFields {
        url: "https://example.com/hooks?x=1".into(),
        events: Some(vec!["payment.received".into(), "credit.ended".into()]),
        description: Some("Amélie’s".into()),
    };
    let made = Change { reason: Some("asked for".into()), ..change("created", 5) };
    let id = store.create_endpoint(&written, &secret(1), Position(7), &made).unwrap();
    drop(store);
    let mut store = open("a");
    let read = store.endpoint(id).unwrap().unwrap();
    assert_eq!(read.fields, written);
    assert_eq!((read.cursor, read.created_at), (Position(7), at(5)));
    assert_eq!(read.secrets, [secret(1)]);
    assert_eq!((read.disabled.clone(), read.failing_since), (None, None));
    assert!(read.takes("credit.ended") && !read.takes("payment.cancelled"));
    let changed = change("changed", 6);
    assert!(store.update_endpoint(id, &fields("http://b"), Switch::Stay, &changed).unwrap());
    let read = store.endpoint(id).unwrap().unwrap();
    assert_eq!(read.fields, fields("http://b"));
    assert_eq!((read.created_at, read.updated_at), (at(5), at(6)));
    assert_eq!(store.changes(id, 10).unwrap(), [changed, made]);
    assert_eq!(store.endpoints().unwrap(), [read]);
    let none = store.update_endpoint(99, &fields("http://b"), Switch::Stay, &change("x", 7));
    assert!(!none.unwrap());
    assert!(store.endpoint(99).unwrap().is_none() && store.changes(99, 10).unwrap().is_empty());
}

pub fn a_stale_cursor_makes_no_delivery(open: Open<'_>) {
    let mut store = open("a");
    let id = filled(store.as_mut(), &["acc_1"]);
    for (endpoint, expected) in [(id, 0), (id, 2), (99, 1)] {
        let events = [event(2, "acc_1")];
        let moved = store.enqueue(endpoint, Position(expected), Position(2), &events, at(1));
        assert!(!moved.unwrap());
    }
    assert_eq!(store.pending(id).unwrap(), 1);
    assert!(store.enqueue(id, Position(1), Position(9), &[], at(1)).unwrap());
    assert_eq!(store.endpoint(id).unwrap().unwrap().cursor, Position(9));
}

pub fn sequences_count_within_endpoint_and_subject(open: Open<'_>) {
    let mut store = open("a");
    let one = filled(store.as_mut(), &["acc_1", "acc_2", "acc_1"]);
    let other = filled(store.as_mut(), &["acc_1"]);
    drop(store);
    let mut store = open("a");
    let more = [event(4, "acc_1"), event(5, "acc_2"), event(6, "")];
    assert!(store.enqueue(one, Position(3), Position(6), &more, at(1)).unwrap());
    let extra = NewEvent { position: None, ..event(0, "acc_2") };
    store.enqueue_extra(one, &extra, at(1)).unwrap();
    let numbers = |endpoint| -> Vec<(String, u64)> {
        let all = store.deliveries(endpoint, None, None, 100).unwrap();
        all.into_iter().rev().map(|it| (it.event.subject, it.sequence)).collect()
    };
    let expected = [("acc_1", 1), ("acc_2", 1), ("acc_1", 2), ("acc_1", 3), ("acc_2", 2)];
    let expected: Vec<(String, u64)> =
        expected.into_iter().chain([("", 1), ("acc_2", 3)]).map(|it| (it.0.into(), it.1)).collect();
    assert_eq!(numbers(one), expected);
    assert_eq!(numbers(other), [("acc_1".into(), 1)]);
}

pub fn a_subject_waits_for_its_first_delivery_alone(open: Open<'_>) {
    let mut store = open("a");
    let id = filled(store.as_mut(), &["acc_1", "acc_1", "acc_2", "acc_1", "acc_2"]);
    assert_eq!(due(store.as_ref(), id, 0), [1, 3]);
    assert!(due(store.as_ref(), id, -1).is_empty());
    assert_eq!(store.due(id, at(0), 1).unwrap().len(), 1);
    assert_eq!(store.next_due_at().unwrap(), Some(at(0)));
}

pub fn a_subject_goes_on_after_success_and_after_giving_up(open: Open<'_>) {
    let mut store = open("a");
    let id = filled(store.as_mut(), &["acc_1", "acc_1", "acc_1"]);
    let first = first_due(store.as_ref(), id, 0);
    store.record(&[outcome(&first, 1, Then::Delivered)]).unwrap();
    assert_eq!(due(store.as_ref(), id, 1), [2]);
    let endpoint = store.endpoint(id).unwrap().unwrap();
    assert_eq!((endpoint.last_success_at, endpoint.failing_since), (Some(at(1)), None));
    let second = first_due(store.as_ref(), id, 1);
    store.record(&[outcome(&second, 2, Then::GiveUp)]).unwrap();
    assert_eq!(due(store.as_ref(), id, 2), [3]);
    let endpoint = store.endpoint(id).unwrap().unwrap();
    assert_eq!((endpoint.last_success_at, endpoint.failing_since), (Some(at(1)), Some(at(2))));
    let state = |it: &Delivery| store.delivery(it.id).unwrap().unwrap().0;
    assert_eq!(state(&first).state, DeliveryState::Delivered);
    assert_eq!(
        (state(&second).state, state(&second).finished_at),
        (DeliveryState::Failed, Some(at(2)))
    );
}

pub fn an_attempt_that_failed_is_due_again_at_its_moment(open: Open<'_>) {
    let mut store = open("a");
    let id = filled(store.as_mut(), &["acc_1", "acc_1"]);
    let first = first_due(store.as_ref(), id, 0);
    store.record(&[outcome(&first, 1, Then::Again(at(6)))]).unwrap();
    assert!(due(store.as_ref(), id, 5).is_empty());
    assert_eq!(store.next_due_at().unwrap(), Some(at(6)));
    let again = first_due(store.as_ref(), id, 6);
    assert_eq!((again.id, again.tries), (first.id, 1));
    store.record(&[outcome(&again, 7, Then::Again(at(20)))]).unwrap();
    // The failure began with the first attempt.
    assert_eq!(store.endpoint(id).unwrap().unwrap().failing_since, Some(at(1)));
    // By hand it goes at once, and has the whole schedule before it.
    assert!(store.retry(first.id, at(8)).unwrap());
    let again = first_due(store.as_ref(), id, 8);
    assert_eq!((again.id, again.tries), (first.id, 0));
    assert!(!store.retry(999, at(8)).unwrap());
}

pub fn every_attempt_is_kept(open: Open<'_>) {
    let mut store = open("a");
    let id = filled(store.as_mut(), &["acc_1"]);
    let first = first_due(store.as_ref(), id, 0);
    store.record(&[outcome(&first, 1, Then::Again(at(6)))]).unwrap();
    let cut = Attempt { status: None, error: Some("cut off".into()), response: None, ..attempt(6) };
    let second = Outcome { delivery: first.id, attempt: cut.clone(), then: Then::GiveUp };
    store.record(&[second]).unwrap();
    store.retry(first.id, at(7)).unwrap();
    store.record(&[outcome(&first, 8, Then::Delivered)]).unwrap();
    let (delivery, attempts) = store.delivery(first.id).unwrap().unwrap();
    assert_eq!(attempts, [attempt(1), cut, attempt(8)]);
    assert_eq!((delivery.state, delivery.sequence), (DeliveryState::Delivered, 1));
    assert_eq!(delivery.event, first.event);
}

pub fn a_replay_keeps_events_numbers_and_order(open: Open<'_>) {
    let mut store = open("a");
    let id = filled(store.as_mut(), &["acc_1", "acc_1", "acc_2", "acc_1"]);
    for seconds in 0..3 {
        let all: Vec<Outcome> = store
            .due(id, at(seconds), 9)
            .unwrap()
            .iter()
            .map(|it| outcome(it, seconds, Then::Delivered))
            .collect();
        store.record(&all).unwrap();
    }
    assert_eq!(store.pending(id).unwrap(), 0);
    let before = store.deliveries(id, None, None, 9).unwrap();
    assert!(store.enqueue(id, Position(4), Position(5), &[event(5, "acc_1")], at(10)).unwrap());
    let asked = change("replayed", 11);
    assert_eq!(store.replay(id, Position(2), Position(4), at(11), &asked).unwrap(), 3);
    // What is new waits behind what is told again.
    let mut order = Vec::new();
    for seconds in 11..15 {
        for it in store.due(id, at(seconds), 9).unwrap() {
            let old = before.iter().find(|old| old.id == it.id);
            assert!(old.is_none_or(|old| old.event == it.event && old.sequence == it.sequence));
            order.push(it.event.position.unwrap().0);
            store.record(&[outcome(&it, seconds, Then::Delivered)]).unwrap();
        }
    }
    assert_eq!(order, [2, 3, 4, 5]);
    assert_eq!(store.changes(id, 1).unwrap(), [asked]);
}

pub fn an_attempt_under_way_does_not_overtake_a_replay(open: Open<'_>) {
    let mut store = open("a");
    let id = filled(store.as_mut(), &["acc_1", "acc_1", "acc_1"]);
    let first = first_due(store.as_ref(), id, 0);
    store.record(&[outcome(&first, 0, Then::Delivered)]).unwrap();
    let under_way = first_due(store.as_ref(), id, 0);
    store.replay(id, Position(1), Position(1), at(1), &change("replayed", 1)).unwrap();
    store.record(&[outcome(&under_way, 2, Then::Again(at(2)))]).unwrap();
    assert_eq!(due(store.as_ref(), id, 9), [1]);
    store.record(&[outcome(&first, 3, Then::Delivered)]).unwrap();
    assert_eq!(due(store.as_ref(), id, 9), [2]);
}

pub fn a_disabled_endpoint_is_never_due_and_resumes_or_starts_anew(open: Open<'_>) {
    let mut store = open("a");
    let id = filled(store.as_mut(), &["acc_1", "acc_1", "acc_2"]);
    let first = first_due(store.as_ref(), id, 0);
    store.record(&[outcome(&first, 1, Then::Again(at(9_000)))]).unwrap();
    assert!(store.disable(id, "no success for 3 days", &change("disabled", 2)).unwrap());
    assert!(!store.disable(id, "again", &change("disabled", 3)).unwrap());
    let endpoint = store.endpoint(id).unwrap().unwrap();
    assert_eq!(endpoint.disabled, Some((at(2), "no success for 3 days".into())));
    assert_eq!(store.next_due_at().unwrap(), None);
    let on = change("enabled", 4);
    assert!(store.update_endpoint(id, &fields("http://a"), Switch::Resume, &on).unwrap());
    let endpoint = store.endpoint(id).unwrap().unwrap();
    assert_eq!((endpoint.disabled, endpoint.failing_since), (None, None));
    assert_eq!(due(store.as_ref(), id, 4), [1, 3]);
    assert_eq!(first_due(store.as_ref(), id, 4).tries, 0);
    let off = change("disabled", 5);
    assert!(store.update_endpoint(id, &fields("http://a"), Switch::Disable, &off).unwrap());
    let endpoint = store.endpoint(id).unwrap().unwrap();
    assert_eq!(endpoint.disabled, Some((at(5), "by ann".into())));
    let anew = Switch::StartAt(Position(50));
    assert!(store.update_endpoint(id, &fields("http://a"), anew, &change("enabled", 6)).unwrap());
    let endpoint = store.endpoint(id).unwrap().unwrap();
    assert_eq!((endpoint.cursor, endpoint.disabled), (Position(50), None));
    assert!(due(store.as_ref(), id, 99_999).is_empty());
    let skipped = store.deliveries(id, Some(DeliveryState::Skipped), None, 9).unwrap();
    assert_eq!(skipped.len(), 3);
    // An answer that comes now changes nothing any more.
    store.record(&[outcome(&first, 7, Then::Again(at(8)))]).unwrap();
    assert!(due(store.as_ref(), id, 99_999).is_empty());
}

pub fn an_old_secret_ends_and_the_newest_does_not(open: Open<'_>) {
    let mut store = open("a");
    let id = filled(store.as_mut(), &[]);
    let rotated = |store: &mut dyn WebhookStore, byte, until, now| {
        assert!(
            store.rotate_secret(id, &secret(byte), at(until), &change("rotated", now)).unwrap()
        );
        store.endpoint(id).unwrap().unwrap().secrets
    };
    let until = |byte, end| Secret { until: Some(at(end)), ..secret(byte) };
    assert_eq!(rotated(store.as_mut(), 3, 100, 0), [secret(3), until(1, 100)]);
    assert_eq!(rotated(store.as_mut(), 5, 150, 50), [secret(5), until(3, 150), until(1, 100)]);
    assert_eq!(rotated(store.as_mut(), 7, 220, 120), [secret(7), until(5, 220), until(3, 150)]);
    assert!(!store.rotate_secret(99, &secret(9), at(1), &change("rotated", 121)).unwrap());
}

pub fn a_deleted_endpoint_leaves_nothing_but_its_changes(open: Open<'_>) {
    let mut store = open("a");
    let id = filled(store.as_mut(), &["acc_1", "acc_2"]);
    let kept = filled(store.as_mut(), &["acc_1"]);
    let first = first_due(store.as_ref(), id, 0);
    assert!(store.delete_endpoint(id, &change("deleted", 1)).unwrap());
    assert!(!store.delete_endpoint(id, &change("deleted", 2)).unwrap());
    assert!(store.endpoint(id).unwrap().is_none());
    assert_eq!(store.endpoints().unwrap().len(), 1);
    // An attempt that was under way comes back to nothing.
    store.record(&[outcome(&first, 2, Then::Delivered)]).unwrap();
    while store.prune(at(-1), 1).unwrap() > 0 {}
    assert!(store.delivery(first.id).unwrap().is_none());
    assert_eq!(store.deliveries(kept, None, None, 9).unwrap().len(), 1);
    assert_eq!(store.changes(id, 9).unwrap().len(), 2);
    // Its number is not given to another.
    let next = filled(store.as_mut(), &["acc_1"]);
    assert!(next > kept);
}

pub fn what_is_finished_is_pruned_after_its_time(open: Open<'_>) {
    let mut store = open("a");
    let id = filled(store.as_mut(), &["acc_1", "acc_2", "acc_3", "acc_4"]);
    let all = store.due(id, at(0), 9).unwrap();
    let ends =
        [(1, Then::Delivered), (2, Then::GiveUp), (9, Then::Delivered), (1, Then::Again(at(9)))];
    for (it, (seconds, then)) in all.iter().zip(ends) {
        store.record(&[outcome(it, seconds, then)]).unwrap();
    }
    assert_eq!(store.prune(at(1), 9).unwrap(), 0);
    assert_eq!(store.prune(at(5), 1).unwrap(), 1);
    assert_eq!(store.prune(at(5), 9).unwrap(), 1);
    let left: Vec<u64> = store
        .deliveries(id, None, None, 9)
        .unwrap()
        .iter()
        .map(|it| it.event.position.unwrap().0)
        .collect();
    assert_eq!(left, [4, 3]);
    // Numbers go on although nothing of them is left.
    assert!(store.enqueue(id, Position(4), Position(5), &[event(5, "acc_1")], at(10)).unwrap());
    assert_eq!(store.deliveries(id, None, None, 1).unwrap()[0].sequence, 2);
}

pub fn lists_go_page_by_page_and_by_state(open: Open<'_>) {
    let mut store = open("a");
    let id = filled(store.as_mut(), &["a", "b", "c", "d", "e"]);
    filled(store.as_mut(), &["a"]);
    let all = store.due(id, at(0), 9).unwrap();
    store.record(&[outcome(&all[1], 1, Then::GiveUp), outcome(&all[3], 1, Then::GiveUp)]).unwrap();
    let mut seen = Vec::new();
    let mut before = None;
    loop {
        let page = store.deliveries(id, None, before, 2).unwrap();
        let Some(last) = page.last() else { break };
        before = Some(last.id);
        seen.extend(page.iter().map(|it| it.event.position.unwrap().0));
    }
    assert_eq!(seen, [5, 4, 3, 2, 1]);
    let failed = store.deliveries(id, Some(DeliveryState::Failed), None, 9).unwrap();
    assert_eq!(failed.iter().map(|it| it.id).collect::<Vec<_>>(), [all[3].id, all[1].id]);
}

pub fn the_first_answer_under_a_key_is_kept(open: Open<'_>) {
    let mut store = open("a");
    assert_eq!(store.answer(7).unwrap(), None);
    let answer = KeptAnswer { fingerprint: u64::MAX, at: at(0), status: 201, body: "{}".into() };
    store.keep_answer(7, &answer).unwrap();
    drop(store);
    let mut store = open("a");
    assert_eq!(store.answer(7).unwrap(), Some(answer));
    assert_eq!(store.answer(8).unwrap(), None);
    assert_eq!(store.prune(Timestamp(at(0).0 + DAY), 9).unwrap(), 1);
    assert_eq!(store.answer(7).unwrap(), None);
}

pub fn figures_leave_disabled_endpoints_out(open: Open<'_>) {
    let mut store = open("a");
    assert_eq!(store.figures().unwrap(), super::Figures::default());
    let one = filled(store.as_mut(), &["acc_1", "acc_2"]);
    let other = filled(store.as_mut(), &["acc_1"]);
    let figures = store.figures().unwrap();
    assert_eq!((figures.endpoints, figures.disabled, figures.pending), (2, 0, 3));
    assert_eq!(figures.oldest_at, Some(at(1)));
    store.disable(other, "gone", &change("disabled", 1)).unwrap();
    let first = first_due(store.as_ref(), one, 0);
    store.record(&[outcome(&first, 1, Then::Delivered)]).unwrap();
    let figures = store.figures().unwrap();
    assert_eq!((figures.endpoints, figures.disabled, figures.pending), (2, 1, 1));
    assert_eq!(figures.oldest_at, Some(at(2)));
}
