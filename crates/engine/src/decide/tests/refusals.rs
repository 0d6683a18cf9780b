use expect_test::expect;

use super::check;
use super::scenario::Scenario;
use crate::REFUSAL_CODES;

/// Not here: the caller of the engine raises them, who alone looks payments up and reads answers
/// back from the journal.
const RAISED_BY_THE_CALLER: [&str; 3] =
    ["payment_not_found", "request_reused", "request_out_of_order"];

/// It takes 67 million accounts to come to it.
const OUT_OF_REACH: &str = "shard_full";

/// Those of services and their use; they have a page of their own.
pub const OF_SERVICES: [&str; 13] = [
    "service_not_found",
    "subscription_not_found",
    "account_has_subscriptions",
    "service_invalid",
    "service_withdrawn",
    "service_unfit",
    "subject_taken",
    "subscription_suspended",
    "suspended_by_staff",
    "suspension_ends_in_past",
    "use_went_back",
    "destination_not_served",
    "subscription_off",
];

const BEFORE: &str = "
    customer Ann
    open C EUR
    close C
    open A EUR number 4711
    open U USD
    policy EUR from 1.00 max 9.00 holds-plan
    pay A 1.00
    authorise A S1 1.00
    authorise A S2 1.00 #1
    open B EUR ceiling 20.00
    pay B 1.00 ref R1
    refund R1 0.50 cap 0.00
    promise B 9.00
    opening B 0.00
    authorise B S3 1.00 #1
    release S3 #2
    open L EUR
    lock L
    pay L 1.00 ref R2
    limit U 1.00
    open M EUR
    adjust M 2305843009213.69 goodwill
    ";

/// One line for each refusal.
const EVERY_REFUSAL: &str = "
    open D EUR of 9
    charge =100000018 1.00
    release @1/1
    revoke A/7
    approve A/7
    promise U
    charge C 1.00
    close A
    allocate R2 L
    open D EUR number 4711
    opening B 1.00
    plan B none
    approve B/1
    transfer A A 1.00 EUR
    transfer A B 1.00 USD
    promise A 9.00 over agent
    credit A 1.00 until 00:00
    authorise B S3 1.00 #3
    authorise A S1 1.00
    charge A 1.00 USD
    adjust M 0.01 goodwill
    limit B 11.01
    refund R1 0.60
    write-off A
    promise A 0.50
    charge L 1.01
    ";

