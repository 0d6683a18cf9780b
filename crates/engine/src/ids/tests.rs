use super::*;

fn number(text: &str) -> AccountNumber {
    AccountNumber::parse(text).unwrap_or_else(|| panic!("{text:?} is a number"))
}

#[test]
fn check_digits_are_those_of_the_standard() {
    // ISO/IEC 7812-1 and the examples that everybody uses.
    for valid in ["79927398713", "4111111111111111", "378282246310005", "18", "100000017"] {
        assert!(number(valid).has_valid_check_digit(), "{valid}");
    }
    for invalid in ["79927398710", "4111111111111112", "0", "7", "1", "100000018"] {
        assert!(!number(invalid).has_valid_check_digit(), "{invalid}");
    }
}

#[test]
fn our_own_numbers_have_nine_digits_and_a_check_digit() {
    let numbers: Vec<_> =
        (1..=3).map(|it| AccountNumber::own(ShardId::FIRST, it).to_string()).collect();
    assert_eq!(numbers, ["100000017", "100000025", "100000033"]);
    for sequence in [1, 9, 10, 12_345, 89_999_999, 90_000_000, 4_000_000_000] {
        assert!(AccountNumber::own(ShardId::FIRST, sequence).has_valid_check_digit());
    }
    assert_eq!(AccountNumber::own(ShardId::FIRST, 89_999_999).to_string().len(), 9);
    assert_eq!(AccountNumber::own(ShardId::FIRST, 90_000_000).to_string().len(), 10);
}

#[test]
fn every_single_wrong_digit_is_caught() {
    for sequence in (1..2_000).chain([77_777, 12_345_678, 98_765_432]) {
        let own = AccountNumber::own(ShardId::FIRST, sequence).to_string();
        for place in 0..own.len() {
            for digit in '0'..='9' {
                let mut typed = own.clone();
                typed.replace_range(place..=place, &digit.to_string());
                let valid = number(&typed).has_valid_check_digit();
                assert_eq!(valid, typed == own, "{typed} for {own}");
            }
        }
    }
}

#[test]
fn every_swap_of_neighbours_is_caught_but_that_of_nine_and_zero() {
    for sequence in 1..2_000 {
        let own = AccountNumber::own(ShardId::FIRST, sequence).to_string();
        for place in 1..own.len() {
            let mut typed = own.clone().into_bytes();
            typed.swap(place - 1, place);
            let typed = String::from_utf8(typed).unwrap();
            let pair = &own[place - 1..=place];
            let missed = typed == own || pair == "09" || pair == "90";
            assert!(missed || !number(&typed).has_valid_check_digit(), "{typed} for {own}");
        }
    }
}

#[test]
fn a_number_is_read_as_a_person_writes_it() {
    let cases = [
        ("100 000 017", "100000017"),
        (" 7 ", "7"),
        ("007", "007"),
        ("A-17/b.3", "A-17/b.3"),
        ("999999999999999999", "999999999999999999"),
        ("99999999999999999999999999999999", "99999999999999999999999999999999"),
    ];
    for (typed, read) in cases {
        assert_eq!(number(typed).to_string(), read);
        // What stands in the journal is the same number again.
        let json = serde_json::to_string(&number(typed)).unwrap();
        assert_eq!(json, format!("\"{read}\""));
        assert_eq!(serde_json::from_str::<AccountNumber>(&json).unwrap(), number(typed));
    }
    assert_ne!(number("007"), number("7"), "a leading zero is part of an old number");
    assert_eq!(number("1 8"), number("18"));
}

#[test]
fn what_cannot_be_a_number_is_not_read() {
    let texts = ["", " ", "12,3", "a_b", "ü", "１２", "1\t2", "a\u{a0}b", "#1", "1+1"];
    for text in texts {
        assert_eq!(AccountNumber::parse(text), None, "{text:?}");
    }
    assert_eq!(AccountNumber::parse(&"9".repeat(ACCOUNT_NUMBER_LENGTH_MAX + 1)), None);
}

#[test]
fn positions_count_on() {
    assert_eq!(Position::START.plus(1), Position(1));
    assert_eq!(Position(7).plus(0), Position(7));
}

#[test]
fn ids_and_positions_carry_their_shard_and_those_of_the_first_are_plain() {
    let first = ShardId::FIRST;
    assert_eq!(first.customer(7), Some(CustomerId(7)));
    assert_eq!(first.account(67_108_863), Some(AccountId(67_108_863)));
    assert_eq!(first.start(), Position::START);
    for number in [0, 1, 5, 63] {
        let shard = ShardId::new(number).unwrap();
        assert_eq!(shard.number(), number);
        let (account, customer) = (shard.account(300).unwrap(), shard.customer(1).unwrap());
        assert_eq!((account.shard(), customer.shard()), (shard, shard));
        assert_eq!((account.index_in(shard), customer.index_in(shard)), (Some(299), Some(0)));
        let other = ShardId::new((number + 1) % 64).unwrap();
        assert_eq!((account.index_in(other), customer.index_in(other)), (None, None));
        assert_eq!((shard.account(1 << 26), shard.customer(u32::MAX)), (None, None));
        assert_eq!(shard.account(0).and_then(|it| it.index_in(shard)), None, "it is nobody's");
        let last = Position(shard.start().0 + (1 << 47) - 1);
        assert_eq!((shard.start().plus(1).shard(), last.shard()), (Some(shard), Some(shard)));
        assert!(last.0 < 1 << 53, "it is a number in JSON");
        let numbers = [1, 67_108_863].map(|it| AccountNumber::own(shard, it));
        assert!(numbers.iter().all(AccountNumber::has_valid_check_digit));
        assert!(numbers.iter().all(|it| it.given_out_by() == Some(shard)), "{numbers:?}");
        // Nobody else gives them out.
        let [low, high] = numbers;
        assert!(AccountNumber::own(other, 67_108_863) < low || AccountNumber::own(other, 1) > high);
    }
    assert_eq!(ShardId::new(64), None);
    assert_eq!(Position(u64::MAX).shard(), None);
}

#[test]
fn numbers_of_another_form_are_no_shards() {
    // Too short, mistyped, letters; the first shard's among the others', and beyond the last.
    let beyond = (OTHER_SHARDS_FROM + 64) * OTHER_SHARDS_STEP + 1;
    let first = OTHER_SHARDS_FROM * OTHER_SHARDS_STEP + 1;
    let with_digit = |it: u64| format!("{it}{}", luhn_check_digit(it));
    for text in ["18", "100000016", "KA-1207", &with_digit(beyond), &with_digit(first)] {
        assert_eq!(number(text).given_out_by(), None, "{text}");
    }
}
