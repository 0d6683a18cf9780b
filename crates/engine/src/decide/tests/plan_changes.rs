use expect_test::expect;

use super::check;

#[test]
fn a_plan_changes_now_with_credit_for_the_unused_part() {
    check(
        "
        customer Ann
        service net day 30.00 count 30 adapter edge sets down=50
        service fast day 60.00 count 30 adapter edge sets down=500
        open A EUR
        pay A 60.00
        subscribe A net known ann
        at 10d 12:00
        change-plan A/1 fast
        change-plan A/1 fast own 40.00
        at 40d 12:00
        fire
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net day 30.00 count 30 adapter edge sets down=50 service_set net v1
            service fast day 60.00 count 30 adapter edge sets down=500 service_set fast v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 60.00                          payment +60.00 | 60.00 = 60.00
            subscribe A net known ann
                subscription_opened sub_1-1 net v1 known as ann
                  | 60.00 = 60.00
                period_started -30.00 sub_1-1 v1 00:00 to 30d 00:00
                  | 30.00 = 30.00
                switched sub_1-1 net v1 on activated by edge down=50 known as ann
                  | 30.00 = 30.00
            at 10d 12:00
            change-plan A/1 fast                 insufficient_funds available 49.50 requested 60.00
            change-plan A/1 fast own 40.00
                plan_changed +19.50 sub_1-1 net to fast own price 40.00 | 49.50 = 49.50
                period_started -40.00 sub_1-1 v1 10d 12:00 to 40d 12:00 | 9.50 = 9.50
                switched sub_1-1 fast v1 on changed by edge down=500 known as ann | 9.50 = 9.50
            at 40d 12:00
              40d 12:00 period_ended sub_1-1 | 9.50 = 9.50
              40d 12:00 switched sub_1-1 fast v1 off period_unpaid by edge down=500 known as ann
                  | 9.50 = 9.50
            fire
        "#]],
    );
}

#[test]
fn nobody_loses_a_service_by_changing_it() {
    check(
        "
        customer Ann
        service net day 30.00 count 30
        service fast day 60.00 count 30
        service metered use byte 0.01
        service later day 30.00 count 30 postpaid
        open A EUR
        pay A 30.00 ref R1
        subscribe A net
        at 15d 00:00
        change-plan A/1 fast
        pay A 44.99 ref R2
        change-plan A/1 fast
        pay A 0.01 ref R3
        change-plan A/1 fast
        change-plan A/1 metered
        limit A 10.00
        change-plan A/1 later
        at 40d 00:00
        change-plan A/1 metered
        at 41d 00:00
        change-plan A/1 net at-end
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net day 30.00 count 30       service_set net v1
            service fast day 60.00 count 30      service_set fast v1
            service metered use byte 0.01        service_set metered v1
            service later day 30.00 count 30 postpaid service_set later v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 30.00 ref R1                   payment +30.00 | 30.00 = 30.00
            subscribe A net
                subscription_opened sub_1-1 net v1 | 30.00 = 30.00
                period_started -30.00 sub_1-1 v1 00:00 to 30d 00:00 | 0.00 = 0.00
                switched sub_1-1 net v1 on activated | 0.00 = 0.00
            at 15d 00:00
            change-plan A/1 fast                 insufficient_funds available 15.00 requested 60.00
            pay A 44.99 ref R2                   payment +44.99 | 44.99 = 44.99
            change-plan A/1 fast                 insufficient_funds available 59.99 requested 60.00
            pay A 0.01 ref R3                    payment +0.01 | 45.00 = 45.00
            change-plan A/1 fast
                plan_changed +15.00 sub_1-1 net to fast | 60.00 = 60.00
                period_started -60.00 sub_1-1 v1 15d 00:00 to 45d 00:00 | 0.00 = 0.00
                switched sub_1-1 fast v1 on changed | 0.00 = 0.00
            change-plan A/1 metered
                plan_changed +60.00 sub_1-1 fast to metered | 60.00 = 60.00
                switched sub_1-1 metered v1 on changed | 60.00 = 60.00
            limit A 10.00                        credit_limit_set | 60.00 + 10.00 = 70.00
            change-plan A/1 later
                plan_changed sub_1-1 metered to later
                  | 60.00 + 10.00 = 70.00
                period_started sub_1-1 v1 15d 00:00 to 45d 00:00 postpaid
                  | 60.00 + 10.00 = 70.00
                switched sub_1-1 later v1 on changed
                  | 60.00 + 10.00 = 70.00
            at 40d 00:00
            change-plan A/1 metered
                plan_changed -25.00 sub_1-1 later to metered | 35.00 + 10.00 = 45.00
                switched sub_1-1 metered v1 on changed | 35.00 + 10.00 = 45.00
            at 41d 00:00
            change-plan A/1 net at-end
                plan_changed sub_1-1 metered to net | 35.00 + 10.00 = 45.00
                period_started -30.00 sub_1-1 v1 41d 00:00 to 71d 00:00 | 5.00 + 10.00 = 15.00
                switched sub_1-1 net v1 on changed | 5.00 + 10.00 = 15.00
        "#]],
    );
}

