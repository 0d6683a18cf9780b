//! What every place that keeps commands must do: one suite, run on each with
//! [`provisioning_conformance_suite!`](crate::provisioning_conformance_suite).

mod looking;
mod together;

use engine::{AccountId, Position, SubscriptionId, Timestamp};

use super::{
    Acknowledgement, Attempt, AttemptEvent, Command, CommandState, NewCommand, Outcome,
    ProvisioningStore, Retried, Said, Then,
};
pub use looking::*;
pub use together::*;

/// Opens the same place again at each call with the same name.
pub type Open<'a> = &'a mut dyn FnMut(&str) -> Box<dyn ProvisioningStore>;

/// One test for each rule, on the places that what `$open` answers opens; `None` skips it.
#[macro_export]
macro_rules! provisioning_conformance_suite {
    ($open:expr) => {
        $crate::provisioning_conformance_suite!($open;
            a_command_is_read_back_as_it_was_written
            a_stale_cursor_makes_no_command
            a_command_is_claimed_once_and_by_its_adapter_alone
            what_failed_is_due_again_at_its_moment_and_for_ever
            a_newer_command_overtakes_what_is_not_acknowledged
            a_newer_command_waits_until_the_older_sending_has_ended
            an_older_sending_that_succeeds_is_acknowledged_and_not_overtaken
            what_was_accepted_is_sent_again_unless_it_is_acknowledged
            an_acknowledgement_said_twice_is_noted_once
            an_acknowledgement_of_an_overtaken_command_changes_nothing
            a_failure_that_is_told_later_has_the_command_sent_again
            an_answer_after_the_acknowledgement_is_noted_and_changes_nothing
            a_sending_that_was_broken_off_is_made_again
            only_the_newest_command_is_sent_again_by_hand
            a_repair_sends_the_newest_command_of_a_subscription
            what_is_ordered_is_what_the_newest_commands_say
            a_journal_that_was_put_back_has_its_last_command_sent_again
            a_command_without_an_adapter_waits_to_be_acknowledged
            an_adapter_that_was_left_hears_it_before_the_new_one_does
            an_adapter_that_was_left_and_is_broken_holds_the_new_one_up_for_a_minute
            the_first_attempt_and_the_newest_are_kept
            lists_go_page_by_page_and_by_what_is_asked
            queues_say_how_many_and_since_when
            only_what_was_overtaken_long_ago_is_pruned
            the_first_answer_under_a_key_is_kept
            a_command_is_made_and_claimed_once_however_many_do_it
            what_is_under_way_is_not_taken_for_broken_off
        );
    };
    ($open:expr; $($rule:ident)*) => {
        $(#[test]
        fn $rule() {
            let Some(mut open) = $open() else { return };
            $crate::provisioning::conformance::$rule(&mut open);
        })*
    };
}

fn at(seconds: i64) -> Timestamp {
    Timestamp(1_800_000_000_000_000 + seconds * 1_000_000)
}

fn subscription(serial: u32) -> SubscriptionId {
    SubscriptionId { account: AccountId(7), serial }
}

