use expect_test::expect;

use super::check;
use super::scenario::{Scenario, available};

#[test]
fn money_is_held_only_once() {
    check(
        "
        customer Ann
        open A EUR
        pay A 5.00
        authorise A S1 4.00 #1
        authorise A S2 2.00 #1
        authorise A S3 1.00 #1
        authorise A S4 0.000001 #1
        show A
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 5.00                           payment +5.00 | 5.00 = 5.00
            authorise A S1 4.00 #1               authorised #1 4.00 until 01:00 | 5.00 - 4.00 = 1.00
            authorise A S2 2.00 #1
                refused #2 insufficient_funds available 1.00 requested 2.00 | 5.00 - 4.00 = 1.00
            authorise A S3 1.00 #1               authorised #3 1.00 until 01:00 | 5.00 - 5.00 = 0.00
            authorise A S4 0.000001 #1
                refused #4 insufficient_funds available 0.00 requested 0.000001 | 5.00 - 5.00 = 0.00
            show A                               | 5.00 - 5.00 = 0.00
        "#]],
    );
}

#[test]
fn forty_authorisations_on_money_for_ten_grant_exactly_ten() {
    let mut scenario = Scenario::default();
    for line in ["customer Ann", "open A EUR", "pay A 10.00"] {
        scenario.line(line);
    }
    for session in 1..=40 {
        scenario.line(&format!("authorise A S{session} 1.00 #1"));
    }
    let granted = scenario.transcript.matches(" authorised ").count();
    let refused = scenario.transcript.matches("insufficient_funds").count();
    assert_eq!((granted, refused), (10, 30));
    for session in 1..=10 {
        scenario.line(&format!("settle S{session} 1.00 #2 final"));
    }
    assert_eq!(available(scenario.account("A")).units(), 0);
    scenario.prove();
}

#[test]
fn a_settlement_takes_less_the_same_or_more_than_is_held() {
    check(
        "
        customer Ann
        open A EUR
        pay A 20.00
        authorise A S1 4.00 #1
        settle S1 2.50 #2
        settle S1 1.50 #3
        settle S1 0.25 #4 final
        authorise A S2 4.00 #1
        settle S2 4.00 #2 final
        authorise A S3 4.00 #1
        settle S3 4.01 #2 final
        authorise A S4 4.00 #1
        settle S4 0.00 #2 final
        show A
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 20.00                          payment +20.00 | 20.00 = 20.00
            authorise A S1 4.00 #1
                authorised #1 4.00 until 01:00 | 20.00 - 4.00 = 16.00
            settle S1 2.50 #2                    settled -2.50 #1 kept 1.50 | 17.50 - 1.50 = 16.00
            settle S1 1.50 #3                    settled -1.50 #1 kept 0.00 | 16.00 = 16.00
            settle S1 0.25 #4 final              settled_final -0.25 #1 overrun 0.25 | 15.75 = 15.75
            authorise A S2 4.00 #1
                authorised #2 4.00 until 01:00 | 15.75 - 4.00 = 11.75
            settle S2 4.00 #2 final              settled_final -4.00 #2 | 11.75 = 11.75
            authorise A S3 4.00 #1
                authorised #3 4.00 until 01:00 | 11.75 - 4.00 = 7.75
            settle S3 4.01 #2 final              settled_final -4.01 #3 overrun 0.01 | 7.74 = 7.74
            authorise A S4 4.00 #1               authorised #4 4.00 until 01:00 | 7.74 - 4.00 = 3.74
            settle S4 0.00 #2 final              settled_final #4 | 7.74 = 7.74
            show A                               | 7.74 = 7.74
        "#]],
    );
}

#[test]
fn use_beyond_all_money_is_charged_into_debt() {
    check(
        "
        customer Ann
        open A EUR
        pay A 5.00
        authorise A S1 4.00 #1
        settle S1 9.00 #2 next 1.00
        settle S1 1.00 #3 final
        show A
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 5.00                           payment +5.00 | 5.00 = 5.00
            authorise A S1 4.00 #1               authorised #1 4.00 until 01:00 | 5.00 - 4.00 = 1.00
            settle S1 9.00 #2 next 1.00
                settled -9.00 #1 no next overrun 5.00
                  because insufficient_funds available -4.00 requested 1.00 | -4.00 = -4.00
            settle S1 1.00 #3 final              settled_final -1.00 #1 overrun 1.00 | -5.00 = -5.00
            show A                               | -5.00 = -5.00
        "#]],
    );
}

