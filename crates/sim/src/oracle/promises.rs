//! Promised payments: policies, grants and ends.

use engine::{GrantPromise, Origin, PromisePolicy, PromiseRules};

use super::judge::Case;
use super::purse::Vow;
use super::{Oracle, Otherwise, Verdict, refuse};

impl Oracle {
    pub(super) fn set_policy(&mut self, policy: &PromisePolicy, at: i64) {
        let alike =
            |it: &&PromisePolicy| (it.group, it.currency) == (policy.group, policy.currency);
        let before = u32::try_from(self.policies.iter().filter(alike).count());
        let version = before.expect("a count") + 1;
        self.policies.push(PromisePolicy { version, ..policy.clone() });
        self.write_down("promise_policy_set", at, None);
        self.tell(format!("version {version}"));
    }

    /// The newest policy of the customer's own group, else the newest for everybody.
    pub(crate) fn policy_of(&self, account: u32) -> Option<(&PromisePolicy, &PromiseRules)> {
        let purse = self.purse(account)?;
        let group = self.person(purse.customer).group;
        let mut newest_first =
            self.policies.iter().rev().filter(|it| it.currency == purse.currency);
        let own = newest_first.clone().find(|it| group.is_some() && it.group == group);
        let policy = own.or_else(|| newest_first.find(|it| it.group.is_none()))?;
        Some((policy, policy.rules.as_ref()?))
    }

    pub(super) fn grant_promise(
        &mut self,
        grant: &GrantPromise,
        origin: &Origin,
        at: i64,
    ) -> Result<(), Otherwise> {
        let place = self.open_place(&grant.account)?;
        if let Some(currency) = grant.currency {
            self.check_currency(place, currency)?;
        }
        let account = u32::try_from(place + 1).expect("ids are 32 bits");
        let Some((policy, rules)) = self.policy_of(account) else {
            return refuse("no_promise_policy", []);
        };
        let purse = &self.purses[place];
        let since = self.person(purse.customer).since;
        let (ask, channel) = (grant.ask, origin.channel);
        let judged = Case { purse, since, rules, ask, channel, at }.judge();
        let mut overridden = Vec::new();
        if let Some(role) = grant.overriding {
            let cap = rules.overrides.iter().find(|it| it.role == role);
            let amount_max = cap.map_or(0, |it| i128::from(it.amount_max.units()));
            let hours_max = cap.map_or(0, |it| it.hours_max);
            let too_much = judged.amount > amount_max || judged.hours > hours_max;
            if too_much || judged.amount == 0 {
                let hours = [hours_max.into(), judged.hours.into()];
                let figures = [amount_max, judged.amount, hours[0], hours[1]];
                return refuse("override_not_allowed", figures);
            }
            overridden.extend(judged.bars.iter().map(|it| it.rule));
        } else if !judged.bars.is_empty() {
            return Err(Verdict::Barred(judged.bars));
        }
        let group = policy.group.map_or("-", |it| it.as_str());
        let told = format!(
            "{} until {} fee {} by {group} {} holds {} over {overridden:?}",
            judged.amount, judged.until, judged.fee, policy.version, rules.holds_plan
        );
        let holds_plan = rules.holds_plan;
        if judged.fee > 0 {
            self.check_range(place, -judged.fee)?;
        }
        let granted_by = self.head + 1;
        let purse = &mut self.purses[place];
        purse.limits_made += 1;
        let serial = purse.limits_made;
        purse.vows.push(Vow {
            serial,
            amount: judged.amount,
            granted_at: at,
            granted_by,
            until: judged.until,
            holds_plan,
            ended: None,
            counts_until: None,
        });
        self.post(place, "promise_granted", at, |line| line.serial = serial);
        self.tell(told);
        if judged.fee > 0 {
            let available = self.purses[place].available();
            let missing = available.map_or(0, |it| (judged.fee - it).clamp(0, judged.fee));
            self.post(place, "charge", at, |line| {
                line.amount = -judged.fee;
                line.overrun = missing;
                line.contra = "revenue:promised-payment".into();
            });
        }
        Ok(())
    }

    pub(super) fn end_vow(&mut self, place: usize, serial: u32, how: &'static str, at: i64) {
        let purse = &mut self.purses[place];
        let flows = purse.flows.len();
        let vow = purse.vows.iter_mut().find(|it| it.serial == serial);
        let vow = vow.expect("the caller found it");
        let told = format!("{how} {} paid {}", vow.amount, vow.paid(&purse.flows));
        vow.ended = Some((at, how));
        if how == "revoked" {
            vow.counts_until = Some(flows);
        }
        self.post(place, "promise_ended", at, |line| line.serial = serial);
        self.tell(told);
    }

    /// Nobody kept it in time.
    pub(super) fn break_vow(&mut self, place: usize, serial: u32, moment: i64) {
        let purse = &self.purses[place];
        let vow = purse.vows.iter().find(|it| it.serial == serial).expect("the caller found it");
        let how = match vow.paid(&purse.flows) {
            0 => "expired",
            _ => "partly_repaid",
        };
        self.end_vow(place, serial, how, self.last_at.max(moment));
    }
}
