//! Lists, figures, and what is kept for how long.

use engine::{AccountId, Position, SubscriptionId};

use super::{Open, add, at, claim, claim_one, command, look, positions, record};
use crate::KeptAnswer;
use crate::provisioning::{CommandState, NewCommand, Then, Which};

pub fn the_first_attempt_and_the_newest_are_kept(open: Open<'_>) {
    let mut store = open("a");
    add(store.as_mut(), &[command(1, 1, true)], 0);
    for round in 0..250 {
        let claimed = claim_one(store.as_mut(), round);
        record(store.as_mut(), &claimed, round, Then::Again(at(round + 1)));
    }
    let (found, attempts) = look(store.as_ref(), 1);
    let seconds: Vec<i64> = attempts.iter().map(|it| (it.at.0 - at(0).0) / 1_000_000).collect();
    let expected: Vec<i64> = [0].into_iter().chain(51..250).collect();
    assert_eq!((found.sent, seconds), (250, expected));
}

pub fn lists_go_page_by_page_and_by_what_is_asked(open: Open<'_>) {
    let mut store = open("a");
    let elsewhere = SubscriptionId { account: AccountId(8), serial: 1 };
    let commands = [
        command(1, 1, true),
        command(2, 2, true),
        NewCommand { adapter: None, ..command(3, 3, true) },
        NewCommand { subscription: elsewhere, ..command(4, 1, true) },
        command(5, 1, false),
    ];
    add(store.as_mut(), &commands, 0);
    let list = |which: &Which, before: Option<u64>, limit| {
        positions(&store.commands(which, before.map(Position), limit).unwrap())
    };
    let all = Which::default();
    assert_eq!(list(&all, None, 3), [5, 4, 3]);
    assert_eq!(list(&all, Some(3), 3), [2, 1]);
    let overtaken = Which { state: Some(CommandState::Overtaken), ..all.clone() };
    assert_eq!(list(&overtaken, None, 9), [1]);
    let account = Which { account: Some(AccountId(7)), ..all.clone() };
    assert_eq!(list(&account, None, 9), [5, 3, 2, 1]);
    let one = Which { subscription: Some(1), ..account };
    assert_eq!(list(&one, None, 9), [5, 1]);
    let nobodys = Which { adapter: Some(String::new()), ..all.clone() };
    assert_eq!(list(&nobodys, None, 9), [3]);
    let state = Some(CommandState::Queued);
    let both = Which { adapter: Some("router".into()), state, ..all };
    assert_eq!(list(&both, Some(5), 9), [4, 2]);
}

pub fn queues_say_how_many_and_since_when(open: Open<'_>) {
    let mut store = open("a");
    assert!(store.queues().unwrap().is_empty());
    let nobodys = NewCommand { adapter: None, ..command(4, 4, true) };
    add(
        store.as_mut(),
        &[command(1, 1, true), command(2, 1, false), command(3, 3, true), nobodys],
        10,
    );
    let claimed = claim(store.as_mut(), 10);
    record(store.as_mut(), &claimed[0], 11, Then::Again(at(40)));
    let queues = store.queues().unwrap();
    assert_eq!(queues.iter().map(|it| it.adapter.as_str()).collect::<Vec<_>>(), ["", "router"]);
    assert_eq!((queues[0].queued, queues[0].oldest_at), (1, Some(at(4))));
    let router = &queues[1];
    assert_eq!((router.queued, router.sending, router.overtaken), (1, 1, 1));
    assert_eq!((router.waiting(), router.oldest_at), (2, Some(at(2))));
    assert_eq!(router.last_error, Some((at(11), "it answered 500".into())));
    assert_eq!((router.failing_since, router.last_success_at), (Some(at(11)), None));
    record(store.as_mut(), &claimed[1], 12, Then::Acknowledged);
    let again = claim_one(store.as_mut(), 40);
    record(store.as_mut(), &again, 41, Then::Acknowledged);
    let router = store.queues().unwrap().remove(1);
    assert_eq!((router.acknowledged, router.waiting(), router.oldest_at), (2, 0, None));
    assert_eq!((router.failing_since, router.last_success_at), (None, Some(at(41))));
    store.prune(at(1_000), 100).unwrap();
    assert_eq!(store.queues().unwrap()[1].overtaken, 0);
}

pub fn only_what_was_overtaken_long_ago_is_pruned(open: Open<'_>) {
    let mut store = open("a");
    add(store.as_mut(), &[command(1, 1, true), command(2, 1, false), command(3, 1, true)], 0);
    let claimed = claim_one(store.as_mut(), 5);
    record(store.as_mut(), &claimed, 6, Then::Acknowledged);
    assert_eq!(store.prune(at(0), 100).unwrap(), 0, "not as long ago as that");
    assert_eq!(store.prune(at(1_000), 1).unwrap(), 1);
    assert_eq!(store.prune(at(1_000), 100).unwrap(), 1);
    assert_eq!(store.prune(at(1_000), 100).unwrap(), 0);
    assert_eq!(positions(&store.commands(&Which::default(), None, 9).unwrap()), [3]);
}

pub fn the_first_answer_under_a_key_is_kept(open: Open<'_>) {
    let mut store = open("a");
    let answer = KeptAnswer { fingerprint: 5, at: at(1), status: 200, body: "{}".into() };
    assert_eq!(store.answer(u128::MAX).unwrap(), None);
    store.keep_answer(u128::MAX, &answer).unwrap();
    drop(store);
    let mut store = open("a");
    assert_eq!(store.answer(u128::MAX).unwrap(), Some(answer));
    assert_eq!(store.prune(at(2), 10).unwrap(), 1);
    assert_eq!(store.answer(u128::MAX).unwrap(), None);
}
