//! Today's state for look-ups and lists.

use std::collections::BTreeMap;

use engine::{AccountId, CustomerFields, CustomerId, Entry, Fact, Position};

use super::{Fresh, History, append, samples};
use crate::{ReceivedRecord, Store};

pub fn the_directory_follows_the_entries(fresh: Fresh<'_>) {
    let mut store = fresh();
    let samples = samples::one_of_each();
    let place = |name: &str| samples.iter().position(|it| it.0 == name).unwrap();
    let reader = store.reader().unwrap();
    let upto = |store: &mut dyn Store, from: usize, to: usize| {
        append(store, samples[from..to].iter().map(|it| it.1.clone()).collect());
    };
    upto(store.as_mut(), 0, 1);
    let created = reader.customer(samples::CUSTOMER).unwrap().unwrap();
    assert_eq!((&*created.fields.name, created.created_at), ("Zoë Søren Đặng", samples[0].1.at));
    let alone = reader.customer_and_accounts(samples::CUSTOMER).unwrap().unwrap();
    assert_eq!(alone, (created, Vec::new()));
    upto(store.as_mut(), 1, 3);
    let updated = reader.customer(samples::CUSTOMER).unwrap().unwrap();
    assert_eq!(updated.fields, *fields(&samples[1].1));
    assert_eq!((updated.created_at, updated.updated_at), (samples[0].1.at, samples[1].1.at));
    let opened = reader.account(samples::ACCOUNT).unwrap().unwrap();
    assert_eq!((&*opened.name, &*opened.currency, opened.exponent), ("home", "EUR", 2));
    assert_eq!((opened.customer, opened.closed_at), (samples::CUSTOMER, None));
    let both = reader.customer_and_accounts(samples::CUSTOMER).unwrap().unwrap();
    assert_eq!(reader.accounts_of(samples::CUSTOMER).unwrap(), both.1);
    assert_eq!(both, (updated, vec![opened]));
    upto(store.as_mut(), 3, samples.len());
    let account = reader.account(samples::ACCOUNT).unwrap().unwrap();
    assert_eq!(&*account.name, "shop");
    assert_eq!(account.closed_at, Some(samples[place("account_closed")].1.at));
    let paid = samples[place("payment_converted")].1.position;
    let payment = reader.payment(paid).unwrap().unwrap();
    assert_eq!((&*payment.source, &*payment.reference), ("cash", "R/1 é"));
    assert_eq!((payment.account, payment.amount.units()), (samples::ACCOUNT, 12_500_000));
    // The sample that cancels names position 7, which is that payment.
    assert_eq!(paid, Position(7));
    let cancelled_by = samples[place("payment_cancelled")].1.position;
    assert_eq!(payment.cancelled_by, Some(cancelled_by));
    let other = samples[place("payment")].1.position;
    assert_eq!(reader.payment(other).unwrap().unwrap().cancelled_by, None);
    assert_eq!(reader.payment(cancelled_by).unwrap(), None);
    assert_eq!(reader.customer(CustomerId(1)).unwrap(), None);
    assert_eq!(reader.account(AccountId(1)).unwrap(), None);
    assert!(reader.accounts_of(CustomerId(1)).unwrap().is_empty());
    assert_eq!(reader.customer_and_accounts(CustomerId(1)).unwrap(), None);
}

pub fn payments_are_listed_by_source_and_place(fresh: Fresh<'_>) {
    let mut store = fresh();
    let mut history = History::new(12);
    let entries = history.entries(6_000);
    append(store.as_mut(), entries.clone());
    let reader = store.reader().unwrap();
    let of_source = received(&entries, "bank");
    for (after, until) in [(0, 9_999), (0, 500), (500, 1_500), (5_999, 9_999), (5, 5), (9, 3)] {
        let within = |it: &&ReceivedRecord| (after + 1..=until).contains(&it.position.0);
        let expected: Vec<_> = of_source.values().filter(within).copied().collect();
        let list = |after: u64, limit| {
            reader.payments_of("bank", Position(after), Position(until), limit).unwrap()
        };
        assert_eq!(list(after, 9_999), expected, "{after} to {until}");
        // A list goes on where the one before ended.
        let first = list(after, 3);
        assert_eq!(first, expected[..expected.len().min(3)], "{after} to {until}");
        if let Some(last) = first.last() {
            assert_eq!(list(last.position.0, 9_999), expected[first.len()..], "{after}");
        }
    }
    assert!(of_source.len() > 20, "{}", of_source.len());
    let none = reader.payments_of("nobody", Position(0), Position(9_999), 10).unwrap();
    assert!(none.is_empty());
}

