use std::collections::BTreeSet;

use pages::Language;
use store::conformance::samples;

/// A kind without words of its own would be shown by its English name in every language.
#[test]
fn every_kind_that_an_account_can_have_has_words() {
    let samples = samples::one_of_each();
    let kinds: BTreeSet<&str> = samples
        .iter()
        .filter(|it| it.1.posting.is_some())
        .flat_map(|it| [super::word_kind(&it.1.fact), super::sum_kind(&it.1.fact)])
        .collect();
    assert!(kinds.len() > 10);
    for language in Language::ALL {
        for kind in &kinds {
            let word = language.words().kind(kind);
            assert!(word.is_some(), "crates/pages/messages/{}.txt: {kind}", language.tag());
        }
    }
}