#[test]
fn a_postpaid_plan_is_not_left_with_more_owed_than_the_limit() {
    check(
        "
        customer Ann
        service later day 30.00 count 30 postpaid
        service metered use byte 0.01
        open A EUR limit 10.00
        subscribe A later
        at 15d 00:00
        change-plan A/1 metered
        limit A 15.00
        change-plan A/1 metered
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service later day 30.00 count 30 postpaid service_set later v1
            service metered use byte 0.01        service_set metered v1
            open A EUR limit 10.00               account_opened 100000017 | 0.00 + 10.00 = 10.00
            subscribe A later
                subscription_opened sub_1-1 later v1 | 0.00 + 10.00 = 10.00
                period_started sub_1-1 v1 00:00 to 30d 00:00 postpaid | 0.00 + 10.00 = 10.00
                switched sub_1-1 later v1 on activated | 0.00 + 10.00 = 10.00
            at 15d 00:00
            change-plan A/1 metered              insufficient_funds available -5.00 requested 0.00
            limit A 15.00                        credit_limit_set | 0.00 + 15.00 = 15.00
            change-plan A/1 metered
                plan_changed -15.00 sub_1-1 later to metered | -15.00 + 15.00 = 0.00
                switched sub_1-1 metered v1 on changed | -15.00 + 15.00 = 0.00
        "#]],
    );
}

#[test]
fn a_plan_changes_with_the_period_in_one_command_to_the_network() {
    check(
        "
        customer Ann
        service net day 30.00 count 30 adapter edge sets down=50
        service fast day 40.00 count 30 adapter edge sets down=500
        open A EUR
        pay A 75.00
        subscribe A net known ann
        at 5d 00:00
        change-plan A/1 fast at-end
        at 30d 00:00
        fire
        change-plan A/1 net at-end
        change-plan A/1 fast at-end own 1.00
        at 60d 00:00
        fire
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net day 30.00 count 30 adapter edge sets down=50 service_set net v1
            service fast day 40.00 count 30 adapter edge sets down=500 service_set fast v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 75.00                          payment +75.00 | 75.00 = 75.00
            subscribe A net known ann
                subscription_opened sub_1-1 net v1 known as ann
                  | 75.00 = 75.00
                period_started -30.00 sub_1-1 v1 00:00 to 30d 00:00
                  | 45.00 = 45.00
                switched sub_1-1 net v1 on activated by edge down=50 known as ann
                  | 45.00 = 45.00
            at 5d 00:00
            change-plan A/1 fast at-end
                plan_changed sub_1-1 net to fast at the period's end | 45.00 = 45.00
            at 30d 00:00
              30d 00:00 period_ended sub_1-1 | 45.00 = 45.00
              30d 00:00 period_started -40.00 sub_1-1 v1 30d 00:00 to 60d 00:00 | 5.00 = 5.00
              30d 00:00 switched sub_1-1 fast v1 on changed by edge down=500 known as ann
                  | 5.00 = 5.00
            fire
            change-plan A/1 net at-end
                plan_changed sub_1-1 fast to net at the period's end | 5.00 = 5.00
            change-plan A/1 fast at-end own 1.00
                plan_changed sub_1-1 fast to fast own price 1.00 at the period's end | 5.00 = 5.00
            at 60d 00:00
              60d 00:00 period_ended sub_1-1 | 5.00 = 5.00
              60d 00:00 period_started -1.00 sub_1-1 v1 60d 00:00 to 90d 00:00 | 4.00 = 4.00
            fire
        "#]],
    );
}