#[test]
fn a_settlement_asks_for_the_next_grant_in_the_same_call() {
    check(
        "
        customer Ann
        open A EUR
        pay A 5.00
        authorise A S1 3.00 #1
        settle S1 2.50 #2 next 2.00
        settle S1 2.00 #3 next 2.00 min 0.50
        settle S1 0.10 #4 next 2.00 min 0.50
        show A
        settle S1 0.40 #5 final
        show A
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 5.00                           payment +5.00 | 5.00 = 5.00
            authorise A S1 3.00 #1               authorised #1 3.00 until 01:00 | 5.00 - 3.00 = 2.00
            settle S1 2.50 #2 next 2.00
                settled -2.50 #1 next 2.00 until 01:00 | 2.50 - 2.00 = 0.50
            settle S1 2.00 #3 next 2.00 min 0.50
                settled -2.00 #1 next 0.50 until 01:00 of 2.00 | 0.50 - 0.50 = 0.00
            settle S1 0.10 #4 next 2.00 min 0.50
                settled -0.10 #1 no next
                  because insufficient_funds available 0.40 requested 0.50 | 0.40 = 0.40
            show A                               | 0.40 = 0.40
            settle S1 0.40 #5 final              settled_final -0.40 #1 overrun 0.40 | 0.00 = 0.00
            show A                               | 0.00 = 0.00
        "#]],
    );
}

#[test]
fn a_grant_is_what_there_is_but_never_less_than_the_minimum() {
    check(
        "
        customer Ann
        open A EUR
        pay A 5.00
        authorise A S1 9.00 #1 min 5.01
        authorise A S1 9.00 #2 min 5.00
        authorise A S2 1.00 #1 min 0.00
        settle S1 4.00 #3 next 9.00 min 1.01
        settle S1 0.00 #4 next 9.00 min 1.00
        show A
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 5.00                           payment +5.00 | 5.00 = 5.00
            authorise A S1 9.00 #1 min 5.01
                refused #1 insufficient_funds available 5.00 requested 5.01 | 5.00 = 5.00
            authorise A S1 9.00 #2 min 5.00      authorised #1 5.00 until 01:00 | 5.00 - 5.00 = 0.00
            authorise A S2 1.00 #1 min 0.00
                refused #2 insufficient_funds available 0.00 requested 0.00 | 5.00 - 5.00 = 0.00
            settle S1 4.00 #3 next 9.00 min 1.01
                settled -4.00 #1 no next
                  because insufficient_funds available 1.00 requested 1.01 | 1.00 = 1.00
            settle S1 0.00 #4 next 9.00 min 1.00
                settled #1 next 1.00 until 01:00 of 9.00 | 1.00 - 1.00 = 0.00
            show A                               | 1.00 - 1.00 = 0.00
        "#]],
    );
}

#[test]
fn a_top_up_in_mid_session_is_seen_at_the_next_ask() {
    check(
        "
        customer Ann
        open A EUR
        pay A 1.00
        authorise A S1 1.00 #1
        settle S1 1.00 #2 next 1.00
        pay A 2.00
        settle S1 0.00 #3 next 1.00
        authorise A S1 2.00 #4
        show A
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 1.00                           payment +1.00 | 1.00 = 1.00
            authorise A S1 1.00 #1               authorised #1 1.00 until 01:00 | 1.00 - 1.00 = 0.00
            settle S1 1.00 #2 next 1.00
                settled -1.00 #1 no next
                  because insufficient_funds available 0.00 requested 1.00 | 0.00 = 0.00
            pay A 2.00                           payment +2.00 | 2.00 = 2.00
            settle S1 0.00 #3 next 1.00
                settled #1 next 1.00 until 01:00 | 2.00 - 1.00 = 1.00
            authorise A S1 2.00 #4               authorised #1 2.00 until 01:00 | 2.00 - 2.00 = 0.00
            show A                               | 2.00 - 2.00 = 0.00
        "#]],
    );
}

