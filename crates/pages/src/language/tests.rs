use super::*;

#[test]
fn every_language_has_every_word_and_every_kind() {
    let english: Vec<&str> = Language::English.words().kinds().collect();
    assert!(english.len() > 10);
    for language in Language::ALL {
        let words = language.words();
        assert_eq!(words.kinds().collect::<Vec<_>>(), english, "{language:?}");
        assert_eq!(words.months.split(' ').count(), 12, "{language:?}");
        assert_eq!(words.parts.few.is_empty(), language != Language::Russian, "{language:?}");
    }
}

/// Every word with its places, `{name}`, sorted; forms that only some languages have left out.
fn places(file: &'static str) -> BTreeMap<&'static str, Vec<String>> {
    let places = |text: &str| {
        let mut found: Vec<String> =
            text.split('{').skip(1).filter_map(|it| Some(it.split_once('}')?.0.into())).collect();
        found.sort();
        found
    };
    let file = read_lines(file).unwrap();
    let without_few = file.into_iter().filter(|(key, _)| !key.ends_with(".few"));
    without_few.map(|(key, word)| (key, places(word))).collect()
}

#[test]
fn messages_keep_their_places_in_every_language() {
    for files in [Words::FILES, Shared::FILES, Console::FILES, Care::FILES] {
        for language in Language::ALL {
            assert_eq!(places(files[language as usize]), places(files[0]), "{language:?}");
        }
    }
}

#[test]
fn every_set_of_words_can_be_read_in_every_language() {
    for language in Language::ALL {
        assert_eq!(Shared::of(language).durations.split(' ').count(), 3, "{language:?}");
        assert!(!Console::of(language).find.is_empty(), "{language:?}");
        assert!(!Care::of(language).hello.is_empty(), "{language:?}");
    }
}

#[test]
fn a_file_with_too_little_or_too_much_is_not_read() {
    let whole = Words::FILES[0];
    let less: String =
        whole.lines().filter(|it| !it.starts_with("held")).collect::<Vec<_>>().join("\n");
    let error = Words::read(less.leak()).unwrap_err();
    assert_eq!(error, "the word \"held\" is missing");
    let more = format!("{whole}\nhold = x\n");
    assert_eq!(Words::read(more.leak()).unwrap_err(), "nobody asks for \"hold\"");
    let twice = format!("{whole}\nheld = x\n");
    assert!(Words::read(twice.leak()).unwrap_err().contains("there twice"));
}

#[test]
fn a_word_changes_with_its_number() {
    let parts = |count, language: Language| language.words().parts.of(count, language);
    assert_eq!(parts(1, Language::English), "1 part");
    assert_eq!(parts(0, Language::English), "0 parts");
    assert_eq!(parts(0, Language::French), "0 partie");
    assert_eq!(parts(2, Language::Spanish), "2 partes");
    for (count, word) in [
        (1, "часть"),
        (2, "части"),
        (5, "частей"),
        (11, "частей"),
        (12, "частей"),
        (21, "часть"),
        (104, "части"),
    ] {
        assert_eq!(parts(count, Language::Russian), format!("{count} {word}"));
    }
}

#[test]
fn a_language_is_known_by_its_tag() {
    assert_eq!(Language::from_tag("fr-PF"), Some(Language::French));
    assert_eq!(Language::from_tag("RU"), Some(Language::Russian));
    assert_eq!(Language::from_tag("nb-NO"), None);
    assert_eq!(Language::from_tag(""), None);
    assert_eq!(Language::from_tag("fra"), None);
}
