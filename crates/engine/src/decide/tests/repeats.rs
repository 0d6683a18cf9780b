use expect_test::expect;

use super::check;

#[test]
fn the_same_request_number_always_gets_the_same_answer() {
    check(
        "
        customer Ann
        open A EUR
        pay A 5.00
        authorise A S1 4.00 #1
        authorise A S1 4.00 #1
        settle S1 2.50 #2 next 3.00 min 1.00
        settle S1 2.50 #2 next 3.00 min 1.00
        authorise A S1 4.00 #1
        settle S1 1.00 #3 final
        settle S1 1.00 #3 final
        settle S1 2.50 #2 next 3.00 min 1.00
        release S1 #3
        show A
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 5.00                           payment +5.00 | 5.00 = 5.00
            authorise A S1 4.00 #1               authorised #1 4.00 until 01:00 | 5.00 - 4.00 = 1.00
            authorise A S1 4.00 #1
                as before: authorised #1 4.00 until 01:00 | 5.00 - 4.00 = 1.00
            settle S1 2.50 #2 next 3.00 min 1.00
                settled -2.50 #1 next 2.50 until 01:00 of 3.00 | 2.50 - 2.50 = 0.00
            settle S1 2.50 #2 next 3.00 min 1.00
                as before: settled -2.50 #1 next 2.50 until 01:00 of 3.00 | 2.50 - 2.50 = 0.00
            authorise A S1 4.00 #1
                as earlier: authorised #1 4.00 until 01:00 | 5.00 - 4.00 = 1.00
            settle S1 1.00 #3 final              settled_final -1.00 #1 | 1.50 = 1.50
            settle S1 1.00 #3 final              as before: settled_final -1.00 #1 | 1.50 = 1.50
            settle S1 2.50 #2 next 3.00 min 1.00
                as earlier: settled -2.50 #1 next 2.50 until 01:00 of 3.00 | 2.50 - 2.50 = 0.00
            release S1 #3                        as before: settled_final -1.00 #1 | 1.50 = 1.50
            show A                               | 1.50 = 1.50
        "#]],
    );
}

#[test]
fn a_refusal_stays_refused_when_money_has_come_in() {
    check(
        "
        customer Ann
        open A EUR
        authorise A S1 4.00 #1
        pay A 5.00
        authorise A S1 4.00 #1
        authorise A S1 4.00 #2
        authorise A S1 4.00 #1
        settle S1 4.00 #3 next 4.00
        pay A 5.00 ref R2
        settle S1 4.00 #3 next 4.00
        show A
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            authorise A S1 4.00 #1
                refused #1 insufficient_funds available 0.00 requested 4.00 | 0.00 = 0.00
            pay A 5.00                           payment +5.00 | 5.00 = 5.00
            authorise A S1 4.00 #1
                as before: refused #1 insufficient_funds available 0.00 requested 4.00 | 0.00 = 0.00
            authorise A S1 4.00 #2               authorised #1 4.00 until 01:00 | 5.00 - 4.00 = 1.00
            authorise A S1 4.00 #1
                as earlier: refused #1 insufficient_funds available 0.00 requested 4.00
                  | 0.00 = 0.00
            settle S1 4.00 #3 next 4.00
                settled -4.00 #1 no next
                  because insufficient_funds available 1.00 requested 4.00 | 1.00 = 1.00
            pay A 5.00 ref R2                    payment +5.00 | 6.00 = 6.00
            settle S1 4.00 #3 next 4.00
                as before: settled -4.00 #1 no next
                  because insufficient_funds available 1.00 requested 4.00 | 1.00 = 1.00
            show A                               | 6.00 = 6.00
        "#]],
    );
}

#[test]
fn requests_are_numbered_upwards_with_or_without_gaps() {
    check(
        "
        customer Ann
        open A EUR
        pay A 5.00
        authorise A S1 1.00 #5
        settle S1 0.50 #9
        settle S1 0.50 #7
        show A
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 5.00                           payment +5.00 | 5.00 = 5.00
            authorise A S1 1.00 #5               authorised #1 1.00 until 01:00 | 5.00 - 1.00 = 4.00
            settle S1 0.50 #9                    settled -0.50 #1 kept 0.50 | 4.50 - 0.50 = 4.00
            settle S1 0.50 #7                    #7 was passed over
            show A                               | 4.50 - 0.50 = 4.00
        "#]],
    );
}

#[test]
fn an_unnumbered_request_in_between_leaves_the_numbered_answers_alone() {
    check(
        "
        customer Ann
        open A EUR
        pay A 5.00
        authorise A S1 4.00 #1
        settle S1 1.00
        authorise A S1 4.00 #1
        settle S1 1.00 #2
        release S1
        settle S1 1.00 #2
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 5.00                           payment +5.00 | 5.00 = 5.00
            authorise A S1 4.00 #1               authorised #1 4.00 until 01:00 | 5.00 - 4.00 = 1.00
            settle S1 1.00                       settled -1.00 #1 kept 3.00 | 4.00 - 3.00 = 1.00
            authorise A S1 4.00 #1
                as before: authorised #1 4.00 until 01:00 | 5.00 - 4.00 = 1.00
            settle S1 1.00 #2                    settled -1.00 #1 kept 2.00 | 3.00 - 2.00 = 1.00
            release S1                           released #1 | 3.00 = 3.00
            settle S1 1.00 #2
                as before: settled -1.00 #1 kept 2.00 | 3.00 - 2.00 = 1.00
        "#]],
    );
}

