//! A restart: pages and shared figures saved at different moments, then the rest of the journal.

use super::scenario::{Scenario, remembered};
use crate::{
    Account, CustomerId, Entry, Fact, PAGE_ACCOUNTS, PageContent, Position, Shared, State,
    Timestamp,
};

/// What a checkpoint keeps, and the position that each part is true for.
#[derive(Default)]
struct Checkpoint {
    pages: Vec<(Position, PageContent)>,
    shared: (Position, Shared),
}

/// Saved as it stands on disk, so that nothing that is not a fact gets through.
fn saved<T: serde::Serialize + serde::de::DeserializeOwned>(value: &T) -> T {
    let bytes = postcard::to_stdvec(value).expect("a checkpoint is written");
    postcard::from_bytes(&bytes).expect("and read back")
}

impl Checkpoint {
    fn save_page(&mut self, state: &mut State, page: usize) {
        let saved = (state.shared.head, saved(state.page(page).expect("it exists")));
        match page < self.pages.len() {
            true => self.pages[page] = saved,
            false => self.pages.push(saved),
        }
        state.mark_page_saved(page);
    }

    fn save_shared(&mut self, state: &State) {
        self.shared = (state.shared.head, saved(&state.shared));
    }

    /// Restores what was saved and replays the rest.
    fn restart(&self, journal: &[Entry], from: Position) -> State {
        let mut state = State::default();
        for (position, content) in &self.pages {
            state.restore_page(*position, content.clone());
        }
        let (shared_at, shared) = &self.shared;
        state.shared = shared.clone();
        // The directory keeps the services, as it keeps the exchange rates.
        for entry in journal.iter().filter(|it| it.position <= *shared_at) {
            if let Fact::ServiceSet(service) = &entry.fact {
                state.insert_service(service);
            }
        }
        let from = from.min(shared_at.plus(1));
        for entry in journal.iter().filter(|it| it.position >= from) {
            state.replay(entry, *shared_at);
        }
        state.sum_receivables();
        state
    }
}

fn assert_same(left: &State, right: &State, now: Timestamp) {
    let json = |it: &Account| serde_json::to_string(&remembered(it, now)).unwrap();
    let accounts = |state: &State| state.accounts().map(json).collect::<Vec<_>>();
    assert_eq!(accounts(left), accounts(right));
    assert_eq!(left.shared, right.shared);
    assert_eq!(left.trial_balance(), right.trial_balance());
    assert_eq!(left.accounts_count(), right.accounts_count());
    let owed = |state: &State| state.receivables.sums().collect::<Vec<_>>();
    assert_eq!(owed(left), owed(right));
    for id in 1..=left.shared.customers_count {
        assert_eq!(left.customer(CustomerId(id)), right.customer(CustomerId(id)));
    }
    for account in left.accounts() {
        let found = right.resolve(&crate::AccountRef::Number(account.number.clone()));
        assert_eq!(found.map(|it| it.id), Ok(account.id), "numbers are found again");
    }
}

/// Lines that keep three pages of accounts busy: `round` picks what happens and to whom.
fn lines(round: usize) -> Vec<String> {
    let accounts = 2 * PAGE_ACCOUNTS + 40 + round / 8;
    let (a, b) = (round * 97 % accounts + 1, round * 61 % accounts + 1);
    let mut lines = vec![format!("at 0d 10:{:02}:{:02}", round / 60 % 60, round % 60)];
    if round.is_multiple_of(5) {
        lines.push(match round / 5 % 8 {
            0 => format!("update 1 Ann group g{}", round / 40 % 3),
            1 => "policy EUR from 0.10 max 2.00 hours 1 open 3 fee 0.10".into(),
            2 => format!("plan @{a} basic 9.00"),
            3 => format!("alert @{b} low -1.00 owed 0.50"),
            4 => format!("write-off @{b}"),
            5 => format!("opening @{a} -0.60 since 0"),
            _ => format!("promise @{b}"),
        });
    }
    lines.push(match round % 8 {
        0 => format!("open N{round} EUR limit 1.00"),
        1 => format!("pay @{a} 5.00 ref R{round}"),
        2 => format!("authorise @{a} S{round} 2.00 #1 min 0.10 for 90s"),
        3 => format!("settle S{} 0.50 #2 next 1.00 for 60s", round - 1),
        4 if a != b => format!("transfer @{a} @{b} 0.01 EUR"),
        5 => format!("credit @{a} 3.00 until 11:{:02}", round % 60),
        6 => format!("charge-after @{b} 0.70"),
        _ => "fire".into(),
    });
    lines
}

