//! Catalogues, and what the calculator answers.

use super::{Calculator, Catalogue, Price, ServiceRow};
use crate::{Choice, Money};

impl Catalogue {
    pub fn samples() -> Vec<(&'static str, Self)> {
        vec![("empty", Self::default()), ("many", many()), ("price", with_price())]
    }
}

fn row(
    name: &str,
    tariff: &str,
    is_postpaid: bool,
    subscriptions: impl Into<Option<u64>>,
) -> ServiceRow {
    ServiceRow {
        name: name.into(),
        code: "internet-100".into(),
        href: "/console/catalogue/internet-100".into(),
        tariff: tariff.into(),
        is_postpaid,
        version: 7,
        subscriptions: subscriptions.into(),
    }
}

fn many() -> Catalogue {
    let shell = crate::gallery::console_shell(Default::default(), Default::default());
    let services =
        vec![Choice::new("calls", "Calls abroad"), Choice::new("internet", "Internet 100")];
    Catalogue {
        services: vec![
            row("Internet 100", "4,900 XPF a month, from the day of opening", false, 412_004),
            row("TV Family", "12.40 EUR a month, on the 1st", false, 88_120),
            row("Calls abroad", "by the minute, 3 bands, 214 destinations", true, None),
            row(
                "Turbo 500 for three hours, also at the weekend and on holidays",
                "300 XPF",
                false,
                0,
            ),
        ],
        calculator: Calculator { fields: Calculator::fields(services, &shell), price: None },
    }
}

fn with_price() -> Catalogue {
    let mut catalogue = many();
    for field in &mut catalogue.calculator.fields {
        match field.name.as_str() {
            "service" => field.value = "calls".into(),
            "quantity" => field.value = "72".into(),
            "destination" => field.value = "+33199001234".into(),
            _ => {}
        }
    }
    let eur = |units| Money::new(units, "EUR", 2);
    catalogue.calculator.price = Some(Price {
        total: eur(116_667),
        converted: "13.92 XPF at 119.331742 (ecb, 28 Nov)".into(),
        counted: "72 s count as 120 s.".into(),
        steps: vec![
            ("60 s × 0.05 EUR / 60 s · France · evening".into(), eur(50_000)),
            ("60 s × 0.066667 EUR / 60 s · France · night".into(), eur(66_667)),
        ],
    });
    catalogue
}
