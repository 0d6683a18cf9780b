use engine::{Refusal, Timestamp};
use store::SqliteReader;

use super::history::Span;
use super::*;
use crate::access::{self, Visit};
use crate::data_dir::{database, kind, read_acknowledged};
use crate::verify::verify;

/// Every kind of entry that a stranger can find in the demo.
const KINDS: [&str; 38] = [
    "account_closed",
    "account_opened",
    "account_renamed",
    "adjustment",
    "alerts_set",
    "authorised",
    "balance_low",
    "charge",
    "credit_ceiling_set",
    "credit_ended",
    "credit_ending",
    "credit_granted",
    "credit_limit_set",
    "customer_created",
    "customer_updated",
    "exchange_rates_added",
    "opening_balance",
    "payment",
    "payment_cancelled",
    "period_started",
    "plan_set",
    "promise_ended",
    "promise_granted",
    "promise_policy_set",
    "purchased",
    "refused",
    "released",
    "reservation_expired",
    "service_set",
    "settled",
    "settled_final",
    "subscription_closed",
    "subscription_opened",
    "subscription_resumed",
    "subscription_suspended",
    "switched",
    "transfer_in",
    "transfer_out",
];

/// 2026-10-30T15:20:00Z
const UNTIL: Timestamp = Timestamp(1_793_373_600_000_000);

async fn make(path: &Path, until: Timestamp) -> Made {
    let mut provider = Provider::new(SEED, Roster::draw(SEED, 30), HISTORY_PACE);
    let span = Span { days: 10, until };
    let options = Config::default().shard_options();
    fill(path, options, &mut provider, span, &|| false).await.unwrap()
}

#[tokio::test]
async fn a_demo_holds_every_kind_of_entry_and_its_books_are_right() {
    let directory = tempfile::tempdir().unwrap();
    let made = make(directory.path(), UNTIL).await;
    let kinds: Vec<&str> = made.kinds.keys().copied().collect();
    assert_eq!(kinds, KINDS);
    let reader = SqliteReader::open(&database(directory.path())).unwrap();
    let acknowledged = read_acknowledged(directory.path()).unwrap();
    let report = verify(&reader, acknowledged, &mut |_, _| {}).unwrap();
    assert_eq!(report.faults, [""; 0]);
    assert_eq!(acknowledged.0, made.entries);
    let mut seen = Seen::default();
    let read = |entry: engine::Entry| {
        seen.look(&entry);
        Ok(())
    };
    store::Reader::scan(&reader, engine::Position(1), &mut { read }).unwrap();
    assert!(seen.last_at <= UNTIL, "{seen:?}");
    let Seen { overruns, conversions, fine, unlimited, taken_over, broke, .. } = seen;
    let Seen { promised, kept, broken, .. } = seen;
    let open = promised - kept - broken;
    let counts = [overruns, conversions, fine, unlimited, taken_over, broke, kept, broken, open];
    assert!(counts.iter().all(|it| *it > 0), "{counts:?}");
}

#[tokio::test]
async fn the_same_seed_makes_the_same_history() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    // Later than every published rate, which belong to their days; and on the same day of the
    // week, because calls cost less on a Sunday.
    let first = make(one.path(), UNTIL.plus(100 * provider::DAY)).await;
    let second = make(other.path(), UNTIL.plus(135 * provider::DAY)).await;
    assert_eq!(first.sequence, second.sequence);
}

