//! When sessions and limits began, and whose doing a limit is: the shard keeps what they hold, and
//! the journal how they came about.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use engine::{Account, AccountId, Entry, Fact, Limit, Position, Timestamp};
use store::{Reader, StoreError};

use super::picture::Purse;

/// Entries of an account that are looked at for beginnings.
const LOOKED_AT_MAX: usize = 1_000;

/// When open sessions began, by account and serial number; what began too long ago is not there.
pub type Begun = BTreeMap<(AccountId, u32), Timestamp>;

/// An account's newest entry, and its open sessions.
pub type Open = (AccountId, Position, BTreeSet<u32>);

pub fn open<'a>(purses: impl Iterator<Item = &'a Purse>) -> Vec<Open> {
    let of =
        |it: &Purse| (it.account.id, it.account.head, it.sessions().map(|it| it.serial).collect());
    purses.map(of).filter(|it: &Open| !it.2.is_empty()).collect()
}

/// Which of them began among an account's entries, newest first.
pub fn among(open: &[Open], account: AccountId, entries: &[Entry], begun: &mut Begun) {
    let wanted = open.iter().find(|it| it.0 == account).map(|it| &it.2);
    for entry in entries {
        if let Fact::Authorised { serial, .. } = &entry.fact
            && wanted.is_some_and(|it| it.contains(serial))
        {
            begun.entry((account, *serial)).or_insert(entry.at);
        }
    }
}

pub fn begun(reader: &dyn Reader, open: Vec<Open>) -> Result<Begun, StoreError> {
    let mut begun = Begun::new();
    for (account, head, mut wanted) in open {
        let mut looked_at = 0;
        reader.account_entries(head, &mut |entry| {
            looked_at += 1;
            if let Fact::Authorised { serial, .. } = &entry.fact
                && wanted.remove(serial)
            {
                begun.insert((account, *serial), entry.at);
            }
            match wanted.is_empty() || looked_at == LOOKED_AT_MAX {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        })?;
    }
    Ok(begun)
}

/// The entries that made an account's limits: that of the permanent one first, if there is one,
/// then those of the others in their order; `None` where it was too long ago.
pub fn limits(reader: &dyn Reader, account: &Account) -> Result<Vec<Option<Entry>>, StoreError> {
    let mut found = Vec::new();
    if account.limit != Limit::NONE {
        found.push(find(reader, account.head, sets_limit)?);
    }
    for credit in &account.credits {
        let granted = reader.position_at(credit.from)?;
        let newest = reader.account_position(account.head, granted)?;
        let grants = |entry: &Entry| match &entry.fact {
            Fact::CreditGranted { serial, .. } => *serial == credit.serial,
            Fact::PromiseGranted(it) => it.credit == credit.serial,
            _ => false,
        };
        found.push(find(reader, newest, grants)?);
    }
    Ok(found)
}

fn sets_limit(entry: &Entry) -> bool {
    match &entry.fact {
        Fact::CreditLimitSet(_) => true,
        Fact::AccountOpened(it) => it.limit != Limit::NONE,
        _ => false,
    }
}

/// The newest entry of this kind, from `newest` on back.
fn find(
    reader: &dyn Reader,
    newest: Position,
    is_it: impl Fn(&Entry) -> bool,
) -> Result<Option<Entry>, StoreError> {
    let (mut found, mut looked_at) = (None, 0);
    reader.account_entries(newest, &mut |entry| {
        looked_at += 1;
        if is_it(&entry) {
            found = Some(entry);
        }
        match found.is_some() || looked_at == LOOKED_AT_MAX {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    })?;
    Ok(found)
}
