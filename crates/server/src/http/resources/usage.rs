//! Units of use as they stand in requests: seconds, bytes, events.

use engine::{
    AskUse, AskedFact, AuthoriseUse, Entry, Fact, Next, QUANTITY_MAX, SettleUse, SettlementFact,
    ThenUse, UseGrant, Used,
};

use super::authorisations::reused;
use super::reservations::NextRequest;
use crate::http::app::App;
use crate::http::error::Problem;

/// A quantity of units, up to 2^63 − 1.
pub fn quantity(field: &str, quantity: u64) -> Result<u64, Problem> {
    match quantity > QUANTITY_MAX {
        true => Err(Problem::malformed(field, "is more than 9223372036854775807 units")),
        false => Ok(quantity),
    }
}

/// What a session asks for, in units; `place` is before the names of the fields: `next.`.
pub fn ask(
    app: &App,
    place: &str,
    asked: u64,
    minimum: Option<u64>,
    expires_in: Option<u32>,
) -> Result<AskUse, Problem> {
    let field = |name: &str| format!("{place}{name}");
    let asked = quantity(&field("quantity"), asked)?;
    let minimum = quantity(&field("minimum_quantity"), minimum.unwrap_or(1))?;
    if asked == 0 {
        return Err(Problem::malformed(&field("quantity"), "is 0; ask for one unit or more"));
    }
    if minimum > asked {
        return Err(Problem::malformed(&field("minimum_quantity"), "is more than quantity"));
    }
    let seconds_max = app.options.grant_seconds_max;
    let seconds = expires_in.unwrap_or(app.options.grant_seconds);
    if !(1..=seconds_max).contains(&seconds) {
        let why = format!("is not from 1 to {seconds_max} seconds");
        return Err(Problem::malformed(&field("expires_in"), why));
    }
    let expires_at = app.shard.now().plus(i64::from(seconds) * 1_000_000);
    Ok(AskUse { quantity: asked, minimum, expires_at })
}

/// What becomes of a session after a settlement in units.
pub fn then(app: &App, next: Option<&NextRequest<'_>>, is_final: bool) -> Result<ThenUse, Problem> {
    match (next, is_final) {
        (Some(_), true) => Err(Problem::malformed("next", "has no place in a final settlement")),
        (None, true) => Ok(ThenUse::End),
        (None, false) => Ok(ThenUse::Keep),
        (Some(next), false) => {
            let money =
                [("next.amount", next.amount.is_some()), ("next.minimum", next.minimum.is_some())];
            if let Some((field, _)) = money.iter().find(|it| it.1) {
                let why = "is money, and the session is settled by units";
                return Err(Problem::malformed(field, why));
            }
            let missing = || Problem::malformed("next.quantity", "is missing");
            let asked = next.quantity.ok_or_else(missing)?;
            ask(app, "next.", asked, next.minimum_quantity, next.expires_in).map(ThenUse::Ask)
        }
    }
}

/// Holds an answer that was given before against what is asked now.
pub fn check_same_authorisation(entry: &Entry, asked: &AuthoriseUse) -> Result<(), Problem> {
    let differs = |field| Err(reused(asked.request, field));
    let before = match &entry.fact {
        Fact::Authorised { session, .. } => session.usage.as_ref().map(|it| {
            let UseGrant { asked: quantity, minimum, .. } = it.grant;
            (session.as_ref(), AskedFact { quantity, minimum, destination: it.destination.clone() })
        }),
        Fact::Refused { refused, .. } => {
            refused.asked.as_ref().map(|it| (&refused.session, it.as_ref().clone()))
        }
        _ => return differs("kind"),
    };
    // It was asked for money.
    let Some((session, before)) = before else {
        return differs("quantity");
    };
    match () {
        () if before.quantity != asked.ask.quantity => differs("quantity"),
        () if before.minimum != asked.ask.minimum => differs("minimum_quantity"),
        () if before.destination != asked.destination => differs("destination"),
        () if asked.service.is_some_and(|it| it != session.service) => differs("service"),
        () => Ok(()),
    }
}

/// As [`check_same_authorisation`], for a settlement.
pub fn check_same_settlement(entry: &Entry, asked: &SettleUse) -> Result<(), Problem> {
    let differs = |field| Err(reused(asked.request, field));
    let Fact::Settled { next, extra: Some(extra), .. } = &entry.fact else {
        return differs("kind");
    };
    let SettlementFact { used: Some(used), .. } = extra.as_ref() else {
        return differs("kind");
    };
    let same_end = match (next, asked.then) {
        (Next::Final { .. }, ThenUse::End) | (Next::Kept { .. }, ThenUse::Keep) => true,
        (Next::Granted(_) | Next::Refused, ThenUse::Ask(ask)) => {
            used.grant.is_some_and(|it| (it.asked, it.minimum) == (ask.quantity, ask.minimum))
        }
        _ => false,
    };
    match asked.used {
        Used::Total(total) if total != used.total => differs("total"),
        Used::More(more) if more != used.more => differs("used"),
        _ if !same_end => differs("next"),
        _ => Ok(()),
    }
}