/// What came from a source, each payment once, and what became of it.
fn received(entries: &[Entry], source: &str) -> BTreeMap<Position, ReceivedRecord> {
    let mut found: BTreeMap<Position, ReceivedRecord> = BTreeMap::new();
    // Where an allocated payment was received.
    let mut origins = BTreeMap::new();
    let mut ends = [0; 5];
    for entry in entries {
        let (position, account) = (entry.position, entry.posting.map(|it| it.account));
        let record = ReceivedRecord { position, account, taken_back_by: None };
        match &entry.fact {
            Fact::Payment(_) => {
                let contra = entry.posting.unwrap().contra.to_string();
                found
                    .extend((contra == format!("payments:{source}")).then_some((position, record)));
            }
            Fact::PaymentUnallocated(it) if it.source.as_str() == source => {
                ends[0] += 1;
                found.insert(position, record);
            }
            Fact::PaymentAllocated(it) => {
                let Some(record) = found.get_mut(&it.payment) else { continue };
                ends[1] += 1;
                record.account = account;
                origins.insert(position, it.payment);
            }
            Fact::PaymentReturned(it) => {
                let Some(record) = found.get_mut(&it.payment) else { continue };
                ends[2] += 1;
                record.taken_back_by = Some(position);
            }
            Fact::PaymentForwarded(it) => {
                ends[4] += usize::from(found.contains_key(&it.payment));
            }
            Fact::PaymentCancelled(it) => {
                let payment = origins.get(&it.payment).copied().unwrap_or(it.payment);
                let Some(record) = found.get_mut(&payment) else { continue };
                ends[3] += usize::from(origins.contains_key(&it.payment));
                record.taken_back_by = Some(position);
            }
            _ => {}
        }
    }
    let [waited, allocated, returned, cancelled, forwarded] = ends;
    assert!(waited > allocated + returned + forwarded, "{ends:?}");
    assert!(allocated > 0 && returned > 0 && forwarded > 0, "{ends:?}");
    assert!(cancelled > 0, "no allocated payment was cancelled: {ends:?}");
    found
}

pub fn rates_are_read_back_up_to_a_position(fresh: Fresh<'_>) {
    let mut store = fresh();
    let mut history = History::new(6);
    let entries = history.entries(400);
    append(store.as_mut(), entries.clone());
    let reader = store.reader().unwrap();
    for until in [0, 1, 100, 399, 400, 500] {
        let mut expected = Vec::new();
        for entry in entries.iter().filter(|it| it.position.0 <= until) {
            if let Fact::ExchangeRatesAdded(added) = &entry.fact {
                expected.extend(added.dated());
            }
        }
        assert_eq!(reader.exchange_rates(Position(until)).unwrap(), expected, "until {until}");
        assert!(until < 399 || !expected.is_empty());
    }
}

pub fn customers_are_found_by_what_a_person_types(fresh: Fresh<'_>) {
    let mut store = fresh();
    let mut history = History::new(7);
    let mut entries = history.open_accounts(150);
    let people = [
        ("Zoë Ångström", Some("+47 22 33 44 55"), Some("zoe@mail.example"), None),
        ("Jean-Luc Ångström", Some("0047-99887766"), None, Some("KD 17/x")),
        ("Smith & Sons", None, Some("office@smith.example"), Some("KD18")),
    ];
    let mut made = entries.iter_mut().filter_map(|it| match &mut it.fact {
        Fact::CustomerCreated(fields) => Some(fields),
        _ => None,
    });
    for (name, phone, email, external_id) in people {
        *made.next().unwrap() = CustomerFields {
            name: name.into(),
            phone: phone.map(Into::into),
            email: email.map(Into::into),
            external_id: external_id.map(Into::into),
            ..CustomerFields::default()
        }
        .into();
    }
    append(store.as_mut(), entries);
    let reader = store.reader().unwrap();
    let find = |words: &str| -> Vec<u32> {
        let found = reader.search_customers(words, CustomerId(0), 10).unwrap();
        found.iter().map(|it| it.id.0).collect()
    };
    for (words, expected) in [
        ("ang", [1_u32, 2].as_slice()),
        ("ANGSTROM zoe", &[1]),
        ("zoë", &[1]),
        ("Luc", &[2]),
        ("smith", &[3]),
        ("mail.example", &[1]),
        ("smith zoe", &[]),
        ("22334455", &[1]),
        ("+47 22 33 44 55", &[1]),
        ("334455", &[1]),
        ("99887766", &[2]),
        ("887766", &[2]),
        ("KD 17/x", &[2]),
        ("KD", &[2, 3]),
        ("nobody", &[]),
        ("\"' OR 1=1 --", &[]),
        ("", &[1, 2, 3]),
        ("  ", &[1, 2, 3]),
        ("%", &[1, 2, 3]),
    ] {
        assert_eq!(find(words), expected, "{words:?}");
    }
    for account in history.state.accounts().take(20) {
        let number = account.number.to_string();
        assert!(find(&number).contains(&account.customer.0), "{number}");
        assert!(find(&number[..number.len() - 2]).contains(&account.customer.0), "{number}");
    }
    let second = reader.search_customers("ang", CustomerId(1), 10).unwrap();
    assert_eq!(second.iter().map(|it| it.id.0).collect::<Vec<_>>(), [2]);
    assert_eq!(reader.search_customers("ang", CustomerId(0), 1).unwrap().len(), 1);
    check_rows(reader.as_ref(), &history);
}

/// Every row comes, in order, as it is when it is asked for alone.
fn check_rows(reader: &dyn crate::Reader, history: &History) {
    let mut customers = Vec::new();
    let mut keep = |it| {
        customers.push(it);
        Ok(())
    };
    reader.scan_customers(&mut keep).unwrap();
    assert_eq!(customers, reader.search_customers("", CustomerId(0), 1_000).unwrap());
    let mut accounts = Vec::new();
    let mut keep = |it| {
        accounts.push(it);
        Ok(())
    };
    reader.scan_accounts(&mut keep).unwrap();
    assert_eq!(accounts.len(), history.state.accounts_count());
    for (account, expected) in accounts.iter().zip(history.state.accounts()) {
        assert_eq!(account.id, expected.id);
        assert_eq!(reader.account(expected.id).unwrap().as_ref(), Some(account));
    }
}

fn fields(entry: &Entry) -> &CustomerFields {
    match &entry.fact {
        Fact::CustomerCreated(fields) | Fact::CustomerUpdated(fields) => fields,
        _ => panic!("not about a customer: {entry:?}"),
    }
}
