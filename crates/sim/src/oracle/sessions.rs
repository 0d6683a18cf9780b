//! Sessions, their requests, and what falls due.

use engine::{Ask, Authorise, ReservationId, Settle, Then};

use super::{MOST, Oracle, Otherwise, Purse, Verdict, refuse};

/// A session as it was told: with every request that was ever answered.
#[derive(Clone, Debug)]
pub struct Talk {
    pub serial: u32,
    pub key: u128,
    service: String,
    pub held: i128,
    charged: i128,
    pub stage: Stage,
    /// Requests by number, and the positions of their answers.
    pub answered: Vec<(u32, u64)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Open { until: i64 },
    Expired { forget_at: i64 },
    Refused { forget_at: i64 },
    Ended { forget_at: i64 },
}

impl Talk {
    pub fn highest(&self) -> u32 {
        self.answered.iter().map(|it| it.0).max().unwrap_or(0)
    }

    pub fn is_open(&self) -> bool {
        matches!(self.stage, Stage::Open { .. })
    }

    fn moment(&self) -> i64 {
        match self.stage {
            Stage::Open { until } => until,
            Stage::Expired { forget_at }
            | Stage::Refused { forget_at }
            | Stage::Ended { forget_at } => forget_at,
        }
    }

    /// Refuses, in a way, what was answered before.
    fn check_new(&self, request: u32) -> Result<(), Otherwise> {
        let highest = self.highest();
        let last = self.answered.iter().find(|it| it.0 == highest);
        match (request, last) {
            (0, _) | (_, None) => Ok(()),
            _ if request > highest => Ok(()),
            (_, Some((_, position))) if request == highest => Err(Verdict::Repeat(*position)),
            _ => Err(Verdict::EarlierRepeat(request)),
        }
    }
}

impl Purse {
    /// When the next thing happens to this account by itself, being forgotten included.
    pub(super) fn next_moment(&self) -> Option<i64> {
        let limits = self.limits.iter().map(|it| it.2);
        let limits = limits.chain(self.open_vows().map(|it| it.until));
        limits.chain(self.talks.iter().map(Talk::moment)).min()
    }

    /// How much of `ask` there is beside what others hold, or the refusal.
    fn grant(&self, ask: &Ask, others: i128) -> Result<i128, Otherwise> {
        if self.closed {
            return refuse("account_closed", []);
        }
        let (asked, least) = (i128::from(ask.amount.units()), i128::from(ask.minimum.units()));
        match self.available_beside(others) {
            None => Ok(asked),
            Some(available) => {
                let possible = available.clamp(0, asked);
                match possible == 0 || possible < least {
                    true => refuse("insufficient_funds", [available, least]),
                    false => Ok(possible),
                }
            }
        }
    }
}

impl Oracle {
    /// Does everything that is due on an account by `at`, each at its own moment.
    pub(super) fn do_due(&mut self, place: usize, at: i64) {
        loop {
            let purse = &mut self.purses[place];
            purse.talks.retain(|it| it.is_open() || it.moment() > at);
            let limits = purse.limits.iter().map(|it| (it.2, 0, it.0));
            let limits = limits.chain(purse.open_vows().map(|it| (it.until, 0, it.serial)));
            let holds = purse.talks.iter().filter(|it| it.is_open());
            let holds = holds.map(|it| (it.moment(), 1, it.serial));
            let Some((moment, what, serial)) = limits.chain(holds).min() else {
                return;
            };
            if moment > at {
                return;
            }
            match what {
                0 if self.purses[place].open_vows().any(|it| it.serial == serial) => {
                    self.break_vow(place, serial, moment);
                }
                0 => self.end_limit(place, serial, moment),
                _ => {
                    let forget_at = self.last_at.max(moment) + self.session_memory;
                    let talk = self.talk(place, serial);
                    (talk.held, talk.stage) = (0, Stage::Expired { forget_at });
                    self.post(place, "reservation_expired", moment, |it| it.serial = serial);
                }
            }
        }
    }

    pub(super) fn authorise(&mut self, authorise: &Authorise, at: i64) -> Result<(), Otherwise> {
        let (request, ask) = (authorise.request, &authorise.ask);
        let place = self.place(&authorise.account)?;
        let purse = &self.purses[place];
        let known = purse.talks.iter().rfind(|it| it.key == authorise.session.0);
        known.map_or(Ok(()), |it| it.check_new(request))?;
        self.check_open(place)?;
        self.check_currency(place, authorise.currency)?;
        match known.map(|it| it.stage) {
            Some(Stage::Open { .. }) if request == 0 => return refuse("session_open", []),
            Some(Stage::Ended { .. }) if request > 0 => return refuse("session_ended", []),
            _ => {}
        }
        let goes_on = known.filter(|_| request > 0);
        let others = purse.held() - goes_on.map_or(0, |it| it.held);
        let granted = purse.grant(ask, others);
        let serial = goes_on.map_or(purse.talks_made + 1, |it| it.serial);
        let forget_at = at + self.session_memory;
        match &granted {
            Ok(amount) if others + amount > MOST => return refuse("amount_out_of_range", []),
            Err(refusal) if request == 0 => return Err(refusal.clone()),
            _ => {}
        }
        self.begin(place, serial, authorise);
        let talk = self.talk(place, serial);
        match granted {
            Ok(amount) => {
                let until = ask.expires_at.0;
                (talk.held, talk.stage) = (amount, Stage::Open { until });
                self.post(place, "authorised", at, |line| {
                    (line.serial, line.granted) = (serial, Some((amount, until)));
                });
            }
            Err(refusal) => {
                talk.stage = match talk.stage {
                    Stage::Open { until } => Stage::Open { until },
                    Stage::Expired { .. } => Stage::Expired { forget_at },
                    _ => Stage::Refused { forget_at },
                };
                self.post(place, "refused", at, |line| {
                    (line.serial, line.refused) = (serial, Some(code_of(&refusal)));
                });
            }
        }
        self.note(place, serial, request);
        Ok(())
    }

