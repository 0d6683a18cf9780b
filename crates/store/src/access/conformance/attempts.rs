//! Rules about attempts and one-time codes.

use engine::CustomerId;

use super::super::{AccessEvent, AccessStore, Allowance};
use super::{Open, at, customer, events, key, note};

/// Five at once, then after 5 seconds, 10, 20 and so on, up to a minute.
pub(super) fn allowance(byte: u8) -> Allowance {
    Allowance {
        key: key(byte),
        free: 5,
        wait: 5_000_000,
        wait_max: 60_000_000,
        memory: 10_000_000_000,
    }
}

/// Seconds to wait when something is tried then.
fn wait(store: &mut dyn AccessStore, keys: &[u8], seconds: i64) -> i64 {
    let allowances: Vec<Allowance> = keys.iter().map(|it| allowance(*it)).collect();
    let until = store.attempt(&allowances, at(seconds)).unwrap();
    until.map_or(0, |it| it.since(at(seconds)) / 1_000_000)
}

pub fn attempts_beyond_the_free_ones_wait_longer_and_longer(open: Open<'_>) {
    let mut store = open("a");
    for _ in 0..5 {
        assert_eq!(wait(store.as_mut(), &[1], 0), 0);
    }
    assert_eq!(wait(store.as_mut(), &[1], 0), 5);
    assert_eq!(wait(store.as_mut(), &[1], 4), 1);
    // It is remembered, and others are not slowed down.
    drop(store);
    let mut store = open("a");
    assert_eq!(wait(store.as_mut(), &[1], 4), 1);
    assert_eq!(wait(store.as_mut(), &[2], 4), 0);
    assert_eq!(wait(store.as_mut(), &[1], 5), 0);
    assert_eq!(wait(store.as_mut(), &[1], 5), 10);
    let mut moment = 15;
    for expected in [20, 40, 60, 60, 60] {
        assert_eq!(wait(store.as_mut(), &[1], moment), 0);
        assert_eq!(wait(store.as_mut(), &[1], moment), expected);
        moment += expected;
    }
    let long = Allowance { wait_max: i64::MAX, ..allowance(1) };
    assert_eq!(long.wait_after(4), 0);
    assert_eq!(long.wait_after(u32::MAX), 5_000_000 << 40);
}

pub fn an_attempt_that_waits_counts_nowhere(open: Open<'_>) {
    let mut store = open("a");
    for _ in 0..5 {
        assert_eq!(wait(store.as_mut(), &[1, 2], 0), 0);
    }
    for _ in 0..9 {
        assert_eq!(wait(store.as_mut(), &[2, 3], 0), 5);
    }
    for _ in 0..5 {
        assert_eq!(wait(store.as_mut(), &[3], 0), 0);
    }
    // The longest wait is the one that counts.
    assert_eq!(wait(store.as_mut(), &[1], 5), 0);
    assert_eq!(wait(store.as_mut(), &[2, 1], 5), 10);
}

pub fn attempts_are_forgotten_after_their_time(open: Open<'_>) {
    let mut store = open("a");
    for _ in 0..5 {
        assert_eq!(wait(store.as_mut(), &[1], 0), 0);
    }
    assert_eq!(wait(store.as_mut(), &[1], 0), 5);
    // Ten thousand seconds, from when it might have been tried again.
    let forgotten = 10_005;
    for _ in 0..5 {
        assert_eq!(wait(store.as_mut(), &[1], forgotten), 0);
    }
    assert_eq!(wait(store.as_mut(), &[1], forgotten), 5);
    assert_eq!(wait(store.as_mut(), &[1], forgotten + 9_000), 0);
    assert_eq!(wait(store.as_mut(), &[1], forgotten + 9_000), 10);
}

pub fn a_success_forgives(open: Open<'_>) {
    let mut store = open("a");
    for _ in 0..4 {
        assert_eq!(wait(store.as_mut(), &[1, 2], 0), 0);
    }
    store.forgive(&[key(1)], &[key(2), key(9)]).unwrap();
    for _ in 0..5 {
        assert_eq!(wait(store.as_mut(), &[1], 0), 0);
    }
    assert_eq!(wait(store.as_mut(), &[1], 0), 5);
    // Under the other, one of four was forgiven.
    for _ in 0..2 {
        assert_eq!(wait(store.as_mut(), &[2], 0), 0);
    }
    assert_eq!(wait(store.as_mut(), &[2], 0), 5);
}

fn try_code(store: &mut dyn AccessStore, of: u32, code: u8, seconds: i64) -> bool {
    let wrong = note(AccessEvent::SignInFailed, &customer(of), seconds);
    store.try_code(CustomerId(of), &key(code), &wrong).unwrap()
}

pub fn a_code_opens_once_and_only_its_customer(open: Open<'_>) {
    let mut store = open("a");
    let ours = CustomerId(7);
    store.keep_code(ours, &key(1), at(600), 5).unwrap();
    assert!(!try_code(store.as_mut(), 8, 1, 1));
    drop(store);
    let mut store = open("a");
    assert!(try_code(store.as_mut(), 7, 1, 1));
    assert!(!try_code(store.as_mut(), 7, 1, 1));
    // A new one takes the place of the old one.
    store.keep_code(ours, &key(2), at(600), 5).unwrap();
    store.keep_code(ours, &key(3), at(700), 5).unwrap();
    assert!(!try_code(store.as_mut(), 7, 2, 1));
    assert!(try_code(store.as_mut(), 7, 3, 699));
}

pub fn a_code_has_so_many_tries_and_an_end(open: Open<'_>) {
    let mut store = open("a");
    let ours = CustomerId(7);
    store.keep_code(ours, &key(1), at(600), 3).unwrap();
    for _ in 0..3 {
        assert!(!try_code(store.as_mut(), 7, 9, 1));
    }
    assert!(!try_code(store.as_mut(), 7, 1, 1));
    store.keep_code(ours, &key(1), at(600), 3).unwrap();
    assert!(!try_code(store.as_mut(), 7, 1, 600));
    assert!(!try_code(store.as_mut(), 7, 1, 86_400));
    assert_eq!(events(store.as_ref()), ["sign_in_failed"; 6]);
}