#[test]
fn a_checkpoint_and_the_rest_of_the_journal_are_the_whole_journal() {
    let mut scenario = Scenario::default();
    scenario.line("customer Ann");
    for account in 1..=2 * PAGE_ACCOUNTS + 40 {
        scenario.line(&format!("open A{account} EUR limit 2.00"));
    }
    let mut checkpoint = Checkpoint::default();
    for page in 0..scenario.state.pages_count() {
        checkpoint.save_page(&mut scenario.state, page);
    }
    checkpoint.save_shared(&scenario.state);
    for round in 0..600 {
        for line in lines(round) {
            scenario.line(&line);
        }
        // One page or the shared figures at a time, each at a moment of its own; the third page
        // never again, so that accounts opened since are in the journal alone.
        match round % 40 {
            7 => checkpoint.save_page(&mut scenario.state, 0),
            19 if round > 300 => checkpoint.save_page(&mut scenario.state, 1),
            31 => checkpoint.save_shared(&scenario.state),
            _ => {}
        }
        if round % 75 == 74 {
            let from = scenario.state.replay_from();
            let restarted = checkpoint.restart(&scenario.journal, from);
            assert_same(&scenario.state, &restarted, scenario.now);
        }
    }
    assert!(scenario.state.accounts_count() > 2 * PAGE_ACCOUNTS + 100);
    scenario.prove();
}

#[test]
fn a_restart_without_a_checkpoint_replays_everything() {
    let mut scenario = Scenario::default();
    for line in ["customer Ann", "open A EUR", "pay A 1.00", "authorise A S1 1.00 #1"] {
        scenario.line(line);
    }
    assert_eq!(scenario.state.replay_from(), Position(1), "the first entry of a customer");
    let restarted = Checkpoint::default().restart(&scenario.journal, Position(1));
    assert_same(&scenario.state, &restarted, scenario.now);
}

#[test]
fn deadlines_are_found_again_after_a_restart() {
    let mut scenario = Scenario::default();
    for line in [
        "at 10:00",
        "customer Ann",
        "open A EUR",
        "open B EUR",
        "pay A 1.00",
        "authorise A S1 1.00 #1 for 60s",
        "credit B 1.00 until 10:02",
    ] {
        scenario.line(line);
    }
    let mut checkpoint = Checkpoint::default();
    checkpoint.save_page(&mut scenario.state, 0);
    checkpoint.save_shared(&scenario.state);
    assert!(!scenario.state.is_page_changed(0));
    let from = scenario.state.replay_from();
    let mut restarted = checkpoint.restart(&scenario.journal, from);
    for state in [&mut scenario.state, &mut restarted] {
        assert_eq!(state.next_due(), Some(super::script::parse_moment(0, "10:01")));
        let (mut entries, now) = (Vec::new(), super::script::parse_moment(0, "10:02"));
        while state.fire_next(now, &mut entries) {}
        let kinds = entries.iter().map(|it| it.fact.kind());
        assert_eq!(kinds.collect::<Vec<_>>(), ["reservation_expired", "credit_ended"]);
    }
    assert_same(&scenario.state, &restarted, scenario.now);
}

#[test]
fn services_go_on_after_a_restart_as_if_there_had_been_none() {
    let mut scenario = Scenario::default();
    for line in [
        "customer Ann",
        "service net day 10.00 count 10 off pauses adapter edge",
        "service later day 5.00 count 4 postpaid due 1/1",
        "service turbo once 2.00 lasts 30h",
        "open A EUR limit 20.00",
        "pay A 10.00",
        "subscribe A net known ann,+4930",
        "subscribe A later known bob",
        "purchase A turbo base 1",
        "at 4d 00:00",
        "fire",
    ] {
        scenario.line(line);
    }
    let mut checkpoint = Checkpoint::default();
    checkpoint.save_page(&mut scenario.state, 0);
    checkpoint.save_shared(&scenario.state);
    let lines = ["change A/1 known ann,+4931", "unsubscribe A/2", "suspend A/1 until 5d 00:00"];
    lines.iter().for_each(|it| scenario.line(it));
    let from = scenario.state.replay_from();
    let mut restarted = checkpoint.restart(&scenario.journal, from);
    for subject in ["ann", "bob", "+4930", "+4931"] {
        assert_eq!(scenario.state.subject(subject), restarted.subject(subject), "{subject}");
    }
    let now = super::script::parse_moment(30, "00:00");
    let [live, after] = [&mut scenario.state, &mut restarted].map(|state| {
        let mut entries = Vec::new();
        while state.fire_next(now, &mut entries) {}
        entries.iter().map(|it| (it.at, it.fact.kind())).collect::<Vec<_>>()
    });
    assert_eq!(live, after);
    let kinds: Vec<_> = live.iter().map(|it| it.1).collect();
    assert_eq!(kinds, ["subscription_resumed", "switched", "bill_overdue", "switched"]);
    assert_same(&scenario.state, &restarted, now);
}
