use super::*;

fn shown(units: i128, exponent: u8, language: Language) -> String {
    Figure::new(units, exponent, language).to_string()
}

#[test]
fn each_language_groups_and_marks_its_own_way() {
    let million = 1_234_567_890_000;
    assert_eq!(shown(million, 2, Language::English), "1,234,567.89");
    assert_eq!(shown(million, 2, Language::Spanish), "1.234.567,89");
    assert_eq!(shown(million, 2, Language::French), "1\u{202F}234\u{202F}567,89");
    assert_eq!(shown(million, 2, Language::Russian), "1\u{A0}234\u{A0}567,89");
}

#[test]
fn four_digits_stay_together_in_spanish() {
    assert_eq!(shown(1_234_000_000, 2, Language::Spanish), "1234,00");
    assert_eq!(shown(12_345_000_000, 2, Language::Spanish), "12.345,00");
    assert_eq!(shown(1_234_000_000, 2, Language::English), "1,234.00");
}

#[test]
fn all_minor_digits_are_shown_and_finer_ones_where_they_are_set() {
    assert_eq!(shown(-1_166_670, 2, Language::English), "\u{2212}1.16667");
    assert_eq!(shown(1, 2, Language::English), "0.000001");
    assert_eq!(shown(0, 2, Language::English), "0.00");
    assert_eq!(shown(11_930_000, 0, Language::English), "1,193");
    assert_eq!(shown(15_000, 0, Language::French), "1,5");
    assert_eq!(shown(10_000_000, 3, Language::English), "1.000");
}

#[test]
fn a_figure_is_cut_at_its_decimal_mark() {
    let figure = Figure::new(-12_345_000_000, 2, Language::Russian);
    assert_eq!(figure.whole, "\u{2212}12\u{A0}345");
    assert_eq!((figure.fraction.as_str(), figure.fraction_length()), (",00", 3));
    assert!(figure.is_negative);
}

#[test]
fn a_sum_at_a_glance_is_rounded_half_to_the_even_minor_unit() {
    let cases =
        [(14_999, 10_000), (5_000, 0), (15_000, 20_000), (25_000, 20_000), (25_001, 30_000)];
    for (units, rounded) in cases {
        assert_eq!(Money::new(units, "EUR", 2).rounded(), Money::new(rounded, "EUR", 2), "{units}");
        assert_eq!(Money::new(-units, "EUR", 2).rounded().units, -rounded, "-{units}");
    }
}