    pub(super) fn settle(&mut self, settle: &Settle, at: i64) -> Result<(), Otherwise> {
        let (place, serial) = self.find(settle.reservation)?;
        let talk = self.talk(place, serial).clone();
        talk.check_new(settle.request)?;
        self.check_currency(place, settle.currency)?;
        if matches!(talk.stage, Stage::Ended { .. } | Stage::Refused { .. }) {
            return refuse("session_ended", []);
        }
        let used = i128::from(settle.used.units());
        self.check_range(place, -used)?;
        if talk.charged + used > MOST {
            return refuse("amount_out_of_range", []);
        }
        let mut after = self.purses[place].clone();
        after.balance -= used;
        let others = after.held() - talk.held;
        let forget_at = at + self.session_memory;
        let (mut granted, mut refused) = (None, None);
        let (held, stage) = match &settle.then {
            Then::Keep => ((talk.held - used).max(0), talk.stage),
            Then::End => (0, Stage::Ended { forget_at }),
            Then::Ask(ask) => match after.grant(ask, others) {
                Ok(amount) => {
                    let until = ask.expires_at.0;
                    granted = Some((amount, until));
                    (amount, Stage::Open { until })
                }
                Err(refusal) => {
                    refused = Some(code_of(&refusal));
                    (0, talk.stage)
                }
            },
        };
        if others + held > MOST {
            return refuse("amount_out_of_range", []);
        }
        let after = self.talk(place, serial);
        (after.held, after.stage) = (held, stage);
        after.charged += used;
        let kind = match settle.then {
            Then::End => "settled_final",
            _ => "settled",
        };
        self.post(place, kind, at, |line| {
            line.amount = -used;
            line.serial = serial;
            (line.granted, line.refused) = (granted, refused);
            line.overrun = (used - talk.held).max(0);
            line.contra = format!("revenue:{}", talk.service);
        });
        self.note(place, serial, settle.request);
        Ok(())
    }

    pub(super) fn release(
        &mut self,
        reservation: ReservationId,
        request: u32,
        at: i64,
    ) -> Result<(), Otherwise> {
        let (place, serial) = self.find(reservation)?;
        let forget_at = at + self.session_memory;
        let talk = self.talk(place, serial);
        talk.check_new(request)?;
        if matches!(talk.stage, Stage::Ended { .. } | Stage::Refused { .. }) {
            return refuse("session_ended", []);
        }
        (talk.held, talk.stage) = (0, Stage::Ended { forget_at });
        self.post(place, "released", at, |line| line.serial = serial);
        self.note(place, serial, request);
        Ok(())
    }

    /// Makes the session, where the serial is a new one.
    fn begin(&mut self, place: usize, serial: u32, authorise: &Authorise) {
        let purse = &mut self.purses[place];
        if serial > purse.talks_made {
            purse.talks_made = serial;
            purse.talks.push(Talk {
                serial,
                key: authorise.session.0,
                service: authorise.service.to_string(),
                held: 0,
                charged: 0,
                stage: Stage::Refused { forget_at: 0 },
                answered: Vec::new(),
            });
        }
        // What was never granted anything may still become a session of another service.
        let talk = self.talk(place, serial);
        if matches!(talk.stage, Stage::Refused { .. }) {
            talk.service = authorise.service.to_string();
        }
    }

    /// Remembers that `request` was answered by the newest line.
    fn note(&mut self, place: usize, serial: u32, request: u32) {
        let position = self.head;
        if request > 0 {
            self.talk(place, serial).answered.push((request, position));
        }
    }

    fn talk(&mut self, place: usize, serial: u32) -> &mut Talk {
        let talk = self.purses[place].talks.iter_mut().find(|it| it.serial == serial);
        talk.expect("the session was found before")
    }

    fn find(&self, reservation: ReservationId) -> Result<(usize, u32), Otherwise> {
        let purse = self.purse(reservation.account.0);
        let found =
            purse.is_some_and(|it| it.talks.iter().any(|it| it.serial == reservation.serial));
        match found {
            true => {
                let place = usize::try_from(reservation.account.0 - 1).expect("an index");
                Ok((place, reservation.serial))
            }
            false => refuse("reservation_not_found", []),
        }
    }
}

fn code_of(refusal: &Otherwise) -> &'static str {
    match refusal {
        Verdict::Refused(code, _) => code,
        _ => unreachable!("a grant is refused or given"),
    }
}