/// A command at a position, of a subscription of account 7.
fn command(position: u64, serial: u32, on: bool) -> NewCommand {
    NewCommand {
        position: Position(position),
        at: at(position as i64),
        subscription: subscription(serial),
        adapter: Some("router".into()),
        on,
        payload: format!(r#"{{"id":"cmd_{position}"}}"#),
    }
}

/// Adds commands after those that are there.
fn add(store: &mut dyn ProvisioningStore, commands: &[NewCommand], seconds: i64) {
    let cursor = store.cursor().unwrap();
    let to = commands.last().unwrap().position;
    assert!(store.enqueue(cursor, to, commands, at(seconds)).unwrap());
}

fn claim(store: &mut dyn ProvisioningStore, seconds: i64) -> Vec<Command> {
    store.claim("router", at(seconds), 100).unwrap()
}

fn claim_one(store: &mut dyn ProvisioningStore, seconds: i64) -> Command {
    let mut claimed = claim(store, seconds);
    assert_eq!(claimed.len(), 1, "{claimed:?}");
    claimed.remove(0)
}

fn sent(event: AttemptEvent, seconds: i64) -> Attempt {
    let error = matches!(event, AttemptEvent::Refused).then(|| "it answered 500".to_owned());
    let (code, answer) = (Some(500), Some("no".into()));
    Attempt { at: at(seconds), event, code, error, ms: 12, answer, actor: None }
}

fn record(store: &mut dyn ProvisioningStore, command: &Command, seconds: i64, then: Then) {
    let event = match then {
        Then::Acknowledged => AttemptEvent::Acknowledged,
        Then::Accepted(_) => AttemptEvent::Accepted,
        Then::Again(_) => AttemptEvent::Refused,
    };
    let attempt = sent(event, seconds);
    let (command, sending) = (command.order.position, command.sent);
    store.record(&[Outcome { command, sending, attempt, then }]).unwrap();
}

fn acknowledge(store: &mut dyn ProvisioningStore, position: u64, said: Said) -> Command {
    let message = Some("said".to_owned());
    let said = Acknowledgement { at: at(50), said, message, actor: "olt".into() };
    store.acknowledge(Position(position), &said).unwrap().unwrap()
}

fn look(store: &dyn ProvisioningStore, position: u64) -> (Command, Vec<Attempt>) {
    store.command(Position(position)).unwrap().unwrap()
}

fn state(store: &dyn ProvisioningStore, position: u64) -> CommandState {
    look(store, position).0.state
}

fn events(store: &dyn ProvisioningStore, position: u64) -> Vec<&'static str> {
    look(store, position).1.iter().map(|it| it.event.name()).collect()
}

fn positions(commands: &[Command]) -> Vec<u64> {
    commands.iter().map(|it| it.order.position.0).collect()
}

pub fn a_command_is_read_back_as_it_was_written(open: Open<'_>) {
    let mut store = open("a");
    let written = command(3, 1, true);
    add(store.as_mut(), std::slice::from_ref(&written), 4);
    drop(store);
    let store = open("a");
    assert_eq!(store.cursor().unwrap(), Position(3));
    let (read, attempts) = look(store.as_ref(), 3);
    let expected = Command {
        order: written,
        state: CommandState::Queued,
        sent: 0,
        failures: 0,
        next_at: Some(at(4)),
        newer: None,
        finished_at: None,
        last_error: None,
    };
    assert_eq!((read, attempts), (expected, vec![]));
    assert_eq!(store.command(Position(4)).unwrap(), None);
    assert_eq!(store.command(Position(u64::MAX)).unwrap(), None);
}

pub fn a_stale_cursor_makes_no_command(open: Open<'_>) {
    let mut store = open("a");
    add(store.as_mut(), &[command(3, 1, true)], 4);
    let again = [command(3, 1, true), command(5, 1, false)];
    assert!(!store.enqueue(Position(0), Position(5), &again, at(5)).unwrap());
    assert_eq!(store.cursor().unwrap(), Position(3));
    assert_eq!(store.command(Position(5)).unwrap(), None);
    assert!(store.enqueue(Position(3), Position(9), &[], at(5)).unwrap());
    assert_eq!(store.cursor().unwrap(), Position(9));
}

pub fn a_command_is_claimed_once_and_by_its_adapter_alone(open: Open<'_>) {
    let mut store = open("a");
    let other = NewCommand { adapter: Some("softswitch".into()), ..command(2, 2, true) };
    add(store.as_mut(), &[command(1, 1, true), other, command(3, 3, true)], 5);
    assert_eq!(store.next_due_at(&["router"]).unwrap(), Some(at(5)));
    assert!(claim(store.as_mut(), 4).is_empty(), "its moment has not come");
    let first = store.claim("router", at(5), 1).unwrap();
    assert_eq!(positions(&first), [1]);
    assert_eq!((first[0].state, first[0].sent), (CommandState::Sending, 1));
    assert_eq!(positions(&claim(store.as_mut(), 5)), [3]);
    assert!(claim(store.as_mut(), 5).is_empty());
    assert_eq!(store.next_due_at(&["router"]).unwrap(), None);
    assert_eq!(store.next_due_at(&["router", "softswitch"]).unwrap(), Some(at(5)));
    assert_eq!(state(store.as_ref(), 1), CommandState::Sending);
    assert_eq!(state(store.as_ref(), 2), CommandState::Queued);
}

