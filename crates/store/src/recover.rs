//! From the database back to memory: pages, shared figures, and a replay of what came after.

use std::panic::{AssertUnwindSafe, catch_unwind};

use engine::{
    Entry, ExchangeRates, Fact, PAGE_ACCOUNTS, PageContent, Position, Settings, Shared, State,
};

use crate::{Kept, KeyIndex, Reader, StoreError};

/// What a shard starts from.
#[derive(Debug)]
pub struct Recovered {
    pub state: State,
    /// In the order of [`Kept::ALL`].
    pub keys: [KeyIndex; 2],
    /// Entries that were replayed.
    pub replayed: u64,
}

/// How far a recovery has come.
#[derive(Clone, Copy, Debug)]
pub enum Progress {
    Pages { loaded: usize, of: usize },
    Replay { at: Position, head: Position },
}

/// Loads what the last checkpoint saved and replays the journal after it.
///
/// `exchange` brings the settings of conversion, without rates.
pub fn recover(
    reader: &dyn Reader,
    settings: Settings,
    exchange: ExchangeRates,
    run_keys: usize,
    progress: &mut dyn FnMut(Progress),
) -> Result<Recovered, StoreError> {
    let head = reader.head()?;
    let mut state = State::of_shard(reader.shard(), settings, exchange);
    let mut from = reader.shard().start().plus(1);
    if let Some(checkpoint) = reader.checkpoint()? {
        if checkpoint.position > head {
            let why = format!(
                "its newest position is {}, but a checkpoint was made at {}: entries are lost",
                head.0, checkpoint.position.0
            );
            return Err(StoreError::damaged("the journal's end", why));
        }
        from = checkpoint.replay_from;
        state.shared = decode::<Shared>(&checkpoint.shared, || "the checkpoint".into())?;
        let of = checkpoint.pages.len();
        for (place, page) in checkpoint.pages.into_iter().enumerate() {
            let name = || format!("account page {}", page.page);
            // Pages are saved in any order: one that never was is made by the replay alone.
            while state.pages_count() < page.page as usize {
                state.restore_page(Position::START, PageContent::default());
            }
            state.restore_page(page.position, decode::<PageContent>(&page.accounts, name)?);
            progress(Progress::Pages { loaded: place + 1, of });
        }
    }
    let shared_at = state.shared.head;
    for rate in reader.exchange_rates(shared_at)? {
        state.exchange.insert(rate);
    }
    for entry in reader.promise_policies(shared_at)? {
        if let Fact::PromisePolicySet(policy) = &entry.fact {
            state.insert_promise_policy(policy);
        }
    }
    for entry in reader.services(shared_at)? {
        if let Fact::ServiceSet(service) = &entry.fact {
            state.insert_service(service);
        }
    }
    let scanned = reader.scan(from, &mut |entry| {
        if entry.position.0.is_multiple_of(65_536) {
            progress(Progress::Replay { at: entry.position, head });
        }
        replay(&mut state, &entry, shared_at)
    })?;
    check_pages(&state)?;
    state.sum_receivables();
    state.find_subjects();
    let [for_ever, for_a_day] = Kept::ALL;
    let keys = [reader.keys(for_ever, run_keys)?, reader.keys(for_a_day, run_keys)?];
    Ok(Recovered { state, keys, replayed: scanned.entries })
}

/// Only the last page with any may have room: a page that was saved and lost leaves a hole.
fn check_pages(state: &State) -> Result<(), StoreError> {
    check_full(state, "accounts", state.accounts_count(), |it| it.accounts.len())?;
    let customers = state.shared.customers_count as usize;
    check_full(state, "customers", customers, |it| it.customers.len())
}

fn check_full(
    state: &State,
    what: &str,
    count: usize,
    len: impl Fn(&PageContent) -> usize,
) -> Result<(), StoreError> {
    let mut left = count;
    for page in 0..state.pages_count() {
        let expected = left.min(PAGE_ACCOUNTS);
        if state.page(page).map_or(0, &len) != expected {
            let why = format!("{what} are missing in it");
            return Err(StoreError::damaged(format!("account page {page}"), why));
        }
        left -= expected;
    }
    match left {
        0 => Ok(()),
        _ => Err(StoreError::damaged("the account pages", format!("{what} are missing"))),
    }
}

/// Folds one entry; one that contradicts what came before it is damage, and is named.
pub fn replay(state: &mut State, entry: &Entry, shared_at: Position) -> Result<(), StoreError> {
    let fold = AssertUnwindSafe(|| state.replay(entry, shared_at));
    catch_unwind(fold).map_err(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        let why = text.unwrap_or("it contradicts the entries before it").replace('\n', " ");
        StoreError::damaged(format!("journal position {}", entry.position.0), why)
    })
}

fn decode<T: serde::de::DeserializeOwned>(
    bytes: &[u8],
    place: impl Fn() -> String,
) -> Result<T, StoreError> {
    postcard::from_bytes(bytes).map_err(|error| StoreError::damaged(place(), error))
}
