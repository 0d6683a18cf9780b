//! Payments that fit no account: kept, found again, never refused.

use expect_test::expect;

use super::check;

#[test]
fn a_payment_that_fits_no_account_is_kept() {
    check(
        "
        customer Ann
        open A EUR
        pay =100000025 5.00 EUR ref R1
        pay A 5.00 USD ref R2
        open C EUR
        close C
        pay C 5.00 ref R3
        lock A
        pay A 5.00 ref R4
        totals
        unlock A
        allocate R1 A
        rate EUR USD 1.25
        allocate R2 A
        return R3
        lock A
        allocate R4 A
        unlock A
        allocate R4 A
        pay A 1.00 ref R6
        pay A 2305843009213.69 ref R7
        totals
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay =100000025 5.00 EUR ref R1       payment_unallocated 5.00 EUR account_unknown
            pay A 5.00 USD ref R2                payment_unallocated 5.00 USD no_exchange_rate
            open C EUR                           account_opened 100000025 | 0.00 = 0.00
            close C                              account_closed | 0.00 = 0.00
            pay C 5.00 ref R3                    payment_unallocated 5.00 EUR account_closed
            lock A                               payments_locked | 0.00 = 0.00
            pay A 5.00 ref R4                    payment_unallocated 5.00 EUR payments_locked
            totals
              EUR payments:cash        -15.00
              EUR unallocated          15.00
              USD payments:cash        -5.00
              USD unallocated          5.00
            unlock A                             payments_unlocked | 0.00 = 0.00
            allocate R1 A                        payment_allocated +5.00 | 5.00 = 5.00
            rate EUR USD 1.25                    exchange_rates_added
            allocate R2 A
                payment_allocated +4.00 for 5.00 USD by EUR/USD 1.25 | 9.00 = 9.00
            return R3                            payment_returned 5.00 EUR
            lock A                               payments_locked | 9.00 = 9.00
            allocate R4 A                        payments_locked account 1
            unlock A                             payments_unlocked | 9.00 = 9.00
            allocate R4 A                        payment_allocated +5.00 | 14.00 = 14.00
            pay A 1.00 ref R6                    payment +1.00 | 15.00 = 15.00
            pay A 2305843009213.69 ref R7
                payment_unallocated 2305843009213.69 EUR amount_out_of_range
            totals
              EUR accounts             15.00
              EUR exchange:USD         -4.00
              EUR payments:cash        -2305843009224.69
              EUR unallocated          2305843009213.69
              USD exchange:EUR         5.00
              USD payments:cash        -5.00
        "#]],
    );
}

#[test]
fn an_allocated_payment_keeps_promises_and_can_be_taken_back() {
    check(
        "
        customer Ann
        open A EUR
        policy EUR fixed 5.00
        promise A
        charge A 5.00
        pay =100000025 8.00 EUR ref R1
        allocate R1 A
        cancel R1
        show A
        totals
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            policy EUR fixed 5.00                promise_policy_set version 1
            promise A
                promise_granted crd_1-1 5.00 until 3d 00:00 | 0.00 + 5.00 = 5.00
            charge A 5.00                        charge -5.00 | -5.00 + 5.00 = 0.00
            pay =100000025 8.00 EUR ref R1       payment_unallocated 8.00 EUR account_unknown
            allocate R1 A
                payment_allocated +8.00 | 3.00 + 5.00 = 8.00
                promise_ended crd_1-1 5.00 paid 8.00 Repaid | 3.00 = 3.00
            cancel R1                            payment_cancelled -8.00 | -5.00 = -5.00
            show A                               | -5.00 = -5.00
            totals
              EUR accounts             -5.00
              EUR revenue:internet     5.00
        "#]],
    );
}