#[test]
fn asking_again_replaces_the_sessions_own_hold() {
    check(
        "
        customer Ann
        open A EUR
        pay A 5.00
        authorise A S1 4.00 #1
        authorise A S1 5.00 #2
        authorise A S1 5.01 #3
        show A
        authorise A S1 1.00 #4
        show A
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 5.00                           payment +5.00 | 5.00 = 5.00
            authorise A S1 4.00 #1               authorised #1 4.00 until 01:00 | 5.00 - 4.00 = 1.00
            authorise A S1 5.00 #2               authorised #1 5.00 until 01:00 | 5.00 - 5.00 = 0.00
            authorise A S1 5.01 #3
                refused #1 insufficient_funds available 5.00 requested 5.01 | 5.00 - 5.00 = 0.00
            show A                               | 5.00 - 5.00 = 0.00
            authorise A S1 1.00 #4               authorised #1 1.00 until 01:00 | 5.00 - 1.00 = 4.00
            show A                               | 5.00 - 1.00 = 4.00
        "#]],
    );
}

#[test]
fn an_unsettled_hold_comes_back_at_its_moment_and_late_use_is_an_overrun() {
    check(
        "
        at 10:00
        customer Ann
        open A EUR
        pay A 5.00
        authorise A S1 4.00 #1 for 60s
        at 10:00:59.999999
        authorise A S2 2.00 #1
        at 10:01
        authorise A S3 2.00 #1
        at 10:02
        settle S1 3.50 #2
        settle S1 0.50 #3 final
        settle S1 0.50 #4 final
        show A
        ",
        expect![[r#"
            at 10:00
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 5.00                           payment +5.00 | 5.00 = 5.00
            authorise A S1 4.00 #1 for 60s       authorised #1 4.00 until 10:01 | 5.00 - 4.00 = 1.00
            at 10:00:59.999999
            authorise A S2 2.00 #1
                refused #2 insufficient_funds available 1.00 requested 2.00 | 5.00 - 4.00 = 1.00
            at 10:01
              10:01 reservation_expired #1 | 5.00 = 5.00
            authorise A S3 2.00 #1               authorised #3 2.00 until 11:01 | 5.00 - 2.00 = 3.00
            at 10:02
            settle S1 3.50 #2
                settled -3.50 #1 kept 0.00 overrun 3.50 | 1.50 - 2.00 = -0.50
            settle S1 0.50 #3 final
                settled_final -0.50 #1 overrun 0.50 | 1.00 - 2.00 = -1.00
            settle S1 0.50 #4 final              session_ended reservation res_1-1
            show A                               | 1.00 - 2.00 = -1.00
        "#]],
    );
}

#[test]
fn an_expired_session_goes_on_when_it_asks_and_there_is_money() {
    check(
        "
        at 10:00
        customer Ann
        open A EUR
        pay A 5.00
        authorise A S1 4.00 #1 for 60s
        at 10:02
        settle S1 1.00 #2 next 2.00
        at 11:30
        authorise A S1 1.00 #3
        show A
        ",
        expect![[r#"
            at 10:00
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 5.00                           payment +5.00 | 5.00 = 5.00
            authorise A S1 4.00 #1 for 60s       authorised #1 4.00 until 10:01 | 5.00 - 4.00 = 1.00
            at 10:02
              10:01 reservation_expired #1 | 5.00 = 5.00
            settle S1 1.00 #2 next 2.00
                settled -1.00 #1 next 2.00 until 11:02 overrun 1.00 | 4.00 - 2.00 = 2.00
            at 11:30
              11:02 reservation_expired #1 | 4.00 = 4.00
            authorise A S1 1.00 #3               authorised #1 1.00 until 12:30 | 4.00 - 1.00 = 3.00
            show A                               | 4.00 - 1.00 = 3.00
        "#]],
    );
}

#[test]
fn use_of_an_expired_grant_is_charged_even_after_a_refusal() {
    check(
        "
        at 10:00
        customer Ann
        open A EUR
        pay A 4.00
        authorise A S1 4.00 #1 for 60s
        at 10:02
        charge A 4.00
        authorise A S1 1.00 #2
        settle S1 3.00 #3 final
        show A
        ",
        expect![[r#"
            at 10:00
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 4.00                           payment +4.00 | 4.00 = 4.00
            authorise A S1 4.00 #1 for 60s       authorised #1 4.00 until 10:01 | 4.00 - 4.00 = 0.00
            at 10:02
              10:01 reservation_expired #1 | 4.00 = 4.00
            charge A 4.00                        charge -4.00 | 0.00 = 0.00
            authorise A S1 1.00 #2
                refused #1 insufficient_funds available 0.00 requested 1.00 | 0.00 = 0.00
            settle S1 3.00 #3 final              settled_final -3.00 #1 overrun 3.00 | -3.00 = -3.00
            show A                               | -3.00 = -3.00
        "#]],
    );
}

#[test]
fn a_session_that_was_released_or_settled_for_good_is_over() {
    check(
        "
        customer Ann
        open A EUR
        pay A 5.00
        authorise A S1 4.00 #1
        release S1 #2
        settle S1 1.00 #3
        release S1 #4
        authorise A S1 1.00 #5
        authorise A S1 1.00
        settle S1 1.00 final
        release S1
        show A
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 5.00                           payment +5.00 | 5.00 = 5.00
            authorise A S1 4.00 #1               authorised #1 4.00 until 01:00 | 5.00 - 4.00 = 1.00
            release S1 #2                        released #1 | 5.00 = 5.00
            settle S1 1.00 #3                    session_ended reservation res_1-1
            release S1 #4                        session_ended reservation res_1-1
            authorise A S1 1.00 #5               session_ended reservation res_1-1
            authorise A S1 1.00                  authorised #2 1.00 until 01:00 | 5.00 - 1.00 = 4.00
            settle S1 1.00 final                 settled_final -1.00 #2 | 4.00 = 4.00
            release S1                           session_ended reservation res_1-2
            show A                               | 4.00 = 4.00
        "#]],
    );
}

#[test]
fn a_session_that_was_never_granted_has_nothing_to_settle() {
    check(
        "
        customer Ann
        open A EUR
        authorise A S1 1.00 #1
        settle S1 1.00 #2
        release S1 #2
        pay A 1.00
        authorise A S1 1.00 #2
        settle S1 1.00 #3 final
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            authorise A S1 1.00 #1
                refused #1 insufficient_funds available 0.00 requested 1.00 | 0.00 = 0.00
            settle S1 1.00 #2                    session_ended reservation res_1-1
            release S1 #2                        session_ended reservation res_1-1
            pay A 1.00                           payment +1.00 | 1.00 = 1.00
            authorise A S1 1.00 #2               authorised #1 1.00 until 01:00 | 1.00 - 1.00 = 0.00
            settle S1 1.00 #3 final              settled_final -1.00 #1 | 0.00 = 0.00
        "#]],
    );
}

#[test]
fn an_expired_hold_can_be_released_and_nothing_moves() {
    check(
        "
        at 10:00
        customer Ann
        open A EUR
        pay A 5.00
        authorise A S1 4.00 #1 for 60s
        at 10:01
        release S1 #2
        settle S1 4.00 #3
        show A
        ",
        expect![[r#"
            at 10:00
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 5.00                           payment +5.00 | 5.00 = 5.00
            authorise A S1 4.00 #1 for 60s       authorised #1 4.00 until 10:01 | 5.00 - 4.00 = 1.00
            at 10:01
              10:01 reservation_expired #1 | 5.00 = 5.00
            release S1 #2                        released #1 | 5.00 = 5.00
            settle S1 4.00 #3                    session_ended reservation res_1-1
            show A                               | 5.00 = 5.00
        "#]],
    );
}
