use expect_test::expect;

use super::check;

#[test]
fn a_service_is_on_while_its_period_is_paid() {
    check(
        "
        customer Ann
        service net month 29.00 adapter edge sets down=100
        open A EUR
        subscribe A net known ann
        pay A 28.99 ref R1
        pay A 0.01 ref R2
        at 31d 00:00
        fire
        pay A 29.00 ref R3
        charge-after A 0.01
        pay A 0.01 ref R4
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net month 29.00 adapter edge sets down=100 service_set net v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            subscribe A net known ann
                subscription_opened sub_1-1 net v1 known as ann | 0.00 = 0.00
            pay A 28.99 ref R1                   payment +28.99 | 28.99 = 28.99
            pay A 0.01 ref R2
                payment +0.01 | 29.00 = 29.00
                period_started -29.00 sub_1-1 v1 00:00 to 31d 00:00 | 0.00 = 0.00
                switched sub_1-1 net v1 on activated by edge down=100 known as ann | 0.00 = 0.00
            at 31d 00:00
              31d 00:00 period_ended sub_1-1 | 0.00 = 0.00
              31d 00:00 switched sub_1-1 net v1 off period_unpaid by edge down=100 known as ann
                  | 0.00 = 0.00
            fire
            pay A 29.00 ref R3
                payment +29.00 | 29.00 = 29.00
                period_started -29.00 sub_1-1 v1 31d 00:00 to 59d 00:00 | 0.00 = 0.00
                switched sub_1-1 net v1 on restored by edge down=100 known as ann | 0.00 = 0.00
            charge-after A 0.01
                charge -0.01 overrun 0.01
                  | -0.01 = -0.01
                switched sub_1-1 net v1 off funds_low by edge down=100 known as ann
                  | -0.01 = -0.01
            pay A 0.01 ref R4
                payment +0.01 | 0.00 = 0.00
                switched sub_1-1 net v1 on restored by edge down=100 known as ann | 0.00 = 0.00
        "#]],
    );
}

