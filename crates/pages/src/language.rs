//! The languages that we speak, and their words.
//!
//! **Invariant:** every language has every word: a file in `messages/` that lacks one, or has one
//! that nobody asks for, does not pass the tests, and a page that asks for a word that is not
//! listed here does not compile.

use std::collections::BTreeMap;
use std::sync::LazyLock;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    English,
    Spanish,
    French,
    Russian,
}

impl Language {
    pub const ALL: [Self; 4] = [Self::English, Self::Spanish, Self::French, Self::Russian];

    /// By a BCP 47 tag: `fr-PF` is French.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next()?;
        Self::ALL.into_iter().find(|it| it.tag().eq_ignore_ascii_case(primary))
    }

    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Spanish => "es",
            Self::French => "fr",
            Self::Russian => "ru",
        }
    }

    pub fn words(self) -> &'static Words {
        static ALL: LazyLock<[Words; 4]> = LazyLock::new(|| {
            Language::ALL.map(|it| {
                Words::read(it.file()).unwrap_or_else(|why| panic!("{}: {why}", it.tag()))
            })
        });
        &ALL[self as usize]
    }

    fn file(self) -> &'static str {
        match self {
            Self::English => include_str!("../messages/en.txt"),
            Self::Spanish => include_str!("../messages/es.txt"),
            Self::French => include_str!("../messages/fr.txt"),
            Self::Russian => include_str!("../messages/ru.txt"),
        }
    }

    /// Between groups of three digits, the decimal mark, and from how many digits on there are
    /// groups.
    pub(crate) fn number_marks(self) -> (&'static str, char, usize) {
        match self {
            Self::English => (",", '.', 4),
            Self::Spanish => (".", ',', 5),
            Self::French => ("\u{202F}", ',', 4),
            Self::Russian => ("\u{A0}", ',', 4),
        }
    }

    /// Which of a word's forms goes with `count`, by the rules of CLDR for whole numbers.
    fn form(self, count: usize) -> Form {
        let (ones, tens) = (count % 10, count % 100);
        match self {
            Self::English | Self::Spanish if count == 1 => Form::One,
            Self::French if count <= 1 => Form::One,
            Self::Russian if ones == 1 && tens != 11 => Form::One,
            Self::Russian if (2..=4).contains(&ones) && !(12..=14).contains(&tens) => Form::Few,
            _ => Form::Other,
        }
    }
}

enum Form {
    One,
    Few,
    Other,
}

/// A word that changes with a number; `{n}` stands for it.
#[derive(Debug)]
pub struct Plural {
    one: &'static str,
    /// Only Russian has it; elsewhere it is the same as `other`.
    few: &'static str,
    other: &'static str,
}

impl Plural {
    pub fn of(&self, count: usize, language: Language) -> String {
        let form = match language.form(count) {
            Form::One => self.one,
            Form::Few => self.few,
            Form::Other => self.other,
        };
        crate::fill(form, "n", count)
    }
}

type File = BTreeMap<&'static str, &'static str>;

fn take(file: &mut File, key: &str) -> Result<&'static str, String> {
    file.remove(key).ok_or_else(|| format!("the word {key:?} is missing"))
}

/// Declares the words: a field for each, which the file of each language has to have.
macro_rules! words {
    ($($word:ident)*; $($plural:ident)*) => {
        /// The words of one language.
        #[derive(Debug)]
        pub struct Words {
            $(pub $word: &'static str,)*
            $(pub $plural: Plural,)*
            kinds: File,
        }

        impl Words {
            fn read(text: &'static str) -> Result<Self, String> {
                let mut file = read_lines(text)?;
                let words = Self {
                    $($word: take(&mut file, stringify!($word))?,)*
                    $($plural: Plural {
                        one: take(&mut file, concat!(stringify!($plural), ".one"))?,
                        other: take(&mut file, concat!(stringify!($plural), ".other"))?,
                        few: match file.remove(concat!(stringify!($plural), ".few")) {
                            Some(few) => few,
                            None => "",
                        },
                    },)*
                    kinds: file.iter()
                        .filter_map(|(key, word)| Some((key.strip_prefix("kind.")?, *word)))
                        .collect(),
                };
                match file.keys().find(|it| !it.starts_with("kind.")) {
                    Some(key) => Err(format!("nobody asks for {key:?}")),
                    None => Ok(words),
                }
            }
        }
    };
}

words! {
    account account_number amount available balance closing_balance credit customer date date_form
    description from_account held in_all made_at money_in money_out months no_entries
    opening_balance page_of period period_days period_moments period_so_far rate reference
    standing statement summary time_zone to_account unlimited;
    parts
}

impl Words {
    /// What the entries of a kind are called, where there is a word for it.
    pub fn kind(&self, kind: &str) -> Option<&'static str> {
        self.kinds.get(kind).copied()
    }

    /// Every kind that has a word.
    pub fn kinds(&self) -> impl Iterator<Item = &'static str> {
        self.kinds.keys().copied()
    }
}

fn read_lines(text: &'static str) -> Result<File, String> {
    let mut file = File::new();
    for (number, line) in text.lines().enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (key, word) =
            line.split_once(" = ").ok_or_else(|| format!("line {} has no \" = \"", number + 1))?;
        if word.trim().is_empty() || file.insert(key, word).is_some() {
            return Err(format!("line {}: {key:?} is empty, or there twice", number + 1));
        }
    }
    Ok(file)
}

#[cfg(test)]
mod tests;