#[tokio::test]
async fn a_demo_lets_in_whom_it_names_when_it_is_ready() {
    let directory = tempfile::tempdir().unwrap();
    let place = Place::open(Some(directory.path())).unwrap();
    place.begin(30).unwrap();
    make(&place.path, UNTIL).await;
    place.finish().unwrap();
    let mut earlier = String::new();
    // A demo that was kept says it again, with other passwords.
    for _ in 0..2 {
        let running = Running::open(&place.path, Config::default().shard_options()).unwrap();
        let address = "127.0.0.1:8080".parse().unwrap();
        let said = welcome::text(&running, &place, address, None).await.unwrap();
        let (_, stopping) = watch::channel(false);
        let app = serve::app(&running, &Config::default(), stopping).unwrap();
        let visit = Visit::new(None, &axum::http::HeaderMap::new());
        let (_, people) = said.split_once("users, shown only now:\n").unwrap();
        let words: Vec<&str> = people.lines().take(5).flat_map(str::split_whitespace).collect();
        for (name, password) in [(words[0], words[1]), (words[2], words[3]), (words[4], words[5])] {
            let came = access::sign_in_staff(&app, name, password, &visit).await;
            assert!(came.is_ok(), "{name}: {people}");
            assert!(!earlier.contains(password), "{password}");
        }
        let (number, password) =
            (words[words.len() - 2].trim_end_matches(':'), words.last().unwrap());
        let came = access::sign_in_customer(&app, number, password, &visit).await;
        assert!(came.is_ok(), "{number}: {people}");
        let wrong = access::sign_in_customer(&app, number, "guessed", &visit).await;
        assert!(wrong.is_err());
        earlier = said;
        drop(app);
        tokio::task::spawn_blocking(move || running.close()).await.unwrap().unwrap();
    }
}

#[test]
fn another_directory_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("letter.txt"), "dear").unwrap();
    let place = Place::open(Some(directory.path())).unwrap();
    let error = place.look().unwrap_err().to_string();
    assert!(error.ends_with("holds no demo; name another directory"), "{error}");
    std::fs::remove_file(directory.path().join("letter.txt")).unwrap();
    assert_eq!(place.look().unwrap(), Found::Nothing);
    drop(crate::storage::Storage::from(directory.path()).take().unwrap());
    let error = place.look().unwrap_err().to_string();
    assert!(error.contains("holds a provider's data and no demo"), "{error}");
    let is_settable = || {
        let clock = kind::clock(&place.path, Clock::System).unwrap();
        matches!(clock, Clock::Ahead(_))
    };
    place.begin(30).unwrap();
    let error = place.look().unwrap_err().to_string();
    assert!(error.contains("was not finished"), "{error}");
    assert!(!is_settable() && kind::make_test_directory(&place.path).is_err());
    place.finish().unwrap();
    assert_eq!(place.look().unwrap(), Found::Demo { accounts: 30 });
    assert!(is_settable());
}

#[test]
fn a_directory_of_its_own_is_removed() {
    let place = Place::open(None).unwrap();
    let path = place.path.clone();
    place.begin(30).unwrap();
    assert!(path.exists());
    drop(place);
    assert!(!path.exists());
}

/// What is worth looking at in a demo beside the kinds.
#[derive(Debug)]
struct Seen {
    last_at: Timestamp,
    overruns: u32,
    conversions: u32,
    /// Amounts finer than the minor unit.
    fine: u32,
    unlimited: u32,
    taken_over: u32,
    /// Refused because the money does not suffice.
    broke: u32,
    promised: u32,
    kept: u32,
    /// Promises whose moment came before the payment.
    broken: u32,
}

impl Default for Seen {
    fn default() -> Self {
        let last_at = Timestamp::MIN;
        Self {
            last_at,
            overruns: 0,
            conversions: 0,
            fine: 0,
            unlimited: 0,
            taken_over: 0,
            broke: 0,
            promised: 0,
            kept: 0,
            broken: 0,
        }
    }
}

impl Seen {
    fn look(&mut self, entry: &engine::Entry) {
        self.last_at = entry.at;
        self.overruns += u32::from(entry.fact.overrun().is_some());
        self.conversions += u32::from(entry.fact.conversion().is_some());
        let fine = |it: &engine::Posting| it.amount.units() % engine::FINE_PER_MINOR != 0;
        self.fine += u32::from(entry.posting.as_ref().is_some_and(fine));
        match &entry.fact {
            engine::Fact::AccountOpened(it) => {
                self.unlimited += u32::from(it.limit == engine::Limit::Unlimited);
                self.taken_over += u32::from(it.own_sequence.is_none());
            }
            engine::Fact::Refused { refused, .. } => {
                let short = matches!(refused.refusal, Refusal::InsufficientFunds { .. });
                self.broke += u32::from(short);
            }
            engine::Fact::PromiseGranted(_) => self.promised += 1,
            engine::Fact::PromiseEnded(it) => {
                let kept = it.end == engine::PromiseEnd::Repaid;
                self.kept += u32::from(kept);
                self.broken += u32::from(!kept);
            }
            _ => {}
        }
    }
}
