use expect_test::expect;

use super::check;

#[test]
fn what_is_due_is_done_first_and_dated_at_its_own_moment() {
    check(
        "
        at 10:00
        customer Ann
        open A EUR
        credit A 3.00 until 10:02
        pay A 5.00
        authorise A S1 4.00 #1 for 60s
        authorise A S2 4.00 #1 for 3m
        at 15:00
        charge A 5.01
        charge A 5.00
        ",
        expect![[r#"
            at 10:00
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            credit A 3.00 until 10:02
                credit_granted crd_1-1 3.00 until 10:02 | 0.00 + 3.00 = 3.00
            pay A 5.00                           payment +5.00 | 5.00 + 3.00 = 8.00
            authorise A S1 4.00 #1 for 60s
                authorised #1 4.00 until 10:01 | 5.00 + 3.00 - 4.00 = 4.00
            authorise A S2 4.00 #1 for 3m
                authorised #2 4.00 until 10:03 | 5.00 + 3.00 - 8.00 = 0.00
            at 15:00
              10:01 reservation_expired #1 | 5.00 + 3.00 - 4.00 = 4.00
              10:02 credit_ended crd_1-1 3.00 Expired | 5.00 - 4.00 = 1.00
              10:03 reservation_expired #2 | 5.00 = 5.00
            charge A 5.01                        insufficient_funds available 5.00 requested 5.01
            charge A 5.00                        charge -5.00 | 0.00 = 0.00
        "#]],
    );
}

#[test]
fn timers_fire_in_order_over_all_accounts() {
    check(
        "
        at 10:00
        customer Ann
        open A EUR
        open B EUR
        credit B 1.00 until 10:01
        credit A 1.00 until 10:02
        credit B 1.00 until 10:03
        credit A 1.00 until 10:03
        at 10:02:30
        fire
        at 10:10
        fire
        ",
        expect![[r#"
            at 10:00
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            open B EUR                           account_opened 100000025 | 0.00 = 0.00
            credit B 1.00 until 10:01
                credit_granted crd_2-1 1.00 until 10:01 | 0.00 + 1.00 = 1.00
            credit A 1.00 until 10:02
                credit_granted crd_1-1 1.00 until 10:02 | 0.00 + 1.00 = 1.00
            credit B 1.00 until 10:03
                credit_granted crd_2-2 1.00 until 10:03 | 0.00 + 2.00 = 2.00
            credit A 1.00 until 10:03
                credit_granted crd_1-2 1.00 until 10:03 | 0.00 + 2.00 = 2.00
            at 10:02:30
              10:01 credit_ended crd_2-1 1.00 Expired | 0.00 + 1.00 = 1.00
              10:02 credit_ended crd_1-1 1.00 Expired | 0.00 + 1.00 = 1.00
            fire
            at 10:10
              10:03 credit_ended crd_1-2 1.00 Expired | 0.00 = 0.00
              10:03 credit_ended crd_2-2 1.00 Expired | 0.00 = 0.00
            fire
        "#]],
    );
}

#[test]
fn a_credit_ends_before_a_hold_of_the_same_moment() {
    check(
        "
        at 10:00
        customer Ann
        open A EUR
        credit A 5.00 until 10:01
        authorise A S1 1.00 #1
        release S1 #2
        authorise A S2 5.00 #1 for 60s
        at 10:01
        fire
        ",
        expect![[r#"
            at 10:00
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            credit A 5.00 until 10:01
                credit_granted crd_1-1 5.00 until 10:01 | 0.00 + 5.00 = 5.00
            authorise A S1 1.00 #1
                authorised #1 1.00 until 11:00 | 0.00 + 5.00 - 1.00 = 4.00
            release S1 #2                        released #1 | 0.00 + 5.00 = 5.00
            authorise A S2 5.00 #1 for 60s
                authorised #2 5.00 until 10:01 | 0.00 + 5.00 - 5.00 = 0.00
            at 10:01
              10:01 credit_ended crd_1-1 5.00 Expired | 0.00 - 5.00 = -5.00
              10:01 reservation_expired #2 | 0.00 = 0.00
            fire
        "#]],
    );
}

#[test]
fn a_grant_that_was_extended_expires_at_its_new_moment_only() {
    check(
        "
        at 10:00
        customer Ann
        open A EUR
        pay A 5.00
        authorise A S1 1.00 #1 for 60s
        at 10:00:30
        settle S1 1.00 #2 next 1.00 for 5m
        at 10:01
        fire
        show A
        at 10:05:30
        fire
        show A
        ",
        expect![[r#"
            at 10:00
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 5.00                           payment +5.00 | 5.00 = 5.00
            authorise A S1 1.00 #1 for 60s       authorised #1 1.00 until 10:01 | 5.00 - 1.00 = 4.00
            at 10:00:30
            settle S1 1.00 #2 next 1.00 for 5m
                settled -1.00 #1 next 1.00 until 10:05:30 | 4.00 - 1.00 = 3.00
            at 10:01
            fire
            show A                               | 4.00 - 1.00 = 3.00
            at 10:05:30
              10:05:30 reservation_expired #1 | 4.00 = 4.00
            fire
            show A                               | 4.00 = 4.00
        "#]],
    );
}

#[test]
fn journal_time_never_goes_back_when_the_clock_does() {
    check(
        "
        at 10:00
        customer Ann
        open A EUR
        credit A 5.00 until 10:20
        at 11:00
        customer Bob
        at 10:10
        charge A 1.00
        credit A 5.00 until 10:30
        credit A 5.00 until 11:00:01
        at 10:59
        authorise A S1 4.00 #1 for 60s
        fire
        show A
        ",
        expect![[r#"
            at 10:00
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            credit A 5.00 until 10:20
                credit_granted crd_1-1 5.00 until 10:20 | 0.00 + 5.00 = 5.00
            at 11:00
            customer Bob                         customer_created cus_2
            at 10:10
              11:00 credit_ended crd_1-1 5.00 Expired | 0.00 = 0.00
            charge A 1.00                        insufficient_funds available 0.00 requested 1.00
            credit A 5.00 until 10:30            credit_ends_in_past now 11:00 until 10:30
            credit A 5.00 until 11:00:01
                credit_granted crd_1-2 5.00 until 11:00:01 | 0.00 + 5.00 = 5.00
            at 10:59
            authorise A S1 4.00 #1 for 60s
                authorised #1 4.00 until 11:00 | 0.00 + 5.00 - 4.00 = 1.00
            fire
            show A                               | 0.00 + 5.00 - 4.00 = 1.00
        "#]],
    );
}

#[test]
fn a_late_timer_is_not_dated_before_what_is_written_already() {
    check(
        "
        at 10:00
        customer Ann
        open A EUR
        credit A 5.00 until 10:20
        at 11:00
        customer Bob
        fire
        ",
        expect![[r#"
            at 10:00
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            credit A 5.00 until 10:20
                credit_granted crd_1-1 5.00 until 10:20 | 0.00 + 5.00 = 5.00
            at 11:00
            customer Bob                         customer_created cus_2
              11:00 credit_ended crd_1-1 5.00 Expired | 0.00 = 0.00
            fire
        "#]],
    );
}

#[test]
fn a_grant_that_expires_at_once_is_gone_at_the_next_command() {
    check(
        "
        at 10:00
        customer Ann
        open A EUR
        pay A 5.00
        authorise A S1 5.00 #1 for 0s
        authorise A S2 5.00 #1
        ",
        expect![[r#"
            at 10:00
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 5.00                           payment +5.00 | 5.00 = 5.00
            authorise A S1 5.00 #1 for 0s        authorised #1 5.00 until 10:00 | 5.00 - 5.00 = 0.00
              10:00 reservation_expired #1 | 5.00 = 5.00
            authorise A S2 5.00 #1               authorised #2 5.00 until 11:00 | 5.00 - 5.00 = 0.00
        "#]],
    );
}
