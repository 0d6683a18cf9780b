//! Sessions: calls, data and trunks, as network elements ask for them.
//!
//! A session is known by its key only; where it stands is read from the account each time, so
//! that a refusal, an expiry or another caller's settlement is never overlooked.

use std::sync::Arc;

use engine::{
    AccountRef, Amount, Ask, AskUse, Authorise, AuthoriseUse, Command, Phase, ReservationId,
    SessionKey, SessionUsage, Settle, SettleUse, State, Then, ThenUse, Timestamp, Used, Whom,
};

use super::catalogue::{DATA, TELEPHONY, TRUNK, Usage};
use super::provider::{Act, HOUR, MINUTE, Provider, SECOND, account_id, name, operation, origin};
use super::random::Random;
use super::roster::{Habit, Plan};
use super::services::subject;
use crate::shard::{Operation, key_digest};

/// What becomes of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Used for a while, and ended.
    Normal,
    /// Nobody answers: what was held is given back.
    Unanswered,
    /// The network element restarts and never reports: the hold expires.
    Forgotten,
    /// More is used than was granted.
    Overrun,
    /// Lasts as long as it may: still on when history ends.
    Long,
}

impl Fate {
    pub fn draw(random: &mut Random) -> Self {
        match random.below(200) {
            0..=19 => Self::Unanswered,
            20..=21 => Self::Forgotten,
            22..=23 => Self::Overrun,
            _ => Self::Normal,
        }
    }
}

/// A session that goes on.
#[derive(Clone, Debug)]
pub struct Call {
    line: usize,
    usage: Usage,
    key: SessionKey,
    fate: Fate,
    began_at: Timestamp,
    ends_at: Timestamp,
}

impl Provider {
    pub(super) fn begin(
        &mut self,
        line: usize,
        fate: Fate,
        state: &State,
        now: Timestamp,
    ) -> Option<Operation> {
        let account = self.account(line, state)?;
        let usage = match self.roster.lines[line].plan {
            Plan::Office => TRUNK,
            _ if self.random.chance(35) => DATA,
            _ => TELEPHONY,
        };
        let text: Arc<str> = format!("{}-{:012x}", usage.prefix, self.random.next() >> 16).into();
        let key = SessionKey(key_digest(&[b"session", text.as_bytes()]));
        let seconds = match fate {
            Fate::Unanswered => self.random.between(12, 35).min(self.pace.ask_seconds),
            Fate::Long => self.pace.seconds_max * 4,
            _ => self.duration(),
        };
        let ends_at = now.plus(seconds * SECOND);
        let call = Call { line, usage, key, fate, began_at: now, ends_at };
        self.plan_next(call, now);
        let ask = self.ask(usage, account.currency, now);
        // Whoever runs out of money tops up sooner or later.
        let low = account.available().is_some_and(|it| it.units() < ask.amount.units());
        if low && self.random.chance(70) {
            let wait = match self.roster.lines[line].habit {
                Habit::Prompt => self.random.between(3 * MINUTE, 9 * HOUR),
                Habit::Late | Habit::Never => self.random.between(20 * HOUR, 90 * HOUR),
            };
            self.plan(now.plus(wait), Act::Pay(line));
        }
        if usage.service == TELEPHONY.service {
            let command = self.call(line, key, &text, now);
            return Some(operation(origin(usage.actor, "network"), command));
        }
        let authorise = Authorise {
            account: AccountRef::Id(account_id(line)),
            session: key,
            session_text: text,
            request: 1,
            service: name(usage.service),
            currency: account.currency,
            ask,
        };
        Some(operation(origin(usage.actor, "network"), Command::Authorise(authorise)))
    }

    /// Asks for seconds, of the subscription that has the caller's number.
    fn call(&mut self, line: usize, key: SessionKey, text: &Arc<str>, now: Timestamp) -> Command {
        let quantity = self.pace.grant_seconds.unsigned_abs();
        let expires_at = now.plus(self.pace.grant_seconds * SECOND);
        let authorise = AuthoriseUse {
            whom: Whom::Subject(subject(line, Plan::Mobile)),
            service: None,
            session: key,
            session_text: Arc::clone(text),
            request: 1,
            destination: Some(self.called()),
            ask: AskUse { quantity, minimum: quantity.min(30), expires_at },
        };
        Command::AuthoriseUse(Box::new(authorise))
    }