pub fn what_failed_is_due_again_at_its_moment_and_for_ever(open: Open<'_>) {
    let mut store = open("a");
    add(store.as_mut(), &[command(1, 1, true)], 0);
    for round in 0..50 {
        let claimed = claim_one(store.as_mut(), round * 10);
        assert_eq!(i64::from(claimed.failures), round);
        record(store.as_mut(), &claimed, round * 10, Then::Again(at(round * 10 + 10)));
        assert!(claim(store.as_mut(), round * 10 + 9).is_empty());
    }
    let (found, attempts) = look(store.as_ref(), 1);
    assert_eq!((found.sent, found.failures, attempts.len()), (50, 50, 50));
    assert_eq!(found.last_error.as_deref(), Some("it answered 500"));
    assert_eq!(attempts[0], sent(AttemptEvent::Refused, 0));
    let claimed = claim_one(store.as_mut(), 500);
    record(store.as_mut(), &claimed, 501, Then::Acknowledged);
    let (found, _) = look(store.as_ref(), 1);
    assert_eq!((found.state, found.finished_at), (CommandState::Acknowledged, Some(at(501))));
    assert_eq!((found.next_at, found.last_error), (None, None));
}

pub fn a_newer_command_overtakes_what_is_not_acknowledged(open: Open<'_>) {
    let mut store = open("a");
    let three = [command(1, 1, true), command(2, 1, false), command(3, 2, false)];
    add(store.as_mut(), &three, 5);
    assert_eq!(state(store.as_ref(), 1), CommandState::Overtaken);
    assert_eq!(look(store.as_ref(), 1).0.newer, Some(Position(2)));
    let claimed = claim(store.as_mut(), 5);
    assert_eq!(positions(&claimed), [2, 3], "what was overtaken is not sent");
    record(store.as_mut(), &claimed[0], 6, Then::Acknowledged);
    record(store.as_mut(), &claimed[1], 6, Then::Accepted(at(60)));
    add(store.as_mut(), &[command(4, 1, true), command(5, 2, true)], 7);
    assert_eq!(state(store.as_ref(), 2), CommandState::Acknowledged);
    assert_eq!(state(store.as_ref(), 3), CommandState::Overtaken);
    assert_eq!(positions(&claim(store.as_mut(), 7)), [4, 5]);
}

pub fn a_newer_command_waits_until_the_older_sending_has_ended(open: Open<'_>) {
    for (round, then) in [Then::Again(at(90)), Then::Accepted(at(90))].into_iter().enumerate() {
        let mut store = open(&format!("a{round}"));
        add(store.as_mut(), &[command(1, 1, true)], 0);
        let first = claim_one(store.as_mut(), 0);
        add(store.as_mut(), &[command(2, 1, false)], 1);
        add(store.as_mut(), &[command(3, 1, true)], 2);
        assert_eq!(state(store.as_ref(), 1), CommandState::Sending);
        assert_eq!(state(store.as_ref(), 2), CommandState::Overtaken);
        assert!(claim(store.as_mut(), 100).is_empty(), "the first is being sent");
        record(store.as_mut(), &first, 3, then);
        assert_eq!(state(store.as_ref(), 1), CommandState::Overtaken);
        let next = claim_one(store.as_mut(), 3);
        assert_eq!(next.order.position, Position(3));
        record(store.as_mut(), &next, 4, Then::Acknowledged);
        assert_eq!(store.next_due_at(&["router"]).unwrap(), None);
    }
}

pub fn an_older_sending_that_succeeds_is_acknowledged_and_not_overtaken(open: Open<'_>) {
    let mut store = open("a");
    add(store.as_mut(), &[command(1, 1, true)], 0);
    let first = claim_one(store.as_mut(), 0);
    add(store.as_mut(), &[command(2, 1, false)], 1);
    record(store.as_mut(), &first, 3, Then::Acknowledged);
    assert_eq!(state(store.as_ref(), 1), CommandState::Acknowledged);
    assert_eq!(claim_one(store.as_mut(), 3).order.position, Position(2));
}

