//! The other sides of the entries.

use std::collections::BTreeMap;

use engine::Currency;

/// Money before it was exchanged.
pub type Original = Option<(i128, Currency)>;

#[derive(Clone, Debug, Default)]
pub struct Books(BTreeMap<(Currency, String), i128>);

impl Books {
    /// Books what moved on an account against `contra`.
    ///
    /// `original` is signed as the amount is; it has sides of its own, but a transfer's contra is
    /// the exchange already.
    pub fn book(&mut self, contra: &str, currency: Currency, amount: i128, original: Original) {
        let transfer = contra.starts_with("exchange:") || contra.is_empty();
        match original.filter(|_| !transfer) {
            None => self.add(currency, contra.into(), -amount),
            Some((original, other)) => {
                self.add(other, contra.into(), -original);
                self.add(other, format!("exchange:{currency}"), original);
                self.add(currency, format!("exchange:{other}"), -amount);
            }
        }
    }

    /// Books money that no account has.
    pub fn wait(&mut self, source: &str, currency: Currency, units: i64) {
        self.add(currency, source.into(), -i128::from(units));
        self.add(currency, "unallocated".into(), units.into());
    }

    pub fn lines(&self) -> BTreeMap<(Currency, String), i128> {
        self.0.clone()
    }

    fn add(&mut self, currency: Currency, contra: String, amount: i128) {
        *self.0.entry((currency, contra)).or_default() += amount;
    }
}