#[test]
fn what_cannot_be_paid_goes_off_by_what_the_network_knows() {
    check(
        "
        customer Ann
        service net day 30.00 count 30 adapter edge sets down=50
        service net day 30.00 count 30 adapter edge sets down=60
        service fast day 40.00 count 30 adapter core sets down=500
        open A EUR
        pay A 65.00 ref R1
        subscribe A net known ann
        change-plan A/1 fast at-end
        at 30d 00:00
        fire
        pay A 10.00 ref R2
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net day 30.00 count 30 adapter edge sets down=50 service_set net v1
            service net day 30.00 count 30 adapter edge sets down=60 service_set net v2
            service fast day 40.00 count 30 adapter core sets down=500 service_set fast v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 65.00 ref R1                   payment +65.00 | 65.00 = 65.00
            subscribe A net known ann
                subscription_opened sub_1-1 net v2 known as ann
                  | 65.00 = 65.00
                period_started -30.00 sub_1-1 v2 00:00 to 30d 00:00
                  | 35.00 = 35.00
                switched sub_1-1 net v2 on activated by edge down=60 known as ann
                  | 35.00 = 35.00
            change-plan A/1 fast at-end
                plan_changed sub_1-1 net to fast at the period's end | 35.00 = 35.00
            at 30d 00:00
              30d 00:00 period_ended sub_1-1 | 35.00 = 35.00
              30d 00:00 switched sub_1-1 net v2 off period_unpaid by edge down=60 known as ann
                  | 35.00 = 35.00
            fire
            pay A 10.00 ref R2
                payment +10.00 | 45.00 = 45.00
                period_started -40.00 sub_1-1 v1 30d 00:00 to 60d 00:00 | 5.00 = 5.00
                switched sub_1-1 fast v1 on restored by core down=500 known as ann | 5.00 = 5.00
        "#]],
    );
}

#[test]
fn a_plan_that_waits_is_changed_without_money() {
    check(
        "
        customer Ann
        service net day 30.00 count 30
        service basic day 10.00 count 30
        open A EUR
        pay A 10.00
        subscribe A net
        change-plan A/1 basic at-end
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net day 30.00 count 30       service_set net v1
            service basic day 10.00 count 30     service_set basic v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 10.00                          payment +10.00 | 10.00 = 10.00
            subscribe A net                      subscription_opened sub_1-1 net v1 | 10.00 = 10.00
            change-plan A/1 basic at-end
                plan_changed sub_1-1 net to basic | 10.00 = 10.00
                period_started -10.00 sub_1-1 v1 00:00 to 30d 00:00 | 0.00 = 0.00
                switched sub_1-1 basic v1 on activated | 0.00 = 0.00
        "#]],
    );
}

