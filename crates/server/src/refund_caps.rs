//! What each role may refund of one payment without a second person.

use std::collections::BTreeMap;

use anyhow::{Context, bail};
use engine::{Amount, Currency, Precision};

use crate::http::auth::{Permission, Role};

#[derive(Clone, Debug, Default)]
pub struct RefundCaps(BTreeMap<(Role, Currency), Amount>);

impl RefundCaps {
    /// Reads `[refunds.ROLE]`, or says what is wrong with it.
    pub fn read(table: &BTreeMap<String, BTreeMap<String, String>>) -> anyhow::Result<Self> {
        let mut caps = BTreeMap::new();
        for (name, sums) in table {
            let role = Role::from_name(name).filter(|it| it.may(Permission::Correct));
            let Some(role) = role else {
                let may = Role::ALL.into_iter().filter(|it| it.may(Permission::Correct));
                let may = may.map(Role::name).collect::<Vec<_>>().join(", ");
                bail!("refunds.{name}: is no role that refunds; those are {may}");
            };
            for (code, text) in sums {
                let Some(currency) = Currency::from_code(code) else {
                    bail!("refunds.{name}.{code}: {code:?} is not a currency of ISO 4217");
                };
                let amount = Amount::parse(text, currency.exponent(), Precision::MinorUnits).ok();
                let amount = amount.with_context(|| {
                    format!("refunds.{name}.{code}: {text:?} is not an amount such as \"50.00\"")
                })?;
                caps.insert((role, currency), amount);
            }
        }
        Ok(Self(caps))
    }

    /// What a person of this role may refund alone; `None` is without bound. A role that is not
    /// configured for the currency refunds nothing alone, but for the administrator.
    pub fn cap(&self, role: Role, currency: Currency) -> Option<Amount> {
        match self.0.get(&(role, currency)) {
            Some(cap) => Some(*cap),
            None if role == Role::Admin => None,
            None => Some(Amount::ZERO),
        }
    }
}

#[cfg(test)]
mod tests;
