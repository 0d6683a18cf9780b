//! Checkpoints, and the way back from them.

use std::sync::Arc;

use engine::{
    AccountId, AccountRef, Command, ExchangeRates, Name, OpenSubscription, Order, Origin,
    PAGE_ACCOUNTS, Position, Refund, Service, Settings, State, SubscriptionId, Timestamp,
};

use super::history::{SUBJECTS, subject};
use super::{Fresh, History, append, batch_of, remembered};
use crate::{Batch, CLOCK_AHEAD, Checkpoint, Reader, SavedPage, StoreError, recover};

pub fn a_restart_equals_a_replay_from_nothing(fresh: Fresh<'_>) {
    for seed in 0..4 {
        let mut store = fresh();
        let mut history = History::new(seed);
        append(store.as_mut(), history.open_accounts(600));
        for round in 0..120 {
            let entries_count = 1 + history.below(30) as usize;
            let mut batch = batch_of(history.entries(entries_count));
            if history.below(3) == 0 {
                let pages = 1 + history.below(3);
                batch.checkpoint = Some(checkpoint(&mut history, pages as usize));
            }
            store.append(&batch).unwrap();
            if round % 8 == 0 {
                let reader = store.reader().unwrap();
                check_restart(reader.as_ref(), &history, &format!("seed {seed} round {round}"));
            }
        }
        let reader = store.reader().unwrap();
        let mut replayed = fresh_state();
        let replay = |it: engine::Entry| {
            replayed.apply(&it);
            Ok(())
        };
        reader.scan(Position(1), &mut { replay }).unwrap();
        check_same(&replayed, &history, &format!("seed {seed}, a replay"));
    }
}

pub fn pages_may_be_saved_in_any_order(fresh: Fresh<'_>) {
    let orders: [&[usize]; 5] = [&[2], &[1, 2], &[2, 0], &[3, 1], &[0, 1, 2, 3]];
    for order in orders {
        let mut store = fresh();
        let mut history = History::new(9);
        append(store.as_mut(), history.open_accounts(1_000));
        let saved = save(&mut history, order);
        store.append(&Batch { checkpoint: Some(saved), ..Batch::default() }).unwrap();
        append(store.as_mut(), history.entries(50));
        check_restart(store.reader().unwrap().as_ref(), &history, &format!("{order:?}"));
    }
}

/// The network's name of a subscription on one page is given to another on another page; each page
/// was saved when it had the name, and the replay between them knows only one side.
pub fn a_name_that_moved_leads_to_its_new_place_after_a_restart(fresh: Fresh<'_>) {
    for (from, to) in [(1, 300), (300, 1)] {
        let mut store = fresh();
        let mut history = History::new(3);
        append(store.as_mut(), history.open_accounts(400));
        let mut take = |history: &mut History, command| {
            let mut entries = Vec::new();
            let name = Name::new("ann").unwrap();
            let origin = Origin { actor: name, channel: name, reason: None };
            history.state.execute(&Order { origin, command }, history.now, &mut entries).unwrap();
            append(store.as_mut(), entries);
        };
        take(&mut history, Command::SetService(Arc::new(serde_json::from_str(USE).unwrap())));
        take(&mut history, open_subscription(from));
        let first = save(&mut history, &[page_of(from)]);
        let subscription = SubscriptionId { account: AccountId(from), serial: 1 };
        let refund = Refund::Nothing;
        take(&mut history, Command::CloseSubscription { subscription, refund });
        take(&mut history, open_subscription(to));
        let second = save(&mut history, &[page_of(to)]);
        let pages = first.pages.into_iter().chain(second.pages).collect();
        let saved = Checkpoint { pages, ..second };
        store.append(&Batch { checkpoint: Some(saved), ..Batch::default() }).unwrap();
        let found = history.state.subject(&subject(0)).unwrap();
        assert_eq!(found.account, AccountId(to));
        check_restart(store.reader().unwrap().as_ref(), &history, &format!("{from} to {to}"));
    }
}

const USE: &str = r#"{
    "name": "call", "version": 0, "title": "Calls", "currency": "EUR", "mode": "prepaid",
    "usage": {"unit": "second", "rates": [{"price": "0.10"}]}
}"#;

fn page_of(account: u32) -> usize {
    (account as usize - 1) / PAGE_ACCOUNTS
}

fn open_subscription(account: u32) -> Command {
    Command::OpenSubscription(Box::new(OpenSubscription {
        account: AccountRef::Id(AccountId(account)),
        service: Name::new("call").unwrap(),
        priority: 0,
        own_price: None,
        subjects: vec![subject(0)],
        base: None,
    }))
}