#[test]
fn what_is_closed_goes_back_as_agreed() {
    check(
        "
        customer Ann
        service net day 30.00 count 30
        service kind day 30.00 count 30 refunds
        open A EUR
        pay A 120.00
        subscribe A net
        subscribe A net
        subscribe A kind
        subscribe A kind
        at 10d 00:00
        unsubscribe A/1
        unsubscribe A/2 refund
        unsubscribe A/3
        unsubscribe A/4 no-refund
        unsubscribe A/4
        show A
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net day 30.00 count 30       service_set net v1
            service kind day 30.00 count 30 refunds service_set kind v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 120.00                         payment +120.00 | 120.00 = 120.00
            subscribe A net
                subscription_opened sub_1-1 net v1 | 120.00 = 120.00
                period_started -30.00 sub_1-1 v1 00:00 to 30d 00:00 | 90.00 = 90.00
                switched sub_1-1 net v1 on activated | 90.00 = 90.00
            subscribe A net
                subscription_opened sub_1-2 net v1 | 90.00 = 90.00
                period_started -30.00 sub_1-2 v1 00:00 to 30d 00:00 | 60.00 = 60.00
                switched sub_1-2 net v1 on activated | 60.00 = 60.00
            subscribe A kind
                subscription_opened sub_1-3 kind v1 | 60.00 = 60.00
                period_started -30.00 sub_1-3 v1 00:00 to 30d 00:00 | 30.00 = 30.00
                switched sub_1-3 kind v1 on activated | 30.00 = 30.00
            subscribe A kind
                subscription_opened sub_1-4 kind v1 | 30.00 = 30.00
                period_started -30.00 sub_1-4 v1 00:00 to 30d 00:00 | 0.00 = 0.00
                switched sub_1-4 kind v1 on activated | 0.00 = 0.00
            at 10d 00:00
            unsubscribe A/1
                subscription_closed sub_1-1 | 0.00 = 0.00
                switched sub_1-1 net v1 off closed | 0.00 = 0.00
            unsubscribe A/2 refund
                subscription_closed +20.00 sub_1-2 | 20.00 = 20.00
                switched sub_1-2 net v1 off closed | 20.00 = 20.00
            unsubscribe A/3
                subscription_closed +20.00 sub_1-3 | 40.00 = 40.00
                switched sub_1-3 kind v1 off closed | 40.00 = 40.00
            unsubscribe A/4 no-refund
                subscription_closed sub_1-4 | 40.00 = 40.00
                switched sub_1-4 kind v1 off closed | 40.00 = 40.00
            unsubscribe A/4                      subscription_not_found subscription sub_1-4
            show A                               | 40.00 = 40.00
        "#]],
    );
}

#[test]
fn what_was_used_and_not_paid_is_charged_at_closing() {
    check(
        "
        customer Ann
        service later day 30.00 count 30 postpaid
        open A EUR
        pay A 5.00
        subscribe A later
        at 10d 00:00
        unsubscribe A/1
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service later day 30.00 count 30 postpaid service_set later v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 5.00                           payment +5.00 | 5.00 = 5.00
            subscribe A later
                subscription_opened sub_1-1 later v1 | 5.00 = 5.00
                period_started sub_1-1 v1 00:00 to 30d 00:00 postpaid | 5.00 = 5.00
                switched sub_1-1 later v1 on activated | 5.00 = 5.00
            at 10d 00:00
            unsubscribe A/1
                subscription_closed -10.00 sub_1-1 overrun 5.00 | -5.00 = -5.00
                switched sub_1-1 later v1 off closed | -5.00 = -5.00
        "#]],
    );
}

#[test]
fn a_price_of_ones_own_holds_from_the_next_period_on() {
    check(
        "
        customer Ann
        service net day 30.00 count 30
        open A EUR
        pay A 100.00
        subscribe A net own 20.00
        change A/1 own 25.00
        at 30d 00:00
        fire
        change A/1 own none
        at 60d 00:00
        fire
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net day 30.00 count 30       service_set net v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 100.00                         payment +100.00 | 100.00 = 100.00
            subscribe A net own 20.00
                subscription_opened sub_1-1 net v1 own price 20.00 | 100.00 = 100.00
                period_started -20.00 sub_1-1 v1 00:00 to 30d 00:00 | 80.00 = 80.00
                switched sub_1-1 net v1 on activated | 80.00 = 80.00
            change A/1 own 25.00
                subscription_changed sub_1-1 own price 25.00 | 80.00 = 80.00
            at 30d 00:00
              30d 00:00 period_started -25.00 sub_1-1 v1 30d 00:00 to 60d 00:00 | 55.00 = 55.00
            fire
            change A/1 own none
                subscription_changed sub_1-1 no own price | 55.00 = 55.00
            at 60d 00:00
              60d 00:00 period_started -30.00 sub_1-1 v1 60d 00:00 to 90d 00:00 | 25.00 = 25.00
            fire
        "#]],
    );
}

