//! Whether a service makes sense; what does not is named by its place.

use super::{Anchor, PaymentMode, Service};
use crate::{PeriodUnit, TariffFault};

/// Characters of a title, and of a name or a value for the network, at most.
const TEXT_LENGTH_MAX: usize = 200;

/// Names in a profile, at most.
const PROFILE_MAX: usize = 32;

/// A year and a day: nothing is due later than that.
const DAYS_MAX: u32 = 367;

/// How long something bought once may be on.
const DURATION_SECONDS_MAX: u32 = 366 * 86_400;

impl Service {
    /// Refuses what could not be charged as it says.
    pub fn check(&self) -> Result<(), TariffFault> {
        if self.title.is_empty() || self.title.len() > TEXT_LENGTH_MAX {
            return fault("title", "is empty or too long", "give it 1 to 200 bytes");
        }
        if self.recurring.is_none() && self.usage.is_none() && self.one_time.is_none() {
            return fault("service", "has no price", "give it recurring, usage or one_time");
        }
        if self.one_time.is_some() && (self.recurring.is_some() || self.usage.is_some()) {
            let remedy = "make recurring and usage another service";
            return fault("one_time", "stands beside other prices", remedy);
        }
        self.check_recurring()?;
        if let Some(usage) = &self.usage {
            usage.check()?;
            if usage.allowance > 0 && self.recurring.is_none() {
                let what = "is for each period, and there is none";
                return fault("usage.allowance", what, "give the service recurring");
            }
        }
        if let Some(one_time) = &self.one_time
            && let Some(seconds) = one_time.duration_seconds
            && !(1..=DURATION_SECONDS_MAX).contains(&seconds)
        {
            let remedy = "give 1 to 31622400, a year";
            return fault("one_time.duration_seconds", "is nothing or too long", remedy);
        }
        self.check_due()?;
        self.check_profile()
    }

    fn check_recurring(&self) -> Result<(), TariffFault> {
        let Some(recurring) = &self.recurring else {
            return Ok(());
        };
        if let Err(error) = recurring.every.check() {
            return fault("recurring.every", error.to_string(), "give 1 or more of its units");
        }
        let by_month = matches!(recurring.every.unit, PeriodUnit::Month | PeriodUnit::Year);
        match recurring.anchor {
            Anchor::MonthDay(day) if !(1..=28).contains(&day) => {
                fault("recurring.anchor", "is not in every month", "give a day from 1 to 28")
            }
            Anchor::MonthDay(_) if !by_month => {
                let what = "is a day of the month, and periods are not months";
                fault("recurring.anchor", what, "make every months or years, or anchor to start")
            }
            _ => Ok(()),
        }
    }

    fn check_due(&self) -> Result<(), TariffFault> {
        let Some(due) = &self.due else {
            return Ok(());
        };
        if self.mode != PaymentMode::Postpaid || self.recurring.is_none() {
            let remedy = "set mode to postpaid and give it recurring";
            return fault("due", "is for postpaid periods", remedy);
        }
        if due.days > DAYS_MAX || due.grace_days > DAYS_MAX {
            return fault("due", "is more than a year", "give 367 days at most");
        }
        Ok(())
    }

    fn check_profile(&self) -> Result<(), TariffFault> {
        if self.profile.len() > PROFILE_MAX {
            return fault("profile", "has too many names", "give 32 at most");
        }
        for (name, value) in &self.profile {
            if name.is_empty() || name.len() > TEXT_LENGTH_MAX || value.len() > TEXT_LENGTH_MAX {
                let what = "has a name or a value that is empty or too long";
                return fault(&format!("profile.{name}"), what, "give 1 to 200 bytes");
            }
        }
        Ok(())
    }
}

fn fault(place: &str, what: impl Into<String>, remedy: &str) -> Result<(), TariffFault> {
    Err(TariffFault { place: place.into(), what: what.into(), remedy: remedy.into() })
}