#[test]
fn without_a_number_nothing_tells_a_repeat_from_a_second_session() {
    check(
        "
        at 10:00
        customer Ann
        open A EUR
        authorise A S1 4.00
        pay A 5.00
        authorise A S1 4.00 for 60s
        authorise A S1 4.00
        settle S1 1.00
        settle S1 1.00
        at 10:01
        authorise A S1 2.00
        authorise A S1 2.00
        show A
        ",
        expect![[r#"
            at 10:00
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            authorise A S1 4.00                  insufficient_funds available 0.00 requested 4.00
            pay A 5.00                           payment +5.00 | 5.00 = 5.00
            authorise A S1 4.00 for 60s          authorised #1 4.00 until 10:01 | 5.00 - 4.00 = 1.00
            authorise A S1 4.00                  session_open reservation res_1-1
            settle S1 1.00                       settled -1.00 #1 kept 3.00 | 4.00 - 3.00 = 1.00
            settle S1 1.00                       settled -1.00 #1 kept 2.00 | 3.00 - 2.00 = 1.00
            at 10:01
              10:01 reservation_expired #1 | 3.00 = 3.00
            authorise A S1 2.00                  authorised #2 2.00 until 11:01 | 3.00 - 2.00 = 1.00
            authorise A S1 2.00                  session_open reservation res_1-2
            show A                               | 3.00 - 2.00 = 1.00
        "#]],
    );
}

#[test]
fn answers_are_remembered_for_a_while_after_the_end_and_then_forgotten() {
    check(
        "
        at 10:00
        customer Ann
        open A EUR
        pay A 5.00
        authorise A S1 4.00 #1
        settle S1 1.00 #2 final
        at 10:59:59.999999
        settle S1 1.00 #2 final
        authorise A S1 1.00 #3
        at 11:00
        settle S1 1.00 #2 final
        release S1 #3
        authorise A S1 4.00 #1
        show A
        ",
        expect![[r#"
            at 10:00
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 5.00                           payment +5.00 | 5.00 = 5.00
            authorise A S1 4.00 #1               authorised #1 4.00 until 11:00 | 5.00 - 4.00 = 1.00
            settle S1 1.00 #2 final              settled_final -1.00 #1 | 4.00 = 4.00
            at 10:59:59.999999
            settle S1 1.00 #2 final              as before: settled_final -1.00 #1 | 4.00 = 4.00
            authorise A S1 1.00 #3               session_ended reservation res_1-1
            at 11:00
            settle S1 1.00 #2 final              reservation_not_found reservation res_1-1
            release S1 #3                        reservation_not_found reservation res_1-1
            authorise A S1 4.00 #1               authorised #2 4.00 until 12:00 | 4.00 - 4.00 = 0.00
            show A                               | 4.00 - 4.00 = 0.00
        "#]],
    );
}

#[test]
fn a_refused_first_request_is_forgotten_too() {
    check(
        "
        at 10:00
        customer Ann
        open A EUR
        authorise A S1 4.00 #1
        pay A 5.00
        at 10:30
        authorise A S1 9.00 #2
        at 11:00
        authorise A S1 4.00 #1
        at 11:30
        authorise A S1 4.00 #1
        ",
        expect![[r#"
            at 10:00
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            authorise A S1 4.00 #1
                refused #1 insufficient_funds available 0.00 requested 4.00 | 0.00 = 0.00
            pay A 5.00                           payment +5.00 | 5.00 = 5.00
            at 10:30
            authorise A S1 9.00 #2
                refused #1 insufficient_funds available 5.00 requested 9.00 | 5.00 = 5.00
            at 11:00
            authorise A S1 4.00 #1
                as earlier: refused #1 insufficient_funds available 0.00 requested 4.00
                  | 0.00 = 0.00
            at 11:30
            authorise A S1 4.00 #1               authorised #2 4.00 until 12:30 | 5.00 - 4.00 = 1.00
        "#]],
    );
}

#[test]
fn a_repeat_is_known_on_a_closed_account_too() {
    check(
        "
        customer Ann
        open A EUR
        pay A 4.00
        authorise A S1 4.00 #1
        settle S1 4.00 #2 final
        close A
        authorise A S1 4.00 #1
        settle S1 4.00 #2 final
        authorise A S1 4.00 #3
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 4.00                           payment +4.00 | 4.00 = 4.00
            authorise A S1 4.00 #1               authorised #1 4.00 until 01:00 | 4.00 - 4.00 = 0.00
            settle S1 4.00 #2 final              settled_final -4.00 #1 | 0.00 = 0.00
            close A                              account_closed | 0.00 = 0.00
            authorise A S1 4.00 #1
                as earlier: authorised #1 4.00 until 01:00 | 4.00 - 4.00 = 0.00
            settle S1 4.00 #2 final              as before: settled_final -4.00 #1 | 0.00 = 0.00
            authorise A S1 4.00 #3               account_closed account 1
        "#]],
    );
}