pub fn what_was_accepted_is_sent_again_unless_it_is_acknowledged(open: Open<'_>) {
    let mut store = open("a");
    add(store.as_mut(), &[command(1, 1, true), command(2, 2, true)], 0);
    for claimed in claim(store.as_mut(), 0) {
        record(store.as_mut(), &claimed, 1, Then::Accepted(at(61)));
    }
    assert_eq!(state(store.as_ref(), 1), CommandState::Accepted);
    let done = acknowledge(store.as_mut(), 2, Said::Done);
    assert_eq!((done.state, done.next_at), (CommandState::Acknowledged, None));
    assert!(claim(store.as_mut(), 60).is_empty());
    let again = claim_one(store.as_mut(), 61);
    assert_eq!((again.order.position, again.sent), (Position(1), 2));
}

pub fn an_acknowledgement_said_twice_is_noted_once(open: Open<'_>) {
    let mut store = open("a");
    add(store.as_mut(), &[command(1, 1, true)], 0);
    let first = acknowledge(store.as_mut(), 1, Said::Done);
    let before = look(store.as_ref(), 1);
    assert_eq!(acknowledge(store.as_mut(), 1, Said::Done), first);
    assert_eq!(look(store.as_ref(), 1), before);
    assert_eq!(events(store.as_ref(), 1), ["done"]);
    let note = &before.1[0];
    assert_eq!((note.answer.as_deref(), note.actor.as_deref()), (Some("said"), Some("olt")));
    let said = Acknowledgement { at: at(1), said: Said::Done, message: None, actor: "x".into() };
    assert_eq!(store.acknowledge(Position(9), &said).unwrap(), None);
}

pub fn an_acknowledgement_of_an_overtaken_command_changes_nothing(open: Open<'_>) {
    let mut store = open("a");
    add(store.as_mut(), &[command(1, 1, true), command(2, 1, false)], 0);
    let before = look(store.as_ref(), 1).0;
    assert_eq!(acknowledge(store.as_mut(), 1, Said::Done), before);
    assert_eq!(events(store.as_ref(), 1), ["done"]);
    assert_eq!(acknowledge(store.as_mut(), 1, Said::Failed(at(60))), before);
    assert_eq!(claim_one(store.as_mut(), 0).order.position, Position(2));
}

pub fn a_failure_that_is_told_later_has_the_command_sent_again(open: Open<'_>) {
    let mut store = open("a");
    add(store.as_mut(), &[command(1, 1, true)], 0);
    let claimed = claim_one(store.as_mut(), 0);
    record(store.as_mut(), &claimed, 1, Then::Accepted(at(600)));
    let failed = acknowledge(store.as_mut(), 1, Said::Failed(at(70)));
    assert_eq!((failed.state, failed.next_at), (CommandState::Queued, Some(at(70))));
    assert_eq!((failed.failures, failed.last_error.as_deref()), (1, Some("said")));
    // Said again before it was sent again, it is the same failure.
    assert_eq!(acknowledge(store.as_mut(), 1, Said::Failed(at(99))), failed);
    assert_eq!(claim_one(store.as_mut(), 70).sent, 2);
    // A newer command does not wait for an older one that has failed.
    add(store.as_mut(), &[command(2, 1, false)], 71);
    let failed = acknowledge(store.as_mut(), 1, Said::Failed(at(99)));
    assert_eq!(failed.state, CommandState::Overtaken);
    assert_eq!(claim_one(store.as_mut(), 71).order.position, Position(2));
}

pub fn an_answer_after_the_acknowledgement_is_noted_and_changes_nothing(open: Open<'_>) {
    let mut store = open("a");
    add(store.as_mut(), &[command(1, 1, true)], 0);
    let claimed = claim_one(store.as_mut(), 0);
    acknowledge(store.as_mut(), 1, Said::Done);
    record(store.as_mut(), &claimed, 2, Then::Again(at(9)));
    assert_eq!(state(store.as_ref(), 1), CommandState::Acknowledged);
    assert_eq!(events(store.as_ref(), 1), ["done", "refused"]);
    // Sent once more by hand, the first sending decides nothing about the second.
    store.retry(Position(1), at(3), "ann").unwrap();
    let second = claim_one(store.as_mut(), 3);
    record(store.as_mut(), &claimed, 4, Then::Acknowledged);
    assert_eq!(state(store.as_ref(), 1), CommandState::Sending);
    record(store.as_mut(), &second, 5, Then::Acknowledged);
    assert_eq!(state(store.as_ref(), 1), CommandState::Acknowledged);
}

