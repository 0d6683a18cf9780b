//! What is held against the oracle: the engine, or the engine with a bug on purpose.

use std::sync::Arc;

use engine::{
    Answer, Balance, Command, Contra, Entry, Fact, Order, Posting, Promise, PromiseEnd,
    PromiseEndFact, Refusal, State, Timestamp, Whose, decide,
};

/// Under test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    Engine,
    /// Authorises as if nothing were held: two sessions can hold the same money. It is here so
    /// that a test can prove that the oracle notices.
    ForgetsHolds,
    /// Takes a correction in favour of a customer for a payment: it keeps a promise.
    KeepsPromisesByAdjustments,
    /// When money comes in, brings back the least important service first.
    StartsTheLeastImportantFirst,
}

impl Subject {
    pub(crate) fn execute(
        self,
        state: &mut State,
        order: &Order,
        now: Timestamp,
        entries: &mut Vec<Entry>,
    ) -> Result<Answer, Refusal> {
        match (self, &order.command) {
            (Self::ForgetsHolds, Command::Authorise(authorise)) => {
                let place = state.resolve(&authorise.account).map(|it| it.id);
                state.fire_due_before(&order.command, now, entries);
                match place {
                    Ok(id) => authorise_without_holds(state, id, order, now, entries),
                    Err(refusal) => Err(refusal),
                }
            }
            (Self::KeepsPromisesByAdjustments, Command::Adjust { account, amount, .. }) => {
                let place = state.resolve(account).map(|it| it.id);
                let answer = state.execute(order, now, entries)?;
                if let Ok(id) = place {
                    keep_promises(state, id, amount.units(), entries);
                }
                Ok(answer)
            }
            (Self::StartsTheLeastImportantFirst, Command::ReceivePayment(_)) => {
                let mut turned = with_priorities_turned(state);
                let answer = turned.execute(order, now, entries);
                entries.iter().for_each(|it| state.apply(it));
                answer
            }
            _ => state.execute(order, now, entries),
        }
    }
}

/// The same state, but that what comes first comes last.
fn with_priorities_turned(state: &State) -> State {
    let mut turned = State::new(state.settings.clone(), state.exchange.clone());
    for service in state.catalogue().services() {
        state.catalogue().versions(service.name).for_each(|it| turned.insert_service(it));
    }
    for page in 0..state.pages_count() {
        let mut content = state.page(page).expect("it is one of them").clone();
        let services = content.accounts.iter_mut().filter_map(|it| it.services.as_deref_mut());
        for subscription in services.flat_map(|it| &mut it.subscriptions) {
            subscription.priority = u16::MAX - subscription.priority;
        }
        turned.restore_page(state.shared.head, content);
    }
    turned.shared = state.shared.clone();
    turned
}

/// Ends the first promise that `units` would have kept, had they been paid.
fn keep_promises(state: &mut State, id: engine::AccountId, units: i64, entries: &mut Vec<Entry>) {
    let Some(last) = entries.last().filter(|it| it.posting.is_some()) else { return };
    let account = state.account(id).expect("it was adjusted");
    let is_kept =
        |it: &&Promise| it.is_open() && it.paid.units().saturating_add(units) >= it.amount.units();
    let Some(promise) = account.promises().iter().find(is_kept) else { return };
    let mut after = account.clone();
    after.credits.retain(|it| it.serial != promise.credit);
    let (credit, amount, paid) = (promise.credit, promise.amount, promise.paid);
    let entry = Entry {
        position: state.shared.head.plus(1),
        posting: last.posting.map(|it| Posting {
            prev: last.position,
            amount: Balance::ZERO,
            credit: after.credit(),
            contra: Contra::None,
            ..it
        }),
        fact: Fact::PromiseEnded(Arc::new(PromiseEndFact {
            credit,
            amount,
            paid,
            end: PromiseEnd::Repaid,
        })),
        ..last.clone()
    };
    state.apply(&entry);
    entries.push(entry);
}

/// Lets the engine decide about a copy where the held money was paid in a second time, and passes
/// the answer off as one about the real account.
fn authorise_without_holds(
    state: &mut State,
    id: engine::AccountId,
    order: &Order,
    now: Timestamp,
    entries: &mut Vec<Entry>,
) -> Result<Answer, Refusal> {
    let mut richer = State::new(state.settings.clone(), state.exchange.clone());
    let balance = state.account(id).expect("it was resolved").balance;
    for page in 0..state.pages_count() {
        let mut content = state.page(page).expect("it is one of them").clone();
        for account in content.accounts.iter_mut().filter(|it| it.id == id) {
            let units = balance.units() + account.held.units();
            account.balance = Balance::from_units(units).unwrap_or(balance);
        }
        richer.restore_page(state.shared.head, content);
    }
    richer.shared = state.shared.clone();
    let before = entries.len();
    let answer = decide(&richer, order, now, entries)?;
    for entry in &mut entries[before..] {
        if let Some(posting) = &mut entry.posting {
            posting.balance = balance;
        }
        state.apply(entry);
    }
    Ok(answer)
}

/// The accounts of an order that exist.
pub(crate) fn accounts_of(state: &State, order: &Order) -> Vec<engine::AccountId> {
    let accounts = order.command.accounts().into_iter().flatten();
    let found = accounts.filter_map(|whose| match whose {
        Whose::Id(_) | Whose::Subject(_) => {
            state.find(whose).and_then(|it| state.account(it)).map(|it| it.id)
        }
        Whose::Number(number) => {
            let number = engine::AccountRef::Number(number.clone());
            state.resolve(&number).ok().map(|it| it.id)
        }
    });
    found.collect()
}
