use expect_test::expect;

use super::check;

#[test]
fn a_plan_change_to_another_adapter_is_told_to_both() {
    check(
        "
        customer Ann
        service net day 30.00 count 30 adapter edge sets down=50 off pauses
        service fast day 60.00 count 30 adapter core sets down=500 off pauses
        open A EUR
        pay A 100.00
        subscribe A net known ann
        at 10d 12:00
        change-plan A/1 fast
        at 20d 00:00
        suspend A/1
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net day 30.00 count 30 adapter edge sets down=50 off pauses service_set net v1
            service fast day 60.00 count 30 adapter core sets down=500 off pauses
                service_set fast v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 100.00                         payment +100.00 | 100.00 = 100.00
            subscribe A net known ann
                subscription_opened sub_1-1 net v1 known as ann
                  | 100.00 = 100.00
                period_started -30.00 sub_1-1 v1 00:00 to 30d 00:00
                  | 70.00 = 70.00
                switched sub_1-1 net v1 on activated by edge down=50 known as ann
                  | 70.00 = 70.00
            at 10d 12:00
            change-plan A/1 fast
                plan_changed +19.50 sub_1-1 net to fast
                  | 89.50 = 89.50
                period_started -60.00 sub_1-1 v1 10d 12:00 to 40d 12:00
                  | 29.50 = 29.50
                switched sub_1-1 net v1 off changed by edge down=50 known as ann
                  | 29.50 = 29.50
                switched sub_1-1 fast v1 on changed by core down=500 known as ann
                  | 29.50 = 29.50
            at 20d 00:00
            suspend A/1
                subscription_suspended sub_1-1 by the customer
                  | 29.50 = 29.50
                switched sub_1-1 fast v1 off suspended_by_customer pauses by core down=500 known
                  as ann
                  | 29.50 = 29.50
        "#]],
    );
}

#[test]
fn a_version_with_another_adapter_is_told_to_both_with_its_period() {
    check(
        "
        customer Ann
        service net day 1.00 count 30 adapter edge
        open A EUR
        pay A 100.00
        subscribe A net known ann
        service net day 1.00 count 30 adapter core
        at 30d 00:00
        fire
        service net day 1.00 count 30
        at 60d 00:00
        fire
        service net day 1.00 count 30 adapter edge
        at 90d 00:00
        fire
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net day 1.00 count 30 adapter edge service_set net v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 100.00                         payment +100.00 | 100.00 = 100.00
            subscribe A net known ann
                subscription_opened sub_1-1 net v1 known as ann | 100.00 = 100.00
                period_started -1.00 sub_1-1 v1 00:00 to 30d 00:00 | 99.00 = 99.00
                switched sub_1-1 net v1 on activated by edge known as ann | 99.00 = 99.00
            service net day 1.00 count 30 adapter core service_set net v2
            at 30d 00:00
              30d 00:00 period_started -1.00 sub_1-1 v2 30d 00:00 to 60d 00:00 | 98.00 = 98.00
              30d 00:00 switched sub_1-1 net v1 off changed by edge known as ann | 98.00 = 98.00
              30d 00:00 switched sub_1-1 net v2 on changed by core known as ann | 98.00 = 98.00
            fire
            service net day 1.00 count 30        service_set net v3
            at 60d 00:00
              60d 00:00 period_started -1.00 sub_1-1 v3 60d 00:00 to 90d 00:00 | 97.00 = 97.00
              60d 00:00 switched sub_1-1 net v2 off changed by core known as ann | 97.00 = 97.00
              60d 00:00 switched sub_1-1 net v3 on changed known as ann | 97.00 = 97.00
            fire
            service net day 1.00 count 30 adapter edge service_set net v4
            at 90d 00:00
              90d 00:00 period_started -1.00 sub_1-1 v4 90d 00:00 to 120d 00:00 | 96.00 = 96.00
              90d 00:00 switched sub_1-1 net v4 on changed by edge known as ann | 96.00 = 96.00
            fire
        "#]],
    );
}