pub fn a_sending_that_was_broken_off_is_made_again(open: Open<'_>) {
    let mut store = open("a");
    add(store.as_mut(), &[command(1, 1, true), command(2, 2, true)], 0);
    assert_eq!(claim(store.as_mut(), 0).len(), 2);
    add(store.as_mut(), &[command(3, 2, false)], 1);
    drop(store);
    let mut store = open("a");
    assert_eq!(store.resume(&[], at(10)).unwrap(), 2);
    assert_eq!(store.resume(&[], at(10)).unwrap(), 0);
    assert_eq!(state(store.as_ref(), 2), CommandState::Overtaken);
    assert_eq!(events(store.as_ref(), 1), ["interrupted"]);
    assert_eq!(look(store.as_ref(), 1).0.failures, 0);
    assert_eq!(positions(&claim(store.as_mut(), 10)), [1, 3]);
}

pub fn only_the_newest_command_is_sent_again_by_hand(open: Open<'_>) {
    let mut store = open("a");
    add(store.as_mut(), &[command(1, 1, true), command(2, 1, false)], 0);
    let old = store.retry(Position(1), at(1), "ann").unwrap();
    assert!(matches!(&old, Retried::Overtaken(it) if it.order.position == Position(1)), "{old:?}");
    assert_eq!(store.retry(Position(9), at(1), "ann").unwrap(), Retried::Unknown);
    let claimed = claim_one(store.as_mut(), 0);
    let sending = store.retry(Position(2), at(1), "ann").unwrap();
    assert!(
        matches!(&sending, Retried::Queued(it) if it.state == CommandState::Sending),
        "{sending:?}"
    );
    record(store.as_mut(), &claimed, 1, Then::Again(at(1_000)));
    let retried = store.retry(Position(2), at(2), "ann").unwrap();
    assert!(
        matches!(&retried, Retried::Queued(it) if it.next_at == Some(at(2)) && it.failures == 0),
        "{retried:?}"
    );
    let claimed = claim_one(store.as_mut(), 2);
    record(store.as_mut(), &claimed, 3, Then::Acknowledged);
    store.retry(Position(2), at(4), "ann").unwrap();
    assert_eq!(claim_one(store.as_mut(), 4).sent, 3, "what was acknowledged goes once more");
    assert_eq!(look(store.as_ref(), 2).1.last().unwrap().actor.as_deref(), Some("ann"));
}

pub fn a_repair_sends_the_newest_command_of_a_subscription(open: Open<'_>) {
    let mut store = open("a");
    add(store.as_mut(), &[command(1, 1, true), command(2, 1, false)], 0);
    let claimed = claim_one(store.as_mut(), 0);
    record(store.as_mut(), &claimed, 1, Then::Acknowledged);
    let asked = [subscription(1), subscription(2)];
    let repaired = store.repair(&asked, at(5), "ann").unwrap();
    assert_eq!(repaired, [Some(Position(2)), None]);
    assert_eq!(claim_one(store.as_mut(), 5).order.position, Position(2));
    assert_eq!(events(store.as_ref(), 2), ["acknowledged", "repaired"]);
}

pub fn what_is_ordered_is_what_the_newest_commands_say(open: Open<'_>) {
    let mut store = open("a");
    let other = NewCommand { adapter: Some("sip".into()), ..command(4, 4, true) };
    let commands = [
        command(1, 1, false),
        command(2, 1, true),
        command(3, 2, true),
        other,
        command(5, 2, false),
    ];
    add(store.as_mut(), &commands, 0);
    assert_eq!(store.ordered_on("router").unwrap(), [subscription(1)]);
    assert_eq!(store.ordered_on("sip").unwrap(), [subscription(4)]);
    let newest = store.newest(subscription(2)).unwrap().unwrap();
    assert_eq!((newest.order.position, newest.order.on), (Position(5), false));
    assert_eq!(store.newest(subscription(9)).unwrap(), None);
}