    /// Reports the seconds of a call, and asks for more while it lasts.
    fn go_on_calling(
        &mut self,
        call: Call,
        usage: &SessionUsage,
        (reservation, request): (ReservationId, u32),
        now: Timestamp,
    ) -> Operation {
        let ended = now >= call.ends_at;
        let seconds = now.min(call.ends_at).since(call.began_at) / SECOND;
        let mut total = seconds.unsigned_abs().max(usage.metered.total);
        let granted = usage.metered.total + usage.granted;
        let cut = total > granted;
        if cut && call.fate != Fate::Overrun {
            // Without seconds for more, the network ends the call where the grant ends.
            total = granted;
        }
        if ended && call.fate == Fate::Overrun {
            total = granted + self.random.between(9, 50).unsigned_abs();
        }
        let by = origin(call.usage.actor, "network");
        let then = match ended || cut {
            true => ThenUse::End,
            false => {
                let quantity = self.pace.grant_seconds.unsigned_abs();
                let expires_at = now.plus(self.pace.grant_seconds * SECOND);
                self.plan_next(call, now);
                ThenUse::Ask(AskUse { quantity, minimum: 1, expires_at })
            }
        };
        let used = Used::Total(total);
        let settle = SettleUse { reservation, request, used, then };
        operation(by, Command::SettleUse(Box::new(settle)))
    }

    /// Many short ones, few long ones.
    fn duration(&mut self) -> i64 {
        let (short, long) = (self.pace.ask_seconds, self.pace.seconds_max);
        let max = if self.random.chance(65) { short } else { long };
        self.random.between(7, max)
    }

    fn ask(&self, usage: Usage, currency: engine::Currency, now: Timestamp) -> Ask {
        let amount = usage.price(currency, self.pace.grant_seconds);
        let minimum = usage.price(currency, 30);
        let expires_at = now.plus(self.pace.grant_seconds * SECOND);
        Ask { amount, minimum, expires_at }
    }

    fn plan_next(&mut self, call: Call, now: Timestamp) {
        if call.fate != Fate::Forgotten {
            let ask_at = now.plus(self.pace.ask_seconds * SECOND);
            self.plan(call.ends_at.min(ask_at), Act::GoOn(call));
        }
    }

    /// Settles what was used since the last time, and asks for more while the session lasts.
    pub(super) fn go_on(&mut self, call: Call, state: &State, now: Timestamp) -> Option<Operation> {
        let account = self.account(call.line, state)?;
        let session = account.session_by_key(call.key)?;
        let Phase::Open { .. } = session.phase else {
            return None;
        };
        let reservation = account.reservation(session.serial);
        let request = session.request + 1;
        let by = origin(call.usage.actor, "network");
        if call.fate == Fate::Unanswered {
            return Some(operation(by, Command::Release { reservation, request }));
        }
        if let Some(usage) = session.usage.as_deref() {
            return Some(self.go_on_calling(call, usage, (reservation, request), now));
        }
        let seconds = now.min(call.ends_at).since(call.began_at) / SECOND;
        let total = call.usage.price(account.currency, seconds);
        let mut used = total.excess_over(session.charged);
        let ended = now >= call.ends_at;
        // Without money for more, the network ends the session where the grant ends.
        let cut = used > session.held;
        if cut && call.fate != Fate::Overrun {
            used = session.held;
        }
        if ended && call.fate == Fate::Overrun {
            used = self.too_much(&call, account.currency, session.held);
        }
        let then = match ended || cut {
            true => Then::End,
            false => {
                let ask = self.ask(call.usage, account.currency, now);
                self.plan_next(call, now);
                Then::Ask(ask)
            }
        };
        let settle = Settle { reservation, request, currency: account.currency, used, then };
        Some(operation(by, Command::Settle(settle)))
    }

    /// Use beyond what is held, by some seconds.
    fn too_much(&mut self, call: &Call, currency: engine::Currency, held: Amount) -> Amount {
        let beyond = call.usage.price(currency, self.random.between(9, 50));
        held.checked_add(beyond).unwrap_or(held)
    }
}
