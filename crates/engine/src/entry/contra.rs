//! The other side of a double entry, and its name in the books.

use crate::{Currency, Name};

/// The other side of a double entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Contra {
    /// Nothing moved.
    None,
    Payments(Name),
    Revenue(Name),
    Adjustments(Name),
    Transfers,
    /// The currency whose money was handed over or received in exchange.
    Exchange(Currency),
    /// Money that was received and does not stand on an account yet.
    Unallocated,
    /// Debts given up as lost; they stay collectable.
    WrittenOff,
    /// What stood on an account in the system that was taken over.
    Opening,
}

impl core::fmt::Display for Contra {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::Payments(source) => write!(f, "payments:{source}"),
            Self::Revenue(service) => write!(f, "revenue:{service}"),
            Self::Adjustments(reason) => write!(f, "adjustments:{reason}"),
            Self::Transfers => f.write_str("transfers"),
            Self::Exchange(currency) => write!(f, "exchange:{currency}"),
            Self::Unallocated => f.write_str("unallocated"),
            Self::WrittenOff => f.write_str("written_off"),
            Self::Opening => f.write_str("opening"),
        }
    }
}

impl core::str::FromStr for Contra {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = |it: &str| Name::new(it).map_err(|error| format!("{it:?} {error}"));
        match text.split_once(':') {
            None if text.is_empty() => Ok(Self::None),
            None if text == "transfers" => Ok(Self::Transfers),
            None if text == "unallocated" => Ok(Self::Unallocated),
            None if text == "written_off" => Ok(Self::WrittenOff),
            None if text == "opening" => Ok(Self::Opening),
            Some(("payments", source)) => Ok(Self::Payments(name(source)?)),
            Some(("revenue", service)) => Ok(Self::Revenue(name(service)?)),
            Some(("adjustments", reason)) => Ok(Self::Adjustments(name(reason)?)),
            Some(("exchange", code)) => match Currency::from_code(code) {
                Some(currency) => Ok(Self::Exchange(currency)),
                None => Err(format!("{code:?} is not a currency")),
            },
            _ => Err(format!("{text:?} is not a contra account")),
        }
    }
}
