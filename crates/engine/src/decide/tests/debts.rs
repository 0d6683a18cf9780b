//! What is owed, since when, and what becomes of it.

use expect_test::expect;

use super::check;

#[test]
fn the_oldest_debt_is_paid_first() {
    check(
        "
        customer Ann group vip
        open A EUR limit unlimited
        charge A 5.00
        at 1d 10:00
        charge A 2.00
        charge A 1.00
        at 3d 10:00
        charge A 4.00
        receivables
        pay A 6.00 ref R1
        receivables
        customer Bob
        open B USD limit 9.00 of 2
        charge B 9.00
        update 1 Ann group gone
        receivables
        pay A 7.00 ref R2
        charge A 2.00
        cancel R2
        receivables
        ",
        expect![[r#"
            customer Ann group vip               customer_created cus_1
            open A EUR limit unlimited           account_opened 100000017 | 0.00 + unlimited
            charge A 5.00                        charge -5.00 | -5.00 + unlimited
            at 1d 10:00
            charge A 2.00                        charge -2.00 | -7.00 + unlimited
            charge A 1.00                        charge -1.00 | -8.00 + unlimited
            at 3d 10:00
            charge A 4.00                        charge -4.00 | -12.00 + unlimited
            receivables
              EUR vip      0d 5.00
              EUR vip      1d 3.00
              EUR vip      3d 4.00
            pay A 6.00 ref R1                    payment +6.00 | -6.00 + unlimited
            receivables
              EUR vip      1d 2.00
              EUR vip      3d 4.00
            customer Bob                         customer_created cus_2
            open B USD limit 9.00 of 2           account_opened 100000025 | 0.00 + 9.00 = 9.00
            charge B 9.00                        charge -9.00 | -9.00 + 9.00 = 0.00
            update 1 Ann group gone              customer_updated cus_1
            receivables
              EUR gone     1d 2.00
              EUR gone     3d 4.00
              USD -        3d 9.00
            pay A 7.00 ref R2                    payment +7.00 | 1.00 + unlimited
            charge A 2.00                        charge -2.00 | -1.00 + unlimited
            cancel R2                            payment_cancelled -7.00 | -8.00 + unlimited
            receivables
              EUR gone     3d 8.00
              USD -        3d 9.00
        "#]],
    );
}

#[test]
fn an_opening_debt_is_as_old_as_it_says() {
    check(
        "
        at 100d 00:00
        customer Ann
        open A EUR
        opening A -5.00 since 40
        opening A 1.00
        open B EUR
        opening B 7.50
        open C USD
        opening C -1.00 EUR
        opening C -1.00
        charge-after A 1.00
        receivables
        totals
        ",
        expect![[r#"
            at 100d 00:00
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            opening A -5.00 since 40             opening_balance -5.00 | -5.00 = -5.00
            opening A 1.00                       opening_balance_set account 1
            open B EUR                           account_opened 100000025 | 0.00 = 0.00
            opening B 7.50                       opening_balance +7.50 | 7.50 = 7.50
            open C USD                           account_opened 100000033 | 0.00 = 0.00
            opening C -1.00 EUR                  currency_mismatch actual EUR expected USD
            opening C -1.00                      opening_balance -1.00 | -1.00 = -1.00
            charge-after A 1.00                  charge -1.00 overrun 1.00 | -6.00 = -6.00
            receivables
              EUR -        40d 5.00
              EUR -        100d 1.00
              USD -        100d 1.00
            totals
              EUR accounts             1.50
              EUR opening              -2.50
              EUR revenue:internet     1.00
              USD accounts             -1.00
              USD opening              1.00
        "#]],
    );
}

#[test]
fn what_is_written_off_stays_collectable() {
    check(
        "
        customer Ann
        open A EUR
        write-off A
        charge-after A 9.00
        write-off A 10.00
        write-off A 4.00
        write-off A
        receivables
        show A
        recover A 10.00
        recover A 2.00
        receivables
        recover A
        recover A
        totals
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            write-off A                          more_than_owed owed 0.00 requested 0.00
            charge-after A 9.00                  charge -9.00 overrun 9.00 | -9.00 = -9.00
            write-off A 10.00                    more_than_owed owed 9.00 requested 10.00
            write-off A 4.00                     written_off +4.00 | -5.00 = -5.00
            write-off A                          written_off +5.00 | 0.00 = 0.00
            receivables
            show A                               | 0.00 = 0.00
            recover A 10.00                      more_than_owed owed 9.00 requested 10.00
            recover A 2.00                       write_off_recovered -2.00 | -2.00 = -2.00
            receivables
              EUR -        0d 2.00
            recover A                            write_off_recovered -7.00 | -9.00 = -9.00
            recover A                            more_than_owed owed 0.00 requested 0.00
            totals
              EUR accounts             -9.00
              EUR revenue:internet     9.00
        "#]],
    );
}

#[test]
fn thresholds_are_told_when_they_are_crossed() {
    check(
        "
        customer Ann
        open A EUR limit 100.00
        alert A low 5.00 low 1.00 owed 10.00
        pay A 6.00
        charge A 1.00
        charge A 0.01
        charge A 0.01
        charge A 15.00
        charge A 0.01
        pay A 100.00 ref R2
        charge A 99.00
        alert A
        charge A 99.00
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR limit 100.00              account_opened 100000017 | 0.00 + 100.00 = 100.00
            alert A low 5.00 low 1.00 owed 10.00 alerts_set | 0.00 + 100.00 = 100.00
            pay A 6.00                           payment +6.00 | 6.00 + 100.00 = 106.00
            charge A 1.00                        charge -1.00 | 5.00 + 100.00 = 105.00
            charge A 0.01
                charge -0.01 | 4.99 + 100.00 = 104.99
                balance_low 5.00 | 4.99 + 100.00 = 104.99
            charge A 0.01                        charge -0.01 | 4.98 + 100.00 = 104.98
            charge A 15.00
                charge -15.00 | -10.02 + 100.00 = 89.98
                balance_low 1.00 | -10.02 + 100.00 = 89.98
                receivable_over_limit 10.00 | -10.02 + 100.00 = 89.98
            charge A 0.01                        charge -0.01 | -10.03 + 100.00 = 89.97
            pay A 100.00 ref R2                  payment +100.00 | 89.97 + 100.00 = 189.97
            charge A 99.00
                charge -99.00 | -9.03 + 100.00 = 90.97
                balance_low 5.00 | -9.03 + 100.00 = 90.97
                balance_low 1.00 | -9.03 + 100.00 = 90.97
            alert A                              alerts_set | -9.03 + 100.00 = 90.97
            charge A 99.00                       insufficient_funds available 90.97 requested 99.00
        "#]],
    );
}

#[test]
fn what_is_written_off_can_be_counted() {
    check(
        "
        customer Ann
        open A EUR
        charge-after A 2305843009213.00
        write-off A
        charge-after A 1.00
        write-off A
        write-off A 0.50
        receivables
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            charge-after A 2305843009213.00
                charge -2305843009213.00 overrun 2305843009213.00
                  | -2305843009213.00 = -2305843009213.00
            write-off A                          written_off +2305843009213.00 | 0.00 = 0.00
            charge-after A 1.00                  charge -1.00 overrun 1.00 | -1.00 = -1.00
            write-off A                          amount_out_of_range
            write-off A 0.50                     written_off +0.50 | -0.50 = -0.50
            receivables
              EUR -        0d 0.50
        "#]],
    );
}