#[test]
fn every_refusal_in_the_order_of_precedence() {
    check(
        &[BEFORE, EVERY_REFUSAL].concat(),
        expect![[r#"
            customer Ann                         customer_created cus_1
            open C EUR                           account_opened 100000017 | 0.00 = 0.00
            close C                              account_closed | 0.00 = 0.00
            open A EUR number 4711               account_opened 4711 | 0.00 = 0.00
            open U USD                           account_opened 100000025 | 0.00 = 0.00
            policy EUR from 1.00 max 9.00 holds-plan promise_policy_set version 1
            pay A 1.00                           payment +1.00 | 1.00 = 1.00
            authorise A S1 1.00                  authorised #1 1.00 until 01:00 | 1.00 - 1.00 = 0.00
            authorise A S2 1.00 #1
                refused #2 insufficient_funds available 0.00 requested 1.00 | 1.00 - 1.00 = 0.00
            open B EUR ceiling 20.00             account_opened 100000033 | 0.00 = 0.00
            pay B 1.00 ref R1                    payment +1.00 | 1.00 = 1.00
            refund R1 0.50 cap 0.00              refund_requested rfd_4-1 0.50 | 1.00 = 1.00
            promise B 9.00
                promise_granted crd_4-1 9.00 until 3d 00:00 | 1.00 + 9.00 = 10.00
            opening B 0.00                       opening_balance | 1.00 + 9.00 = 10.00
            authorise B S3 1.00 #1
                authorised #1 1.00 until 01:00 | 1.00 + 9.00 - 1.00 = 9.00
            release S3 #2                        released #1 | 1.00 + 9.00 = 10.00
            open L EUR                           account_opened 100000041 | 0.00 = 0.00
            lock L                               payments_locked | 0.00 = 0.00
            pay L 1.00 ref R2                    payment_unallocated 1.00 EUR payments_locked
            limit U 1.00                         credit_limit_set | 0.00 + 1.00 = 1.00
            open M EUR                           account_opened 100000058 | 0.00 = 0.00
            adjust M 2305843009213.69 goodwill
                adjustment +2305843009213.69 | 2305843009213.69 = 2305843009213.69
            open D EUR of 9                      customer_not_found customer 9
            charge =100000018 1.00
                account_not_found account 100000018 check_digit_wrong true
            release @1/1                         reservation_not_found reservation res_1-1
            revoke A/7                           credit_not_found credit crd_2-7
            approve A/7                          refund_not_found refund rfd_2-7
            promise U                            no_promise_policy group null
            charge C 1.00                        account_closed account 1
            close A                              account_not_empty balance 1.00 held 1.00
            allocate R2 L                        payments_locked account 5
            open D EUR number 4711               account_number_taken number 4711
            opening B 1.00                       opening_balance_set account 4
            plan B none                          plan_held until 3d 00:00
            approve B/1                          second_person_needed requested_by anna
            transfer A A 1.00 EUR                same_account account 2
            transfer A B 1.00 USD                currency_mismatch actual USD expected EUR
            promise A 9.00 over agent
                override_not_allowed amount_max 0.00 hours 72 hours_max 0 requested 9.00 role agent
            credit A 1.00 until 00:00            credit_ends_in_past now 00:00 until 00:00
            authorise B S3 1.00 #3               session_ended reservation res_4-1
            authorise A S1 1.00                  session_open reservation res_2-1
            charge A 1.00 USD                    no_exchange_rate at 00:00 from USD to EUR
            adjust M 0.01 goodwill               amount_out_of_range
            limit B 11.01
                credit_ceiling_exceeded ceiling 20.00 requested 20.01
            refund R1 0.60                       payment_reversed left 0.50 requested 0.60
            write-off A                          more_than_owed owed 0.00 requested 0.00
            promise A 0.50
                promise_not_possible
                amount: limit 1.00, actual 0.50: ask 1.00 to 9.00
            charge L 1.01                        insufficient_funds available 0.00 requested 1.01
        "#]],
    );
}

#[test]
fn no_refusal_is_left_out() {
    let mut scenario = Scenario::default();
    let lines = |it: &'static str| it.lines().map(str::trim).filter(|it| !it.is_empty());
    for line in lines(BEFORE).chain(lines(EVERY_REFUSAL)) {
        scenario.line(line);
    }
    let done = lines(BEFORE).count();
    let codes: Vec<_> = scenario.codes.iter().flatten().copied().collect();
    assert!(scenario.codes[..done].iter().all(Option::is_none));
    let expected = REFUSAL_CODES.into_iter();
    let elsewhere = |it: &&str| RAISED_BY_THE_CALLER.contains(it) || OF_SERVICES.contains(it);
    let elsewhere = |it: &&str| elsewhere(it) || *it == OUT_OF_REACH;
    let expected = expected.filter(|it| !elsewhere(it));
    assert_eq!(codes, expected.collect::<Vec<_>>());
}

#[test]
fn of_several_refusals_the_first_of_the_order_is_given() {
    check(
        "
        customer Ann
        open A EUR number 1
        open B EUR ceiling 1.00
        open C EUR
        close C

        open D EUR of 9 number 1 limit 2.00 ceiling 1.00
        open D EUR number 1 limit 2.00 ceiling 1.00
        transfer C @9 1.00 GBP
        transfer C C 1.00 GBP
        transfer A C 1.00 USD
        transfer A A 1.00 USD
        transfer A B 1.00 USD
        revoke C/1
        credit C 1.00 until 00:00
        credit B 9.00 until 00:00
        charge C 1.00 USD
        charge A 1.00 USD
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR number 1                  account_opened 1 | 0.00 = 0.00
            open B EUR ceiling 1.00              account_opened 100000017 | 0.00 = 0.00
            open C EUR                           account_opened 100000025 | 0.00 = 0.00
            close C                              account_closed | 0.00 = 0.00
            open D EUR of 9 number 1 limit 2.00 ceiling 1.00 customer_not_found customer 9
            open D EUR number 1 limit 2.00 ceiling 1.00 account_number_taken number 1
            transfer C @9 1.00 GBP
                account_not_found account acc_9 check_digit_wrong false
            transfer C C 1.00 GBP                account_closed account 3
            transfer A C 1.00 USD                account_closed account 3
            transfer A A 1.00 USD                same_account account 1
            transfer A B 1.00 USD                currency_mismatch actual USD expected EUR
            revoke C/1                           credit_not_found credit crd_3-1
            credit C 1.00 until 00:00            account_closed account 3
            credit B 9.00 until 00:00            credit_ends_in_past now 00:00 until 00:00
            charge C 1.00 USD                    account_closed account 3
            charge A 1.00 USD                    no_exchange_rate at 00:00 from USD to EUR
        "#]],
    );
}

#[test]
fn money_of_a_session_or_a_limit_is_in_the_accounts_currency() {
    check(
        "
        customer Ann
        open A EUR
        pay A 5.00
        limit A 1.00 USD
        limit A unlimited
        limit A 0.00
        ceiling A 1.00 USD
        credit A 1.00 until 12:00 USD
        authorise A S1 1.00 USD #1
        authorise A S1 1.00 #1
        settle S1 1.00 USD #2
        authorise A S1 1.00 USD #1
        settle S1 1.00 #2 final
        settle S1 1.00 USD #3
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 5.00                           payment +5.00 | 5.00 = 5.00
            limit A 1.00 USD                     currency_mismatch actual USD expected EUR
            limit A unlimited                    credit_limit_set | 5.00 + unlimited
            limit A 0.00                         credit_limit_set | 5.00 = 5.00
            ceiling A 1.00 USD                   currency_mismatch actual USD expected EUR
            credit A 1.00 until 12:00 USD        currency_mismatch actual USD expected EUR
            authorise A S1 1.00 USD #1           currency_mismatch actual USD expected EUR
            authorise A S1 1.00 #1               authorised #1 1.00 until 01:00 | 5.00 - 1.00 = 4.00
            settle S1 1.00 USD #2                currency_mismatch actual USD expected EUR
            authorise A S1 1.00 USD #1
                as before: authorised #1 1.00 until 01:00 | 5.00 - 1.00 = 4.00
            settle S1 1.00 #2 final              settled_final -1.00 #1 | 4.00 = 4.00
            settle S1 1.00 USD #3                currency_mismatch actual USD expected EUR
        "#]],
    );
}

#[test]
fn what_does_not_fit_is_refused_and_never_wraps() {
    check(
        "
        customer Ann
        open A EUR
        pay A 2305843009213.69
        pay A 2305843009213.69 ref R2
        pay A 0.01 ref R3
        adjust A 0.01 goodwill
        charge A 2305843009213.69
        adjust A -2305843009213.69 mistake
        adjust A -0.01 mistake
        charge-after A 0.01
        charge A 0.01
        limit A 2305843009213.69
        credit A 0.01 until 12:00
        authorise A S1 0.01 #1
        show A
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 2305843009213.69
                payment +2305843009213.69 | 2305843009213.69 = 2305843009213.69
            pay A 2305843009213.69 ref R2
                payment_unallocated 2305843009213.69 EUR amount_out_of_range
            pay A 0.01 ref R3                    payment_unallocated 0.01 EUR amount_out_of_range
            adjust A 0.01 goodwill               amount_out_of_range
            charge A 2305843009213.69            charge -2305843009213.69 | 0.00 = 0.00
            adjust A -2305843009213.69 mistake
                adjustment -2305843009213.69 | -2305843009213.69 = -2305843009213.69
            adjust A -0.01 mistake               amount_out_of_range
            charge-after A 0.01                  amount_out_of_range
            charge A 0.01                        amount_out_of_range
            limit A 2305843009213.69
                credit_limit_set | -2305843009213.69 + 2305843009213.69 = 0.00
            credit A 0.01 until 12:00            amount_out_of_range
            authorise A S1 0.01 #1
                refused #1 insufficient_funds available 0.00 requested 0.01
                  | -2305843009213.69 + 2305843009213.69 = 0.00
            show A                               | -2305843009213.69 + 2305843009213.69 = 0.00
        "#]],
    );
}