#[test]
fn free_units_of_the_plan_before_are_kept_by_whom_they_were_granted_to() {
    check(
        "
        customer Ann
        service talk day 10.00 count 30 use second 0.01 free 100
        service chat day 10.00 count 30 use second 0.02 free 50
        open A EUR
        pay A 30.00
        subscribe A talk
        authorise-use A/1 S1 60 #1
        change-plan A/1 chat
        settle-use S1 total 60 #2 next 60
        settle-use S1 total 90 #3 final
        authorise-use A/1 S2 60 #1
        unsubscribe A/1
        settle-use S2 total 60 #2 next 10
        settle-use S2 total 61 #3 final
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service talk day 10.00 count 30 use second 0.01 free 100 service_set talk v1
            service chat day 10.00 count 30 use second 0.02 free 50 service_set chat v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 30.00                          payment +30.00 | 30.00 = 30.00
            subscribe A talk
                subscription_opened sub_1-1 talk v1 | 30.00 = 30.00
                period_started -10.00 sub_1-1 v1 00:00 to 30d 00:00 100 free | 20.00 = 20.00
                switched sub_1-1 talk v1 on activated | 20.00 = 20.00
            authorise-use A/1 S1 60 #1
                authorised #1 0.00 until 01:00 60 of 60, 60 free | 20.00 = 20.00
            change-plan A/1 chat
                plan_changed +10.00 sub_1-1 talk to chat | 30.00 = 30.00
                period_started -10.00 sub_1-1 v1 00:00 to 30d 00:00 50 free | 20.00 = 20.00
                switched sub_1-1 chat v1 on changed | 20.00 = 20.00
            settle-use S1 total 60 #2 next 60
                settled #1 next 0.60 until 01:00 used 60 billed 60 free 60 next 60 of 60
                  | 20.00 - 0.60 = 19.40
            settle-use S1 total 90 #3 final
                settled_final -0.30 #1 used 90 billed 90 0.0:30 | 19.70 = 19.70
            authorise-use A/1 S2 60 #1
                authorised #2 0.20 until 01:00 60 of 60, 50 free | 19.70 - 0.20 = 19.50
            unsubscribe A/1
                subscription_closed sub_1-1 | 19.70 - 0.20 = 19.50
                switched sub_1-1 chat v1 off closed | 19.70 - 0.20 = 19.50
            settle-use S2 total 60 #2 next 10
                settled -0.20 #2 no next
                  because subscription_not_found subscription chat of acc_1 used 60 billed 60
                  free 50 0.0:10 next 0 of 10
                  | 19.50 = 19.50
            settle-use S2 total 61 #3 final
                settled_final -0.02 #2 overrun 0.02 used 61 billed 61 0.0:1 | 19.48 = 19.48
        "#]],
    );
}

#[test]
fn what_comes_back_of_a_plan_pays_for_the_next_one_first() {
    check(
        "
        customer Ann
        service net day 10.00 count 30
        service fast day 10.00 count 30
        service tv day 8.00 count 30
        open A EUR
        pay A 10.00
        subscribe A net priority 5
        subscribe A tv priority 1
        change-plan A/1 fast
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net day 10.00 count 30       service_set net v1
            service fast day 10.00 count 30      service_set fast v1
            service tv day 8.00 count 30         service_set tv v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 10.00                          payment +10.00 | 10.00 = 10.00
            subscribe A net priority 5
                subscription_opened sub_1-1 net v1 | 10.00 = 10.00
                period_started -10.00 sub_1-1 v1 00:00 to 30d 00:00 | 0.00 = 0.00
                switched sub_1-1 net v1 on activated | 0.00 = 0.00
            subscribe A tv priority 1            subscription_opened sub_1-2 tv v1 | 0.00 = 0.00
            change-plan A/1 fast
                plan_changed +10.00 sub_1-1 net to fast | 10.00 = 10.00
                period_started -10.00 sub_1-1 v1 00:00 to 30d 00:00 | 0.00 = 0.00
                switched sub_1-1 fast v1 on changed | 0.00 = 0.00
        "#]],
    );
}
