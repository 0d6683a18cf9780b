use expect_test::expect;

use super::check;

#[test]
fn customers_and_accounts_are_numbered_in_their_order() {
    check(
        "
        customer Ann
        customer Bob
        update 2 Rob
        open A EUR of 2
        open B KWD of 1 limit 0.001
        rename A travel
        show B
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            customer Bob                         customer_created cus_2
            update 2 Rob                         customer_updated cus_2
            open A EUR of 2                      account_opened 100000017 | 0.00 = 0.00
            open B KWD of 1 limit 0.001          account_opened 100000025 | 0.000 + 0.001 = 0.001
            rename A travel                      account_renamed "travel" | 0.00 = 0.00
            show B                               | 0.000 + 0.001 = 0.001
        "#]],
    );
}

#[test]
fn own_numbers_step_over_numbers_that_were_taken_over() {
    check(
        "
        customer Ann
        open A EUR
        open B EUR number 100000025
        open C EUR
        open D EUR number A-17/b
        open E EUR number 007
        open F EUR
        pay =A-17/b 1.00
        pay =007 1.00
        charge =100000017 1.00
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            open B EUR number 100000025          account_opened 100000025 | 0.00 = 0.00
            open C EUR                           account_opened 100000033 | 0.00 = 0.00
            open D EUR number A-17/b             account_opened A-17/b | 0.00 = 0.00
            open E EUR number 007                account_opened 007 | 0.00 = 0.00
            open F EUR                           account_opened 100000041 | 0.00 = 0.00
            pay =A-17/b 1.00                     payment +1.00 | 1.00 = 1.00
            pay =007 1.00                        payment +1.00 | 1.00 = 1.00
            charge =100000017 1.00               insufficient_funds available 0.00 requested 1.00
        "#]],
    );
}

#[test]
fn a_number_belongs_to_one_account_for_ever() {
    check(
        "
        customer Ann
        open A EUR number 4711
        open B EUR number 4711
        close A
        open B EUR number 4711
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR number 4711               account_opened 4711 | 0.00 = 0.00
            open B EUR number 4711               account_number_taken number 4711
            close A                              account_closed | 0.00 = 0.00
            open B EUR number 4711               account_number_taken number 4711
        "#]],
    );
}

#[test]
fn a_mistyped_number_of_ours_is_told_from_one_never_issued() {
    check(
        "
        customer Ann
        open A EUR
        charge =100000018 5.00
        charge =100000071 5.00
        charge =100000025 5.00
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            charge =100000018 5.00
                account_not_found account 100000018 check_digit_wrong true
            charge =100000071 5.00
                account_not_found account 100000071 check_digit_wrong true
            charge =100000025 5.00
                account_not_found account 100000025 check_digit_wrong false
        "#]],
    );
}

#[test]
fn only_an_empty_account_closes_and_a_closed_one_takes_nothing() {
    check(
        "
        customer Ann
        open A EUR limit 5.00
        pay A 1.00
        close A
        charge A 1.00
        authorise A S1 2.00 #1
        close A
        release S1 #2
        close A
        close A
        rename A x
        pay A 1.00
        charge A 0.00
        charge-after A 1.00
        adjust A 1.00 goodwill
        limit A 1.00
        ceiling A 1.00
        authorise A S2 1.00
        authorise A S2 1.00 #1
        show A
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR limit 5.00                account_opened 100000017 | 0.00 + 5.00 = 5.00
            pay A 1.00                           payment +1.00 | 1.00 + 5.00 = 6.00
            close A                              account_not_empty balance 1.00 held 0.00
            charge A 1.00                        charge -1.00 | 0.00 + 5.00 = 5.00
            authorise A S1 2.00 #1
                authorised #1 2.00 until 01:00 | 0.00 + 5.00 - 2.00 = 3.00
            close A                              account_not_empty balance 0.00 held 2.00
            release S1 #2                        released #1 | 0.00 + 5.00 = 5.00
            close A                              account_closed | 0.00 + 5.00 = 5.00
            close A                              account_closed account 1
            rename A x                           account_closed account 1
            pay A 1.00                           payment_unallocated 1.00 EUR account_closed
            charge A 0.00                        account_closed account 1
            charge-after A 1.00                  account_closed account 1
            adjust A 1.00 goodwill               account_closed account 1
            limit A 1.00                         account_closed account 1
            ceiling A 1.00                       account_closed account 1
            authorise A S2 1.00                  account_closed account 1
            authorise A S2 1.00 #1               account_closed account 1
            show A                               closed | 0.00 + 5.00 = 5.00
        "#]],
    );
}

#[test]
fn a_session_never_gets_money_of_a_closed_account() {
    check(
        "
        at 10:00
        customer Ann
        open A EUR limit 5.00
        authorise A S1 5.00 #1 for 60s
        at 10:01
        close A
        settle S1 0.50 #2 next 1.00
        authorise A S1 5.00 #1
        authorise A S1 5.00 #3
        show A
        ",
        expect![[r#"
            at 10:00
            customer Ann                         customer_created cus_1
            open A EUR limit 5.00                account_opened 100000017 | 0.00 + 5.00 = 5.00
            authorise A S1 5.00 #1 for 60s
                authorised #1 5.00 until 10:01 | 0.00 + 5.00 - 5.00 = 0.00
            at 10:01
              10:01 reservation_expired #1 | 0.00 + 5.00 = 5.00
            close A                              account_closed | 0.00 + 5.00 = 5.00
            settle S1 0.50 #2 next 1.00
                settled -0.50 #1 no next overrun 0.50
                  because account_closed account 1 | -0.50 + 5.00 = 4.50
            authorise A S1 5.00 #1
                as earlier: authorised #1 5.00 until 10:01 | 0.00 + 5.00 - 5.00 = 0.00
            authorise A S1 5.00 #3               account_closed account 1
            show A                               closed | -0.50 + 5.00 = 4.50
        "#]],
    );
}

#[test]
fn a_later_limit_never_reaches_into_another_account() {
    check(
        "
        customer Ann
        open A EUR
        open B EUR limit 5.00
        charge-after A 3.00
        charge B 5.00
        charge A 0.01
        show A
        show B
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            open B EUR limit 5.00                account_opened 100000025 | 0.00 + 5.00 = 5.00
            charge-after A 3.00                  charge -3.00 overrun 3.00 | -3.00 = -3.00
            charge B 5.00                        charge -5.00 | -5.00 + 5.00 = 0.00
            charge A 0.01                        insufficient_funds available -3.00 requested 0.01
            show A                               | -3.00 = -3.00
            show B                               | -5.00 + 5.00 = 0.00
        "#]],
    );
}
