//! Invented customers: names of several countries and scripts, telephones, e-mail addresses.

use std::collections::HashSet;

use engine::{CustomerFields, CustomerKind};

use super::random::Random;

/// Where customers come from, and what is usual there.
pub struct Country {
    pub code: &'static str,
    pub language: &'static str,
    pub currency: &'static str,
    /// Hours ahead of UTC, for calls by day and sleep by night.
    pub hours_ahead: i64,
    /// Each `#` becomes a digit.
    phone: &'static str,
    /// A name in another script has its Latin form after a bar, for the e-mail address.
    given: &'static [&'static str],
    family: &'static [&'static str],
    organisations: &'static [&'static str],
}

/// How many customers of a hundred come from which country.
const SHARES: [usize; 10] = [30, 18, 12, 12, 11, 5, 3, 3, 3, 3];

pub const COUNTRIES: [Country; 10] = [
    Country {
        code: "PF",
        language: "fr-PF",
        currency: "XPF",
        hours_ahead: -10,
        phone: "+689 87 ## ## ##",
        given: &[
            "Amélie",
            "Teva",
            "Moana",
            "Hina",
            "Manuia",
            "Vaitiare",
            "Heimana",
            "Tehani",
            "Maui",
            "Poerava",
            "Ariitea",
            "Raimana",
            "Hereiti",
            "Jean-Claude",
            "Marie-Louise",
        ],
        family: &[
            "Tetuanui",
            "Teriitahi",
            "Maihota",
            "Tuheiava",
            "Pāpara",
            "Temarii",
            "Faatau",
            "Hauata",
            "Vernaudon",
            "Chung",
            "Salmon",
            "Teihotaata",
            "Mahuru",
            "Tahiata",
        ],
        organisations: &[
            "Hôtel Tiare Moana",
            "Lagoon Air",
            "Boulangerie du Port",
            "Perles de Manihi",
        ],
    },
    Country {
        code: "MX",
        language: "es-MX",
        currency: "MXN",
        hours_ahead: -6,
        phone: "+52 55 #### ####",
        given: &[
            "María Guadalupe",
            "José Luis",
            "Xóchitl",
            "Alejandro",
            "Ximena",
            "Juan Carlos",
            "Itzel",
            "Fernando",
            "Sofía",
            "Cuauhtémoc",
            "Valeria",
            "Emiliano",
            "Lucía",
        ],
        family: &[
            "Hernández",
            "García López",
            "Ramírez",
            "Muñoz",
            "Domínguez",
            "Ortiz",
            "Villaseñor",
            "Nájera",
            "Zúñiga",
            "Castillo",
            "Peña",
            "Aguilar",
        ],
        organisations: &["Clínica San Rafael", "Ferretería López", "Universidad del Valle Alto"],
    },
    Country {
        code: "FR",
        language: "fr",
        currency: "EUR",
        hours_ahead: 1,
        phone: "+33 6 ## ## ## ##",
        given: &[
            "Camille",
            "Zoé",
            "Gaëlle",
            "Théo",
            "Françoise",
            "Loïc",
            "Inès",
            "Benoît",
            "Noémie",
            "Mathis",
            "Aurélie",
            "Étienne",
        ],
        family: &[
            "Lefèvre",
            "Moreau",
            "Garnier",
            "Le Goff",
            "Dubois",
            "Besançon",
            "Noël",
            "Chevallier",
            "Roux",
            "Français",
            "Delacroix",
        ],
        organisations: &["Librairie du Vieux Pont", "Atelier Lefèvre et Fils"],
    },
    Country {
        code: "ES",
        language: "es",
        currency: "EUR",
        hours_ahead: 1,
        phone: "+34 6## ### ###",
        given: &[
            "Begoña",
            "Íñigo",
            "Carmen",
            "Jordi",
            "Nerea",
            "Álvaro",
            "Montserrat",
            "Unai",
            "Pilar",
            "Sergio",
            "Rocío",
        ],
        family: &[
            "Ibáñez",
            "Etxeberria",
            "Puig",
            "Fernández Ruiz",
            "Gómez",
            "Ávila",
            "Núñez",
            "Serra",
            "Castro",
            "Vázquez",
        ],
        organisations: &["Bodegas Peña Alta", "Talleres Etxeberria"],
    },
    Country {
        code: "US",
        language: "en-US",
        currency: "USD",
        hours_ahead: -5,
        phone: "+1 202-555-01##",
        given: &[
            "Emily", "Marcus", "Latoya", "Wyatt", "Priya", "Carlos", "Hannah", "DeShawn", "Grace",
            "Owen", "Mei",
        ],
        family: &[
            "Johnson",
            "O'Neill",
            "Washington",
            "Nguyen",
            "Patel",
            "Kowalski",
            "Rivera",
            "Smith",
            "Goldberg",
            "MacLeod",
        ],
        organisations: &["Blue Heron Diner", "Harbor Street Dental", "Kowalski & Sons Plumbing"],
    },
    Country {
        code: "RU",
        language: "ru",
        currency: "EUR",
        hours_ahead: 3,
        phone: "+7 912 ###-##-##",
        given: &[
            "Алёна|alyona",
            "Дмитрий|dmitry",
            "Ольга|olga",
            "Сергей|sergey",
            "Юлия|yulia",
            "Фёдор|fyodor",
            "Наталья|natalia",
        ],
        family: &[
            "Шевченко|shevchenko",
            "Черных|chernykh",
            "Бондаренко|bondarenko",
            "Седых|sedykh",
            "Хижняк|khizhnyak",
        ],
        organisations: &["ООО «Северный ветер»"],
    },
    Country {
        code: "GR",
        language: "el",
        currency: "EUR",
        hours_ahead: 2,
        phone: "+30 69# ### ####",
        given: &["Ελένη|eleni", "Γιώργος|giorgos", "Κατερίνα|katerina", "Νίκος|nikos"],
        family: &["Παπαδάκη|papadaki", "Οικονόμου|oikonomou", "Βλάχου|vlachou"],
        organisations: &["Ταβέρνα Το Κύμα"],
    },
    Country {
        code: "JP",
        language: "ja",
        currency: "USD",
        hours_ahead: 9,
        phone: "+81 90-####-####",
        given: &["さくら|sakura", "健太|kenta", "美咲|misaki", "大輔|daisuke"],
        family: &["佐藤|sato", "高橋|takahashi", "渡辺|watanabe"],
        organisations: &["山本写真館"],
    },
    Country {
        code: "DE",
        language: "de",
        currency: "EUR",
        hours_ahead: 1,
        phone: "+49 151 ########",
        given: &["Jürgen", "Käthe", "Søren", "Annegret", "Björn"],
        family: &["Müller", "Groß", "Weiß", "von der Heide", "Jäger"],
        organisations: &["Bäckerei Groß"],
    },
    Country {
        code: "AE",
        language: "ar",
        currency: "USD",
        hours_ahead: 4,
        phone: "+971 50 ### ####",
        given: &["ليلى|layla", "يوسف|yousef", "فاطمة|fatima", "خالد|khalid"],
        family: &["المنصوري|almansoori", "حداد|haddad", "الشامسي|alshamsi"],
        organisations: &["مكتبة الواحة"],
    },
];

