//! The languages that we speak, and their words.
//!
//! **Invariant:** every language has every word: a file in `messages/` that lacks one, or has one
//! that nobody asks for, does not pass the tests, and a page that asks for a word that is not
//! listed here does not compile.

use std::collections::BTreeMap;
use std::sync::LazyLock;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    #[default]
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

    /// As its speakers call it.
    pub fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Spanish => "Español",
            Self::French => "Français",
            Self::Russian => "Русский",
        }
    }

    /// The words of documents, and of the journal's kinds.
    pub fn words(self) -> &'static Words {
        Words::of(self)
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

fn take_plural(file: &mut File, key: &str) -> Result<Plural, String> {
    Ok(Plural {
        one: take(file, &format!("{key}.one"))?,
        other: take(file, &format!("{key}.other"))?,
        few: file.remove(format!("{key}.few").as_str()).unwrap_or_default(),
    })
}

/// Declares the words of one set of files: a field for each, which the file of each language has
/// to have. Keys with a full stop are words that are asked for by name.
macro_rules! words {
    ($(#[$doc:meta])* $set:ident; $($word:ident)*; $($plural:ident)*) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $set {
            $(pub $word: &'static str,)*
            $(pub $plural: Plural,)*
            named: BTreeMap<&'static str, &'static str>,
        }

        impl $set {
            pub(crate) fn read(text: &'static str) -> Result<Self, String> {
                let mut file = read_lines(text)?;
                let words = Self {
                    $($word: take(&mut file, stringify!($word))?,)*
                    $($plural: take_plural(&mut file, stringify!($plural))?,)*
                    named: file.iter()
                        .filter(|(key, _)| key.contains('.'))
                        .map(|(key, word)| (*key, *word))
                        .collect(),
                };
                match file.keys().find(|it| !it.contains('.')) {
                    Some(key) => Err(format!("nobody asks for {key:?}")),
                    None => Ok(words),
                }
            }

            /// The word `group.name`, such as `kind.payment`, where there is one.
            pub fn named(&self, group: &str, name: &str) -> Option<&'static str> {
                self.named.get(format!("{group}.{name}").as_str()).copied()
            }

            /// Every name of a group.
            pub fn names(&self, group: &str) -> impl Iterator<Item = &'static str> {
                self.named.keys().filter_map(move |it| it.strip_prefix(group)?.strip_prefix('.'))
            }
        }
    };
}

mod care;
mod console;
mod shared;

pub use care::Care;
pub use console::Console;
pub use shared::Shared;

/// The files of one set of words, in the order of [`Language::ALL`], read when first asked for.
macro_rules! set_of_words {
    ($set:ident, $directory:literal) => {
        impl $set {
            pub(crate) const FILES: [&'static str; 4] = [
                include_str!(concat!("../messages/", $directory, "en.txt")),
                include_str!(concat!("../messages/", $directory, "es.txt")),
                include_str!(concat!("../messages/", $directory, "fr.txt")),
                include_str!(concat!("../messages/", $directory, "ru.txt")),
            ];

            pub fn of(language: Language) -> &'static Self {
                static ALL: LazyLock<[$set; 4]> = LazyLock::new(|| {
                    Language::ALL.map(|it| {
                        let place = format!("{}{}", $directory, it.tag());
                        let words = $set::read($set::FILES[it as usize]);
                        words.unwrap_or_else(|why| panic!("{place}: {why}"))
                    })
                });
                &ALL[language as usize]
            }
        }
    };
}

set_of_words!(Words, "");
set_of_words!(Shared, "shared/");
set_of_words!(Console, "console/");
set_of_words!(Care, "care/");

words! {
    /// The words of documents.
    Words;
    account account_number amount available balance closing_balance code_subject code_text
    code_warning credit customer date date_form description from_account held in_all made_at
    money_in money_out months no_entries opening_balance page_of period period_days period_moments
    period_so_far rate reference standing statement summary time_zone to_account unlimited;
    code_minutes parts
}

impl Console {
    /// A role in the reader's words; as it is called in the configuration where there is none.
    pub fn role<'a>(&self, name: &'a str) -> &'a str {
        self.named("role", &name.replace('-', "_")).unwrap_or(name)
    }
}

impl Words {
    /// What the entries of a kind are called, where there is a word for it.
    pub fn kind(&self, kind: &str) -> Option<&'static str> {
        self.named("kind", kind)
    }

    /// Every kind that has a word.
    pub fn kinds(&self) -> impl Iterator<Item = &'static str> {
        self.names("kind")
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
