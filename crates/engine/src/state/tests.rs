use std::sync::Arc;

use super::*;
use crate::{Command, CustomerFields, Limit, Name, OpenAccount, Origin};

const LAST: u32 = (1 << 26) - 1;

fn execute(state: &mut State, command: Command) -> Result<Answer, Refusal> {
    let name = |it| Name::new(it).unwrap();
    let origin = Origin { actor: name("ann"), channel: name("api"), reason: None };
    state.execute(&Order { origin, command }, Timestamp(0), &mut Vec::new())
}

#[test]
fn a_shard_that_has_numbered_all_it_can_refuses_more() {
    let mut state = State::default();
    let fields = Arc::new(CustomerFields { name: "Ann".into(), ..CustomerFields::default() });
    let create = || Command::CreateCustomer(Arc::clone(&fields));
    execute(&mut state, create()).unwrap();
    let open = Command::OpenAccount(Box::new(OpenAccount {
        customer: CustomerId(1),
        number: None,
        name: "".into(),
        currency: Currency::EUR,
        limit: Limit::NONE,
        ceiling: None,
    }));
    execute(&mut state, open.clone()).unwrap();
    state.shared.customers_count = LAST;
    state.accounts_count = usize::try_from(LAST).unwrap();
    assert_eq!(execute(&mut state, create()), Err(Refusal::ShardFull));
    assert_eq!(execute(&mut state, open), Err(Refusal::ShardFull));
    // Nothing of it is in the journal.
    assert_eq!(state.shared.head, Position(2));
}

#[test]
fn who_owes_is_known_in_any_shard_after_everything_was_added_up_again() {
    let shard = ShardId::new(5).unwrap();
    let mut state = State::of_shard(shard, Settings::default(), ExchangeRates::default());
    let fields = Arc::new(CustomerFields { name: "Ann".into(), ..CustomerFields::default() });
    execute(&mut state, Command::CreateCustomer(fields)).unwrap();
    let account = shard.account(1).unwrap();
    let open = Command::OpenAccount(Box::new(OpenAccount {
        customer: shard.customer(1).unwrap(),
        number: None,
        name: "".into(),
        currency: Currency::EUR,
        limit: Limit::NONE,
        ceiling: None,
    }));
    execute(&mut state, open).unwrap();
    let correct = Command::Adjust {
        account: crate::AccountRef::Id(account),
        amount: crate::Balance::from_units(-70_000).unwrap(),
        currency: Currency::EUR,
        reason: Name::new("correction").unwrap(),
        note: None,
    };
    execute(&mut state, correct).unwrap();
    let debtors = |it: &State| it.receivables.oldest.debtors(0).collect::<Vec<_>>();
    assert_eq!(debtors(&state), [(account, 0)]);
    state.sum_receivables();
    assert_eq!(debtors(&state), [(account, 0)]);
}