/// Draws customers, no two with the same e-mail address.
#[derive(Default)]
pub struct Crowd {
    emails: HashSet<String>,
    organisations: usize,
}

impl Crowd {
    pub fn person(&mut self, random: &mut Random) -> (CustomerFields, &'static Country) {
        let mut left = random.below(SHARES.iter().sum());
        let mut index = 0;
        while left >= SHARES[index] {
            left -= SHARES[index];
            index += 1;
        }
        let country = &COUNTRIES[index];
        let (given, given_latin) = split(random.pick(country.given));
        let (family, family_latin) = split(random.pick(country.family));
        let name = match country.code {
            "JP" => format!("{family} {given}"),
            _ => format!("{given} {family}"),
        };
        let group = if random.chance(12) { "student" } else { "residential" };
        let email = self.email(&format!("{given_latin}.{family_latin}"));
        (fields(random, country, name, email, CustomerKind::Person, group), country)
    }

    /// The next organisation, of each country in turn.
    pub fn organisation(&mut self, random: &mut Random) -> (CustomerFields, &'static Country) {
        let country = &COUNTRIES[self.organisations % COUNTRIES.len()];
        let round = self.organisations / COUNTRIES.len();
        self.organisations += 1;
        let name = country.organisations[round % country.organisations.len()];
        let branch = round / country.organisations.len();
        let name = match branch {
            0 => name.to_owned(),
            _ => format!("{name} {}", branch + 1),
        };
        let email = self.email(&format!("office.{}", ascii(&name)));
        (fields(random, country, name, email, CustomerKind::Organisation, "business"), country)
    }

    fn email(&mut self, name: &str) -> String {
        let name = ascii(name);
        let name = name.trim_matches('.');
        let mut email = format!("{name}@example.com");
        let mut number = 1;
        while !self.emails.insert(email.clone()) {
            number += 1;
            email = format!("{name}{number}@example.com");
        }
        email
    }
}

pub fn phone(random: &mut Random, country: &Country) -> String {
    let digit = |it| match it {
        '#' => char::from(b'0' + random.below(10) as u8),
        other => other,
    };
    country.phone.chars().map(digit).collect()
}

fn fields(
    random: &mut Random,
    country: &Country,
    name: String,
    email: String,
    kind: CustomerKind,
    group: &str,
) -> CustomerFields {
    CustomerFields {
        name,
        kind,
        phone: Some(phone(random, country)),
        email: random.chance(90).then_some(email),
        group: engine::Name::new(group).ok(),
        language: Some(country.language.into()),
        country: Some(country.code.into()),
        ..CustomerFields::default()
    }
}

/// A name and its Latin form.
fn split(name: &str) -> (&str, &str) {
    name.split_once('|').unwrap_or((name, name))
}

/// The letters of `text` without their accents, in lower case; what is not Latin is left out.
fn ascii(text: &str) -> String {
    let plain = |it: char| match it {
        'à' | 'á' | 'â' | 'ä' | 'ā' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'î' | 'ï' => 'i',
        'ó' | 'ô' | 'ö' | 'ø' => 'o',
        'ú' | 'ü' | 'û' => 'u',
        'ñ' => 'n',
        'ç' => 'c',
        'ß' => 's',
        other => other,
    };
    let letters = text.chars().flat_map(char::to_lowercase).map(plain);
    letters.filter(|it| it.is_ascii_alphanumeric() || *it == '.').collect()
}