pub fn a_journal_that_was_put_back_has_its_last_command_sent_again(open: Open<'_>) {
    let mut store = open("a");
    let commands =
        [command(1, 1, true), command(2, 2, true), command(5, 1, false), command(6, 3, true)];
    add(store.as_mut(), &commands, 0);
    for claimed in claim(store.as_mut(), 0) {
        record(store.as_mut(), &claimed, 1, Then::Acknowledged);
    }
    assert_eq!(store.put_back(Position(4), at(9)).unwrap(), 2);
    assert_eq!(store.cursor().unwrap(), Position(4));
    assert_eq!(store.command(Position(5)).unwrap(), None);
    assert_eq!(positions(&claim(store.as_mut(), 9)), [1]);
    // The positions come again, with something else in them.
    add(store.as_mut(), &[command(5, 4, true)], 10);
    assert!(events(store.as_ref(), 5).is_empty());
    assert_eq!(store.put_back(Position(8), at(9)).unwrap(), 0);
    assert_eq!(store.cursor().unwrap(), Position(5));
}

pub fn a_command_without_an_adapter_waits_to_be_acknowledged(open: Open<'_>) {
    let mut store = open("a");
    let nobodys = NewCommand { adapter: None, ..command(1, 1, true) };
    add(store.as_mut(), std::slice::from_ref(&nobodys), 0);
    let (found, _) = look(store.as_ref(), 1);
    assert_eq!((found.order, found.next_at), (nobodys, None));
    assert!(store.claim("", at(99), 10).unwrap().is_empty());
    store.retry(Position(1), at(1), "ann").unwrap();
    assert!(store.claim("", at(99), 10).unwrap().is_empty());
    let failed = acknowledge(store.as_mut(), 1, Said::Failed(at(60)));
    assert_eq!((failed.state, failed.next_at), (CommandState::Queued, None));
    assert_eq!(acknowledge(store.as_mut(), 1, Said::Done).state, CommandState::Acknowledged);
}

/// Off at the router that had it, and on at another adapter.
fn handed_over() -> [NewCommand; 2] {
    let on = NewCommand { adapter: Some("sip".into()), ..command(3, 1, true) };
    [command(2, 1, false), on]
}

pub fn an_adapter_that_was_left_hears_it_before_the_new_one_does(open: Open<'_>) {
    let mut store = open("a");
    add(store.as_mut(), &[command(1, 1, true)], 0);
    let first = claim_one(store.as_mut(), 0);
    add(store.as_mut(), &handed_over(), 1);
    assert!(claim(store.as_mut(), 1).is_empty(), "the first is being sent");
    record(store.as_mut(), &first, 2, Then::Again(at(90)));
    assert_eq!(state(store.as_ref(), 1), CommandState::Overtaken);
    let off = claim_one(store.as_mut(), 2);
    assert_eq!((off.order.position, off.newer), (Position(2), None));
    assert!(store.claim("sip", at(2), 9).unwrap().is_empty(), "the router has not done it yet");
    record(store.as_mut(), &off, 3, Then::Acknowledged);
    let on = store.claim("sip", at(3), 9).unwrap();
    assert_eq!(positions(&on), [3]);
    record(store.as_mut(), &on[0], 4, Then::Acknowledged);
    assert_eq!(store.ordered_on("sip").unwrap(), [subscription(1)]);
    assert_eq!(store.ordered_on("router").unwrap(), []);
    assert_eq!(store.next_due_at(&["router", "sip"]).unwrap(), None);
}

pub fn an_adapter_that_was_left_and_is_broken_holds_the_new_one_up_for_a_minute(open: Open<'_>) {
    let mut store = open("a");
    add(store.as_mut(), &handed_over(), 0);
    let off = claim_one(store.as_mut(), 0);
    record(store.as_mut(), &off, 1, Then::Again(at(120)));
    assert!(store.claim("sip", at(59), 9).unwrap().is_empty());
    let on = store.claim("sip", at(60), 9).unwrap();
    assert_eq!(positions(&on), [3]);
    record(store.as_mut(), &on[0], 61, Then::Again(at(200)));
    // What was left is told for ever, and what was tried before has its own schedule.
    let again = claim_one(store.as_mut(), 120);
    assert_eq!((again.order.position, again.order.on), (Position(2), false));
    record(store.as_mut(), &again, 121, Then::Acknowledged);
    assert_eq!(store.next_due_at(&["router", "sip"]).unwrap(), Some(at(200)));
}
