use super::*;

/// Tags that stand alone.
const VOID: [&str; 2] = ["meta", "!DOCTYPE"];

/// Panics where a tag is not closed, in the order that it was opened.
fn check_well_formed(name: &str, html: &str) {
    let mut open: Vec<&str> = Vec::new();
    for tag in html.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').unwrap_or_else(|| panic!("{name}: <{tag:.40} is open"));
        let word = tag.split([' ', '\n']).next().unwrap_or_default();
        match word.strip_prefix('/') {
            Some(closed) => assert_eq!(open.pop(), Some(closed), "{name}"),
            None if VOID.contains(&word) => {}
            None => open.push(word),
        }
    }
    assert!(open.is_empty(), "{name}: {open:?}");
}

#[test]
fn every_sample_is_a_whole_page_in_every_language() {
    for (name, mut statement) in samples() {
        for language in Language::ALL {
            statement.language = language;
            let html = statement.to_html();
            check_well_formed(name, &html);
            assert!(html.contains(&format!("<html lang=\"{}\">", language.tag())), "{name}");
            for missing in ["<script", "style=\"", "{n}", "{from}", "{number}", "{at}", "http"] {
                assert!(!html.contains(missing), "{name}: {missing}");
            }
        }
    }
}

#[test]
fn what_people_wrote_is_text_and_never_a_tag() {
    let mut statement = samples().into_iter().find(|it| it.0 == "many").unwrap().1;
    let evil = "<script>alert(1)</script>\"'&";
    statement.customer = evil.into();
    statement.name = evil.into();
    statement.number = evil.into();
    statement.provider.name = evil.into();
    statement.provider.address = vec![evil.into()];
    statement.provider.contact = vec![evil.into()];
    statement.period.time_zone = evil.into();
    for line in &mut statement.lines {
        (line.name, line.note, line.reference) =
            (Some(evil.into()), Some(evil.into()), Some(evil.into()));
        line.other_account = line.other_account.as_ref().map(|_| evil.into());
    }
    let html = statement.to_html();
    check_well_formed("evil", &html);
    assert!(!html.contains("<script"));
    assert!(html.contains("&#60;script&#62;"));
}

#[test]
fn a_session_is_one_line_that_opens() {
    let statement = samples().into_iter().find(|it| it.0 == "many").unwrap().1;
    let html = statement.to_html();
    let sessions = statement.lines.iter().filter(|it| !it.parts.is_empty()).count();
    assert!(sessions > 3);
    assert_eq!(html.matches("<details>").count(), sessions);
    assert!(html.contains("Use · call <span class=\"count\">24 parts</span>"));
}

#[test]
fn a_line_says_what_happened_in_plain_words() {
    let statement = samples().into_iter().find(|it| it.0 == "many").unwrap().1;
    let title = |kind: &str, language| {
        statement.lines.iter().find(|it| it.kind == kind).unwrap().title(language)
    };
    assert_eq!(title("payment", Language::English), "Payment · kiosk");
    assert_eq!(title("transfer_out", Language::English), "Transfer to account 100000031");
    assert_eq!(title("transfer_out", Language::French), "Virement vers le compte 100000031");
    let details = statement.lines[1].details(Language::Spanish);
    let rate = "10,00\u{A0}USD · 1 EUR = 1,0832 USD (ecb, 2 nov 2026)";
    assert_eq!(details, ["Ref. ch_3Q", rate]);
    let unknown = Line { kind: "moon_phase_changed", ..Line::default() };
    assert_eq!(unknown.title(Language::Russian), "moon phase changed");
}

#[test]
fn a_period_is_said_as_people_say_it() {
    let said = |name: &str| {
        samples().into_iter().find(|it| it.0 == name).map(|(_, it)| it.period()).unwrap()
    };
    assert_eq!(said("empty"), "1 Nov 2026 to 30 Nov 2026");
    assert_eq!(said("many"), "1 Nov 2026 until now, 29 Nov 2026, 18:42");
    assert_eq!(said("negative"), "du 1 nov. 2026, 00:00 jusqu’au 1 déc. 2026, 00:00");
}