#[test]
fn charges_payments_and_limits_switch_in_their_own_batch() {
    check(
        "
        at 10:00
        customer Ann
        service web use byte 0.00
        open A EUR
        subscribe A web
        charge-after A 3.00
        pay A 3.00 ref R1
        cancel R1
        limit A 3.00
        limit A 0.00
        credit A 3.00 until 12:00
        at 12:00
        fire
        adjust A 3.00 goodwill
        ",
        expect![[r#"
            at 10:00
            customer Ann                         customer_created cus_1
            service web use byte 0.00            service_set web v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            subscribe A web
                subscription_opened sub_1-1 web v1 | 0.00 = 0.00
                switched sub_1-1 web v1 on activated | 0.00 = 0.00
            charge-after A 3.00
                charge -3.00 overrun 3.00 | -3.00 = -3.00
                switched sub_1-1 web v1 off funds_low | -3.00 = -3.00
            pay A 3.00 ref R1
                payment +3.00 | 0.00 = 0.00
                switched sub_1-1 web v1 on restored | 0.00 = 0.00
            cancel R1
                payment_cancelled -3.00 | -3.00 = -3.00
                switched sub_1-1 web v1 off funds_low | -3.00 = -3.00
            limit A 3.00
                credit_limit_set | -3.00 + 3.00 = 0.00
                switched sub_1-1 web v1 on restored | -3.00 + 3.00 = 0.00
            limit A 0.00
                credit_limit_set | -3.00 = -3.00
                switched sub_1-1 web v1 off funds_low | -3.00 = -3.00
            credit A 3.00 until 12:00
                credit_granted crd_1-1 3.00 until 12:00 | -3.00 + 3.00 = 0.00
                switched sub_1-1 web v1 on restored | -3.00 + 3.00 = 0.00
            at 12:00
              12:00 credit_ended crd_1-1 3.00 Expired | -3.00 = -3.00
              12:00 switched sub_1-1 web v1 off funds_low | -3.00 = -3.00
            fire
            adjust A 3.00 goodwill
                adjustment +3.00 | 0.00 = 0.00
                switched sub_1-1 web v1 on restored | 0.00 = 0.00
        "#]],
    );
}

#[test]
fn promises_holds_and_people_switch_in_their_own_batch() {
    check(
        "
        at 10:00
        customer Ann
        policy EUR fixed 3.00 hours 2
        service web use byte 0.00
        open A EUR
        subscribe A web
        charge-after A 3.00
        promise A
        at 12:00
        fire
        limit A 5.00
        authorise A S1 2.00 #1 for 30m
        limit A 4.00
        at 12:30
        fire
        suspend A/1
        resume A/1
        suspend A/1 staff
        unsubscribe A/1
        ",
        expect![[r#"
            at 10:00
            customer Ann                         customer_created cus_1
            policy EUR fixed 3.00 hours 2        promise_policy_set version 1
            service web use byte 0.00            service_set web v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            subscribe A web
                subscription_opened sub_1-1 web v1 | 0.00 = 0.00
                switched sub_1-1 web v1 on activated | 0.00 = 0.00
            charge-after A 3.00
                charge -3.00 overrun 3.00 | -3.00 = -3.00
                switched sub_1-1 web v1 off funds_low | -3.00 = -3.00
            promise A
                promise_granted crd_1-1 3.00 until 12:00 | -3.00 + 3.00 = 0.00
                switched sub_1-1 web v1 on restored | -3.00 + 3.00 = 0.00
            at 12:00
              12:00 promise_ended crd_1-1 3.00 paid 0.00 Expired | -3.00 = -3.00
              12:00 switched sub_1-1 web v1 off funds_low | -3.00 = -3.00
            fire
            limit A 5.00
                credit_limit_set | -3.00 + 5.00 = 2.00
                switched sub_1-1 web v1 on restored | -3.00 + 5.00 = 2.00
            authorise A S1 2.00 #1 for 30m
                authorised #1 2.00 until 12:30 | -3.00 + 5.00 - 2.00 = 0.00
            limit A 4.00
                credit_limit_set | -3.00 + 4.00 - 2.00 = -1.00
                switched sub_1-1 web v1 off funds_low | -3.00 + 4.00 - 2.00 = -1.00
            at 12:30
              12:30 reservation_expired #1 | -3.00 + 4.00 = 1.00
              12:30 switched sub_1-1 web v1 on restored | -3.00 + 4.00 = 1.00
            fire
            suspend A/1
                subscription_suspended sub_1-1 by the customer | -3.00 + 4.00 = 1.00
                switched sub_1-1 web v1 off suspended_by_customer | -3.00 + 4.00 = 1.00
            resume A/1
                subscription_resumed sub_1-1 | -3.00 + 4.00 = 1.00
                switched sub_1-1 web v1 on restored | -3.00 + 4.00 = 1.00
            suspend A/1 staff
                subscription_suspended sub_1-1 by staff | -3.00 + 4.00 = 1.00
                switched sub_1-1 web v1 off suspended_by_staff | -3.00 + 4.00 = 1.00
            unsubscribe A/1                      subscription_closed sub_1-1 | -3.00 + 4.00 = 1.00
        "#]],
    );
}

#[test]
fn a_ceiling_and_a_revoked_limit_switch_too() {
    check(
        "
        at 10:00
        customer Ann
        service web use byte 0.00
        open A EUR limit 5.00
        open B EUR
        pay B 5.00
        subscribe A web
        charge-after A 5.00
        ceiling A 4.99
        ceiling A none
        limit A 0.00
        credit A 5.00 until 12:00
        revoke A/1
        transfer B A 4.99 EUR
        transfer B A 0.01 EUR
        ",
        expect![[r#"
            at 10:00
            customer Ann                         customer_created cus_1
            service web use byte 0.00            service_set web v1
            open A EUR limit 5.00                account_opened 100000017 | 0.00 + 5.00 = 5.00
            open B EUR                           account_opened 100000025 | 0.00 = 0.00
            pay B 5.00                           payment +5.00 | 5.00 = 5.00
            subscribe A web
                subscription_opened sub_1-1 web v1 | 0.00 + 5.00 = 5.00
                switched sub_1-1 web v1 on activated | 0.00 + 5.00 = 5.00
            charge-after A 5.00                  charge -5.00 | -5.00 + 5.00 = 0.00
            ceiling A 4.99
                credit_ceiling_set | -5.00 + 4.99 = -0.01
                switched sub_1-1 web v1 off funds_low | -5.00 + 4.99 = -0.01
            ceiling A none
                credit_ceiling_set | -5.00 + 5.00 = 0.00
                switched sub_1-1 web v1 on restored | -5.00 + 5.00 = 0.00
            limit A 0.00
                credit_limit_set | -5.00 = -5.00
                switched sub_1-1 web v1 off funds_low | -5.00 = -5.00
            credit A 5.00 until 12:00
                credit_granted crd_1-1 5.00 until 12:00 | -5.00 + 5.00 = 0.00
                switched sub_1-1 web v1 on restored | -5.00 + 5.00 = 0.00
            revoke A/1
                credit_ended crd_1-1 5.00 Revoked | -5.00 = -5.00
                switched sub_1-1 web v1 off funds_low | -5.00 = -5.00
            transfer B A 4.99 EUR
                transfer_out -4.99 | 0.01 = 0.01
                transfer_in +4.99 | -0.01 = -0.01
            transfer B A 0.01 EUR
                transfer_out -0.01 | 0.00 = 0.00
                transfer_in +0.01 | 0.00 = 0.00
                switched sub_1-1 web v1 on restored | 0.00 = 0.00
        "#]],
    );
}

#[test]
fn waiting_services_come_back_by_priority_in_the_payments_own_batch() {
    check(
        "
        customer Ann
        service phone month 10.00
        service net month 20.00
        service tv month 5.00
        open A EUR
        subscribe A tv priority 3
        subscribe A net priority 2
        subscribe A phone priority 1
        pay A 30.00 ref R1
        pay A 4.99 ref R2
        pay A 0.01 ref R3
        at 31d 00:00
        pay A 16.00 ref R4
        pay A 19.00 ref R5
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service phone month 10.00            service_set phone v1
            service net month 20.00              service_set net v1
            service tv month 5.00                service_set tv v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            subscribe A tv priority 3            subscription_opened sub_1-1 tv v1 | 0.00 = 0.00
            subscribe A net priority 2           subscription_opened sub_1-2 net v1 | 0.00 = 0.00
            subscribe A phone priority 1         subscription_opened sub_1-3 phone v1 | 0.00 = 0.00
            pay A 30.00 ref R1
                payment +30.00 | 30.00 = 30.00
                period_started -10.00 sub_1-3 v1 00:00 to 31d 00:00 | 20.00 = 20.00
                period_started -20.00 sub_1-2 v1 00:00 to 31d 00:00 | 0.00 = 0.00
                switched sub_1-3 phone v1 on activated | 0.00 = 0.00
                switched sub_1-2 net v1 on activated | 0.00 = 0.00
            pay A 4.99 ref R2                    payment +4.99 | 4.99 = 4.99
            pay A 0.01 ref R3
                payment +0.01 | 5.00 = 5.00
                period_started -5.00 sub_1-1 v1 00:00 to 31d 00:00 | 0.00 = 0.00
                switched sub_1-1 tv v1 on activated | 0.00 = 0.00
            at 31d 00:00
              31d 00:00 period_ended sub_1-3 | 0.00 = 0.00
              31d 00:00 period_ended sub_1-2 | 0.00 = 0.00
              31d 00:00 period_ended sub_1-1 | 0.00 = 0.00
              31d 00:00 switched sub_1-1 tv v1 off period_unpaid | 0.00 = 0.00
              31d 00:00 switched sub_1-2 net v1 off period_unpaid | 0.00 = 0.00
              31d 00:00 switched sub_1-3 phone v1 off period_unpaid | 0.00 = 0.00
            pay A 16.00 ref R4
                payment +16.00 | 16.00 = 16.00
                period_started -10.00 sub_1-3 v1 31d 00:00 to 59d 00:00 | 6.00 = 6.00
                period_started -5.00 sub_1-1 v1 31d 00:00 to 59d 00:00 | 1.00 = 1.00
                switched sub_1-3 phone v1 on restored | 1.00 = 1.00
                switched sub_1-1 tv v1 on restored | 1.00 = 1.00
            pay A 19.00 ref R5
                payment +19.00 | 20.00 = 20.00
                period_started -20.00 sub_1-2 v1 31d 00:00 to 59d 00:00 | 0.00 = 0.00
                switched sub_1-2 net v1 on restored | 0.00 = 0.00
        "#]],
    );
}

#[test]
fn debt_on_one_account_never_touches_services_on_another() {
    check(
        "
        customer Ann
        service net month 29.00
        service tv month 9.00
        open A EUR
        open B EUR
        pay A 29.00 ref R1
        pay B 9.00 ref R2
        subscribe A net
        subscribe B tv
        charge-after B 0.01
        show A
        at 31d 00:00
        pay B 9.01 ref R3
        fire
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net month 29.00              service_set net v1
            service tv month 9.00                service_set tv v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            open B EUR                           account_opened 100000025 | 0.00 = 0.00
            pay A 29.00 ref R1                   payment +29.00 | 29.00 = 29.00
            pay B 9.00 ref R2                    payment +9.00 | 9.00 = 9.00
            subscribe A net
                subscription_opened sub_1-1 net v1 | 29.00 = 29.00
                period_started -29.00 sub_1-1 v1 00:00 to 31d 00:00 | 0.00 = 0.00
                switched sub_1-1 net v1 on activated | 0.00 = 0.00
            subscribe B tv
                subscription_opened sub_2-1 tv v1 | 9.00 = 9.00
                period_started -9.00 sub_2-1 v1 00:00 to 31d 00:00 | 0.00 = 0.00
                switched sub_2-1 tv v1 on activated | 0.00 = 0.00
            charge-after B 0.01
                charge -0.01 overrun 0.01 | -0.01 = -0.01
                switched sub_2-1 tv v1 off funds_low | -0.01 = -0.01
            show A                               | 0.00 = 0.00
            at 31d 00:00
              31d 00:00 period_ended sub_2-1 | -0.01 = -0.01
            pay B 9.01 ref R3
                payment +9.01 | 9.00 = 9.00
                period_started -9.00 sub_2-1 v1 31d 00:00 to 59d 00:00 | 0.00 = 0.00
                switched sub_2-1 tv v1 on restored | 0.00 = 0.00
              31d 00:00 period_ended sub_1-1 | 0.00 = 0.00
              31d 00:00 switched sub_1-1 net v1 off period_unpaid | 0.00 = 0.00
            fire
        "#]],
    );
}

#[test]
fn exactly_zero_is_enough_and_a_ten_thousandth_of_a_cent_below_is_not() {
    check(
        "
        customer Ann
        service web use byte 0.000001
        open A EUR
        pay A 0.01 ref R1
        subscribe A web
        authorise-use A/1 S1 10000 #1
        settle-use S1 total 10000 #2
        settle-use S1 total 10001 #3
        show A
        pay A 0.01 ref R2
        settle-use S1 total 20000 #4 final
        show A
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service web use byte 0.000001        service_set web v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 0.01 ref R1                    payment +0.01 | 0.01 = 0.01
            subscribe A web
                subscription_opened sub_1-1 web v1 | 0.01 = 0.01
                switched sub_1-1 web v1 on activated | 0.01 = 0.01
            authorise-use A/1 S1 10000 #1
                authorised #1 0.01 until 01:00 10000 of 10000 | 0.01 - 0.01 = 0.00
            settle-use S1 total 10000 #2
                settled -0.01 #1 kept 0.00 used 10000 billed 10000 0.0:10000 | 0.00 = 0.00
            settle-use S1 total 10001 #3
                settled -0.000001 #1 kept 0.00 overrun 0.000001 used 10001 billed 10001 0.0:1
                  | -0.000001 = -0.000001
                switched sub_1-1 web v1 off funds_low
                  | -0.000001 = -0.000001
            show A                               | -0.000001 = -0.000001
            pay A 0.01 ref R2
                payment +0.01 | 0.009999 = 0.009999
                switched sub_1-1 web v1 on restored | 0.009999 = 0.009999
            settle-use S1 total 20000 #4 final
                settled_final -0.009999 #1 overrun 0.009999 used 20000 billed 20000 0.0:9999
                  | 0.00 = 0.00
            show A                               | 0.00 = 0.00
        "#]],
    );
}
