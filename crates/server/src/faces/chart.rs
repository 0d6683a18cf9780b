//! An account's balance over time, drawn for both faces.

use engine::{Entry, Timestamp};
use pages::chart::{BalanceChart, Point};

use super::picture::Purse;
use super::{Looks, words};

/// The balance after each of these entries, with the credit limit and what is expected.
pub fn balance<'a>(
    looks: &Looks,
    purse: &Purse,
    newest_first: impl DoubleEndedIterator<Item = &'a Entry>,
) -> BalanceChart {
    let points = newest_first.rev();
    let points = points.filter_map(|it| Some((it.at, i128::from(it.posting?.balance.units()))));
    of_points(looks, purse, points.collect())
}

pub fn of_points(looks: &Looks, purse: &Purse, points: Vec<(Timestamp, i128)>) -> BalanceChart {
    let account = &purse.account;
    let point = |(at, balance): (Timestamp, i128)| Point { at: looks.moment(at), balance };
    let off_at = purse.forecast.as_ref().and_then(|it| it.next_off).map(|it| it.at);
    // The balance is foretold up to the switch-off, and not beyond.
    let steps = purse.forecast.iter().filter(|_| off_at.is_some()).flat_map(|it| &it.balances);
    let mut ahead: Vec<(Timestamp, i128)> =
        steps.map(|(at, balance)| (*at, i128::from(balance.units()))).collect();
    let last = ahead.last().map_or(i128::from(account.balance.units()), |it| it.1);
    ahead.extend(off_at.map(|at| (at, last)));
    BalanceChart {
        id: format!("chart-{}", account.id.0),
        account_number: words::number(&account.number.to_string()),
        currency: account.currency.to_string(),
        exponent: account.exponent,
        points: points.into_iter().map(point).collect(),
        now: looks.moment(looks.now),
        credit: words::limit(account.credit()),
        forecast: ahead.into_iter().map(point).collect(),
        off_at: off_at.map(|at| looks.moment(at)),
    }
}