pub fn a_checkpoint_is_read_back_as_it_was_saved(fresh: Fresh<'_>) {
    let mut store = fresh();
    let reader = store.reader().unwrap();
    assert!(reader.checkpoint().unwrap().is_none());
    for (position, page, bytes) in [(5, 0, vec![1, 2]), (7, 1, vec![]), (9, 0, vec![3; 70_000])] {
        let position = Position(position);
        let saved = Checkpoint {
            pages: vec![SavedPage { page, position, accounts: bytes.clone() }],
            shared: vec![8; page as usize],
            position,
            replay_from: Position(position.0 - 1),
        };
        store.append(&Batch { checkpoint: Some(saved), ..Batch::default() }).unwrap();
        let read = reader.checkpoint().unwrap().unwrap();
        assert_eq!((read.position, read.replay_from.0), (position, position.0 - 1));
        assert_eq!(read.shared, vec![8; page as usize]);
        let found = read.pages.iter().find(|it| it.page == page).unwrap();
        assert_eq!((found.position, &found.accounts), (position, &bytes));
    }
    let pages = reader.checkpoint().unwrap().unwrap().pages;
    assert_eq!(pages.iter().map(|it| it.page).collect::<Vec<_>>(), [0, 1]);
}

/// What a shard would save now: up to `count` changed pages, from one anywhere on.
fn checkpoint(history: &mut History, count: usize) -> Checkpoint {
    let pages = history.state.pages_count();
    let first = history.below(pages as u64) as usize;
    let turn: Vec<usize> = (0..count).map(|it| (first + it) % pages).collect();
    save(history, &turn)
}

fn save(history: &mut History, pages: &[usize]) -> Checkpoint {
    let state = &mut history.state;
    let position = state.shared.head;
    let mut saved = Vec::new();
    for &page in pages {
        if state.is_page_changed(page) {
            let accounts = postcard::to_stdvec(state.page(page).unwrap()).unwrap();
            saved.push(SavedPage { page: page as u32, position, accounts });
            state.mark_page_saved(page);
        }
    }
    Checkpoint {
        pages: saved,
        shared: postcard::to_stdvec(&state.shared).unwrap(),
        position,
        replay_from: state.replay_from(),
    }
}

pub fn how_far_the_clock_is_ahead_is_noted_with_the_batch_or_not_at_all(fresh: Fresh<'_>) {
    let mut store = fresh();
    let reader = store.reader().unwrap();
    let noted = || reader.meta(CLOCK_AHEAD).unwrap();
    assert_eq!(noted(), None);
    let entries = History::new(1).open_accounts(1);
    let ahead = |entries, micros| Batch { clock_ahead: Some(micros), ..batch_of(entries) };
    let mut stale = ahead(entries.clone(), 7);
    stale.expected = Position(99);
    let refused = store.append(&stale).unwrap_err();
    assert!(matches!(refused, StoreError::Conflict { .. }), "{refused}");
    assert_eq!(noted(), None);
    store.append(&ahead(entries, 86_400_000_000)).unwrap();
    assert_eq!(noted().as_deref(), Some("86400000000"));
    // Without an entry as well, and the newest counts.
    let alone = Batch { clock_ahead: Some(-5), ..Batch::default() };
    assert!(!alone.is_empty(), "there is something to write");
    store.append(&alone).unwrap();
    assert_eq!(noted().as_deref(), Some("-5"));
}

/// Holds what is recovered from the store against what memory says.
pub fn check_restart(reader: &dyn Reader, history: &History, place: &str) {
    let exchange = ExchangeRates::default();
    let recovered =
        recover(reader, history.state.settings.clone(), exchange, 100, &mut |_| {}).unwrap();
    check_same(&recovered.state, history, place);
}

fn check_same(state: &State, history: &History, place: &str) {
    let live = &history.state;
    assert_eq!(state.shared, live.shared, "{place}");
    let owed = |it: &State| it.receivables.sums().collect::<Vec<_>>();
    assert_eq!(owed(state), owed(live), "{place}");
    let at = history.now.max(live.shared.last_at);
    let pairs = state.accounts().zip(live.accounts());
    for (found, live) in pairs {
        assert_eq!(remembered(found, at), remembered(live, at), "{place}");
    }
    assert_eq!(state.accounts_count(), live.accounts_count(), "{place}");
    let rates = |it: &State| it.exchange.all_at(Timestamp::NEVER).collect::<Vec<_>>();
    assert_eq!(rates(state), rates(live), "{place}");
    assert_eq!(state.exchange.len(), live.exchange.len(), "{place}");
    check_same_services(state, live, place);
}

/// Customers, the catalogue, and what the network's names lead to.
fn check_same_services(state: &State, live: &State, place: &str) {
    let customers = |it: &State| -> Vec<_> {
        let numbers = 1..=it.shared.customers_count;
        numbers.map(|number| it.customer(it.shard().customer(number)?).copied()).collect()
    };
    assert_eq!(customers(state), customers(live), "{place}");
    let sold = |it: &State| -> Vec<Service> {
        let names = it.catalogue().services().map(|it| it.name);
        names.flat_map(|name| it.catalogue().versions(name)).cloned().collect()
    };
    assert_eq!(sold(state), sold(live), "{place}");
    let subjects = |it: &State| -> Vec<_> {
        (0..SUBJECTS).map(|number| it.subject(&subject(number))).collect()
    };
    assert_eq!(subjects(state), subjects(live), "{place}");
}

fn fresh_state() -> State {
    State::new(Settings::default(), ExchangeRates::default())
}
