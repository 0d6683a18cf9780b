use expect_test::expect;

use super::check;

#[test]
fn credit_is_the_sum_of_the_limits_that_run() {
    check(
        "
        at 10:00
        customer Ann
        open A EUR limit 5.00
        credit A 10.00 until 12:00
        credit A 1.00 until 11:00
        charge A 16.00
        charge A 0.01
        limit A 6.00
        charge A 1.00
        revoke A/1
        revoke A/1
        revoke A/2
        show A
        ",
        expect![[r#"
            at 10:00
            customer Ann                         customer_created cus_1
            open A EUR limit 5.00                account_opened 100000017 | 0.00 + 5.00 = 5.00
            credit A 10.00 until 12:00
                credit_granted crd_1-1 10.00 until 12:00 | 0.00 + 15.00 = 15.00
            credit A 1.00 until 11:00
                credit_granted crd_1-2 1.00 until 11:00 | 0.00 + 16.00 = 16.00
            charge A 16.00                       charge -16.00 | -16.00 + 16.00 = 0.00
            charge A 0.01                        insufficient_funds available 0.00 requested 0.01
            limit A 6.00                         credit_limit_set | -16.00 + 17.00 = 1.00
            charge A 1.00                        charge -1.00 | -17.00 + 17.00 = 0.00
            revoke A/1
                credit_ended crd_1-1 10.00 Revoked | -17.00 + 7.00 = -10.00
            revoke A/1                           credit_not_found credit crd_1-1
            revoke A/2
                credit_ended crd_1-2 1.00 Revoked | -17.00 + 6.00 = -11.00
            show A                               | -17.00 + 6.00 = -11.00
        "#]],
    );
}

#[test]
fn a_temporary_limit_ends_at_its_moment_and_not_before() {
    check(
        "
        at 10:00
        customer Ann
        open A EUR
        credit A 10.00 until 12:00
        credit A 5.00 until 13:00
        at 11:59:59.999999
        charge A 1.00
        at 12:00
        charge A 10.00
        charge A 4.00
        at 13:00
        fire
        show A
        ",
        expect![[r#"
            at 10:00
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            credit A 10.00 until 12:00
                credit_granted crd_1-1 10.00 until 12:00 | 0.00 + 10.00 = 10.00
            credit A 5.00 until 13:00
                credit_granted crd_1-2 5.00 until 13:00 | 0.00 + 15.00 = 15.00
            at 11:59:59.999999
            charge A 1.00                        charge -1.00 | -1.00 + 15.00 = 14.00
            at 12:00
              12:00 credit_ended crd_1-1 10.00 Expired | -1.00 + 5.00 = 4.00
            charge A 10.00                       insufficient_funds available 4.00 requested 10.00
            charge A 4.00                        charge -4.00 | -5.00 + 5.00 = 0.00
            at 13:00
              13:00 credit_ended crd_1-2 5.00 Expired | -5.00 = -5.00
            fire
            show A                               | -5.00 = -5.00
        "#]],
    );
}

#[test]
fn a_temporary_limit_that_would_have_ended_already_is_refused() {
    check(
        "
        at 10:00
        customer Ann
        open A EUR
        credit A 10.00 until 10:00
        credit A 10.00 until 09:59
        credit A 10.00 until 10:00:00.000001
        ",
        expect![[r#"
            at 10:00
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            credit A 10.00 until 10:00           credit_ends_in_past now 10:00 until 10:00
            credit A 10.00 until 09:59           credit_ends_in_past now 10:00 until 09:59
            credit A 10.00 until 10:00:00.000001
                credit_granted crd_1-1 10.00 until 10:00:00.000001 | 0.00 + 10.00 = 10.00
        "#]],
    );
}

#[test]
fn an_unlimited_account_is_granted_whatever_is_asked() {
    check(
        "
        customer Ann
        open A EUR limit unlimited
        charge A 1000000.00
        authorise A S1 5000000.00 #1
        settle S1 6000000.00 #2 next 1.00
        charge-after A 1.00
        limit A 5.00
        charge A 1.00
        show A
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR limit unlimited           account_opened 100000017 | 0.00 + unlimited
            charge A 1000000.00                  charge -1000000.00 | -1000000.00 + unlimited
            authorise A S1 5000000.00 #1
                authorised #1 5000000.00 until 01:00 | -1000000.00 + unlimited - 5000000.00
            settle S1 6000000.00 #2 next 1.00
                settled -6000000.00 #1 next 1.00 until 01:00 overrun 1000000.00
                  | -7000000.00 + unlimited - 1.00
            charge-after A 1.00                  charge -1.00 | -7000001.00 + unlimited - 1.00
            limit A 5.00
                credit_limit_set | -7000001.00 + 5.00 - 1.00 = -6999997.00
            charge A 1.00
                insufficient_funds available -6999997.00 requested 1.00
            show A                               | -7000001.00 + 5.00 - 1.00 = -6999997.00
        "#]],
    );
}

#[test]
fn the_ceiling_caps_what_runs_and_refuses_what_is_new() {
    check(
        "
        at 10:00
        customer Ann
        open A EUR limit 21.00 ceiling 20.00
        open A EUR limit 20.00 ceiling 20.00
        credit A 0.01 until 12:00
        limit A 15.00
        credit A 5.00 until 12:00
        limit A 15.01
        limit A unlimited
        ceiling A 8.00
        charge A 8.01
        charge A 8.00
        ceiling A none
        charge A 12.00
        limit A unlimited
        ceiling A 30.00
        show A
        ceiling A none
        show A
        ",
        expect![[r#"
            at 10:00
            customer Ann                         customer_created cus_1
            open A EUR limit 21.00 ceiling 20.00
                credit_ceiling_exceeded ceiling 20.00 requested 21.00
            open A EUR limit 20.00 ceiling 20.00 account_opened 100000017 | 0.00 + 20.00 = 20.00
            credit A 0.01 until 12:00
                credit_ceiling_exceeded ceiling 20.00 requested 20.01
            limit A 15.00                        credit_limit_set | 0.00 + 15.00 = 15.00
            credit A 5.00 until 12:00
                credit_granted crd_1-1 5.00 until 12:00 | 0.00 + 20.00 = 20.00
            limit A 15.01
                credit_ceiling_exceeded ceiling 20.00 requested 20.01
            limit A unlimited
                credit_ceiling_exceeded ceiling 20.00 requested 2305843009213.693952
            ceiling A 8.00                       credit_ceiling_set | 0.00 + 8.00 = 8.00
            charge A 8.01                        insufficient_funds available 8.00 requested 8.01
            charge A 8.00                        charge -8.00 | -8.00 + 8.00 = 0.00
            ceiling A none                       credit_ceiling_set | -8.00 + 20.00 = 12.00
            charge A 12.00                       charge -12.00 | -20.00 + 20.00 = 0.00
            limit A unlimited                    credit_limit_set | -20.00 + unlimited
            ceiling A 30.00                      credit_ceiling_set | -20.00 + 30.00 = 10.00
            show A                               | -20.00 + 30.00 = 10.00
            ceiling A none                       credit_ceiling_set | -20.00 + unlimited
            show A                               | -20.00 + unlimited
        "#]],
    );
}

#[test]
fn an_account_without_limit_under_a_ceiling_is_limited_by_it() {
    check(
        "
        customer Ann
        open A EUR limit unlimited
        ceiling A 3.00
        charge A 3.00
        charge A 0.01
        credit A 1.00 until 12:00
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR limit unlimited           account_opened 100000017 | 0.00 + unlimited
            ceiling A 3.00                       credit_ceiling_set | 0.00 + 3.00 = 3.00
            charge A 3.00                        charge -3.00 | -3.00 + 3.00 = 0.00
            charge A 0.01                        insufficient_funds available 0.00 requested 0.01
            credit A 1.00 until 12:00
                credit_ceiling_exceeded ceiling 3.00 requested 2305843009213.693952
        "#]],
    );
}

#[test]
fn ending_credit_leaves_the_account_below_zero_and_stops_it() {
    check(
        "
        at 10:00
        customer Ann
        open A EUR
        credit A 10.00 until 12:00
        authorise A S1 4.00 #1 for 5h
        charge A 6.00
        at 12:00
        authorise A S2 1.00 #1
        settle S1 4.00 #2 next 1.00
        pay A 11.00
        settle S1 0.00 #3 next 1.00
        show A
        ",
        expect![[r#"
            at 10:00
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            credit A 10.00 until 12:00
                credit_granted crd_1-1 10.00 until 12:00 | 0.00 + 10.00 = 10.00
            authorise A S1 4.00 #1 for 5h
                authorised #1 4.00 until 15:00 | 0.00 + 10.00 - 4.00 = 6.00
            charge A 6.00                        charge -6.00 | -6.00 + 10.00 - 4.00 = 0.00
            at 12:00
              12:00 credit_ended crd_1-1 10.00 Expired | -6.00 - 4.00 = -10.00
            authorise A S2 1.00 #1
                refused #2 insufficient_funds available -10.00 requested 1.00
                  | -6.00 - 4.00 = -10.00
            settle S1 4.00 #2 next 1.00
                settled -4.00 #1 no next
                  because insufficient_funds available -10.00 requested 1.00 | -10.00 = -10.00
            pay A 11.00                          payment +11.00 | 1.00 = 1.00
            settle S1 0.00 #3 next 1.00
                settled #1 next 1.00 until 13:00 | 1.00 - 1.00 = 0.00
            show A                               | 1.00 - 1.00 = 0.00
        "#]],
    );
}

#[test]
fn a_hold_that_drew_on_credit_gives_back_exactly_that() {
    check(
        "
        customer Ann
        open A EUR limit 5.00
        pay A 3.00
        authorise A S1 8.00 #1
        show A
        release S1 #2
        show A
        authorise A S2 8.00 #1 for 60s
        settle S2 1.00 #2
        at 00:01
        fire
        show A
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR limit 5.00                account_opened 100000017 | 0.00 + 5.00 = 5.00
            pay A 3.00                           payment +3.00 | 3.00 + 5.00 = 8.00
            authorise A S1 8.00 #1
                authorised #1 8.00 until 01:00 | 3.00 + 5.00 - 8.00 = 0.00
            show A                               | 3.00 + 5.00 - 8.00 = 0.00
            release S1 #2                        released #1 | 3.00 + 5.00 = 8.00
            show A                               | 3.00 + 5.00 = 8.00
            authorise A S2 8.00 #1 for 60s
                authorised #2 8.00 until 00:01 | 3.00 + 5.00 - 8.00 = 0.00
            settle S2 1.00 #2
                settled -1.00 #2 kept 7.00 | 2.00 + 5.00 - 7.00 = 0.00
            at 00:01
              00:01 reservation_expired #2 | 2.00 + 5.00 = 7.00
            fire
            show A                               | 2.00 + 5.00 = 7.00
        "#]],
    );
}

#[test]
fn limits_on_a_closed_account_still_end() {
    check(
        "
        at 10:00
        customer Ann
        open A EUR
        credit A 10.00 until 12:00
        close A
        credit A 10.00 until 12:00
        revoke A/1
        at 12:00
        fire
        show A
        ",
        expect![[r#"
            at 10:00
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            credit A 10.00 until 12:00
                credit_granted crd_1-1 10.00 until 12:00 | 0.00 + 10.00 = 10.00
            close A                              account_closed | 0.00 + 10.00 = 10.00
            credit A 10.00 until 12:00           account_closed account 1
            revoke A/1                           account_closed account 1
            at 12:00
              12:00 credit_ended crd_1-1 10.00 Expired | 0.00 = 0.00
            fire
            show A                               closed | 0.00 = 0.00
        "#]],
    );
}
