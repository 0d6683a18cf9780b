//! What can be wrong with a field that people fill in.

use engine::MoneyError;

/// Named in the words of the faces as `fault.…`; the figures stand in their places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    NoAmount,
    Negative,
    Zero,
    NoDecimals,
    Decimals {
        max: u32,
    },
    TooLarge,
    Empty,
    Long {
        characters_max: usize,
    },
    Invisible,
    Currency,
    Moment,
    Number,
    Account,
    /// None of those that there are to choose from.
    Choose,
    Name,
    Rate,
    /// The same as another field, where they have to differ.
    Same,
    Many {
        max: usize,
    },
    Phone,
    Email,
    Country,
    TimeZone,
    /// Somebody else has it.
    Taken,
    /// What is chosen is charged to another account than the one that is chosen beside it.
    OtherAccount,
}

impl Fault {
    pub fn name(self) -> &'static str {
        match self {
            Self::NoAmount => "no_amount",
            Self::Negative => "negative",
            Self::Zero => "zero",
            Self::NoDecimals => "no_decimals",
            Self::Decimals { .. } => "decimals",
            Self::TooLarge => "too_large",
            Self::Empty => "empty",
            Self::Long { .. } => "long",
            Self::Invisible => "invisible",
            Self::Currency => "currency",
            Self::Moment => "moment",
            Self::Number => "number",
            Self::Account => "account",
            Self::Choose => "choose",
            Self::Name => "name",
            Self::Rate => "rate",
            Self::Same => "same",
            Self::Many { .. } => "many",
            Self::Phone => "phone",
            Self::Email => "email",
            Self::Country => "country",
            Self::TimeZone => "time_zone",
            Self::Taken => "taken",
            Self::OtherAccount => "other_account",
        }
    }
}

impl From<MoneyError> for Fault {
    fn from(error: MoneyError) -> Self {
        match error {
            MoneyError::NotADecimal => Self::NoAmount,
            MoneyError::Negative => Self::Negative,
            MoneyError::Zero => Self::Zero,
            MoneyError::TooManyDecimals { allowed: 0 } => Self::NoDecimals,
            MoneyError::TooManyDecimals { allowed } => Self::Decimals { max: allowed },
            MoneyError::OutOfRange => Self::TooLarge,
        }
    }
}
