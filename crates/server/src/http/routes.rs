//! Every address of the API, in one place.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, header};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::SwaggerUi;

use super::app::App;
use super::error::Problem;
use super::resources::{
    accounts, adjustments, audit, authorisations, bank_statements, batches, charges, clock, credit,
    customers, debtors, debts, events, exchange_rates, forecasts, health, kiosk, kiosk_registry,
    payment_view, payments, plans, promise_policies, promises, provisioning_adapters,
    provisioning_commands, provisioning_reconciliation, purchases, receivables, refunds,
    reservations, services, sign_ins, statements, stripe, subscriptions, trial_balance,
    unallocated_payments, webhook_deliveries, webhook_endpoints,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Sporran",
        description = "Real-time personal accounts: payments, charges, authorisations, credit.\n\n\
            Money is `{\"amount\":\"12.50\",\"currency\":\"EUR\"}`, always a string. \
            Every write takes an `Idempotency-Key`; the headers `Sporran-Channel` and \
            `Sporran-Reason` say through what and why. Errors are `application/problem+json`.",
        license(name = "Apache-2.0")
    ),
    security(("key" = []))
)]
struct Api;

/// The API with its description at `/openapi.json` and a page to try it at `/docs`.
pub fn router(app: App) -> Router {
    let body_bytes_max = app.options.body_bytes_max;
    let (router, mut api) = OpenApiRouter::with_openapi(Api::openapi())
        .routes(routes!(customers::create_customer, customers::list_customers))
        .routes(routes!(customers::get_customer, customers::update_customer))
        .routes(routes!(accounts::create_account))
        .routes(routes!(accounts::get_account))
        .routes(routes!(accounts::list_entries))
        .routes(routes!(statements::get_statement))
        .routes(routes!(accounts::rename_account))
        .routes(routes!(accounts::close_account))
        .routes(routes!(payments::create_payment))
        .routes(routes!(payment_view::get_payment))
        .routes(routes!(payments::cancel_payment))
        .routes(routes!(kiosk::call_kiosk, kiosk::post_kiosk))
        .routes(routes!(kiosk_registry::get_registry, kiosk_registry::compare_registry))
        .routes(routes!(charges::create_charge))
        .routes(routes!(adjustments::create_adjustment))
        .routes(routes!(adjustments::create_transfer))
        .routes(routes!(credit::set_credit_limit))
        .routes(routes!(credit::set_credit_ceiling))
        .routes(routes!(credit::create_credit))
        .routes(routes!(credit::revoke_credit))
        .routes(routes!(plans::set_plan, plans::remove_plan))
        .routes(routes!(plans::set_alerts))
        .merge(promised_payments())
        .merge(catalogue())
        .routes(routes!(authorisations::create_authorisation))
        .routes(routes!(reservations::settle_reservation))
        .routes(routes!(reservations::release_reservation))
        .routes(routes!(batches::create_batch))
        .routes(routes!(bank_statements::create_bank_statement))
        .routes(routes!(stripe::receive_stripe_event))
        .routes(routes!(exchange_rates::create_exchange_rates, exchange_rates::list_exchange_rates))
        .routes(routes!(trial_balance::get_trial_balance))
        .routes(routes!(receivables::get_receivables))
        .routes(routes!(debtors::list_debtors))
        .routes(routes!(audit::list_audit))
        .routes(routes!(sign_ins::list_sign_ins))
        .routes(routes!(events::stream_events))
        .routes(routes!(clock::get_clock, clock::set_clock))
        .merge(webhooks())
        .merge(provisioning())
        .merge(money_back())
        .routes(routes!(health::get_live))
        .routes(routes!(health::get_ready))
        .routes(routes!(health::get_metrics))
        .split_for_parts();
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    let components = api.components.get_or_insert_default();
    components.add_security_scheme("key", SecurityScheme::Http(bearer));
    router
        .merge(crate::faces::assets::routes())
        .merge(crate::console::router(&app))
        .merge(crate::self_care::router(&app))
        .merge(crate::shards::routes())
        .merge(SwaggerUi::new("/docs").url("/openapi.json", api))
        .fallback(async || Problem::not_found("such address; /docs lists them"))
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .layer(DefaultBodyLimit::max(body_bytes_max))
        .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
            axum::response::IntoResponse::into_response(Problem::internal())
        }))
        .layer(axum::middleware::map_response(harden))
        .with_state(app)
}

/// What is sold, who has it, and what becomes of it.
fn catalogue() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(services::list_services))
        .routes(routes!(services::get_service, services::set_service))
        .routes(routes!(subscriptions::create_subscription, subscriptions::list_subscriptions))
        .routes(routes!(subscriptions::get_subscription, subscriptions::change_subscription))
        .routes(routes!(subscriptions::suspend_subscription))
        .routes(routes!(subscriptions::resume_subscription))
        .routes(routes!(subscriptions::close_subscription))
        .routes(routes!(subscriptions::change_plan))
        .routes(routes!(purchases::create_purchase))
        .routes(routes!(forecasts::get_forecast))
}

/// Payments that wait, go back, or are given up.
fn money_back() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(payments::receive_payment))
        .routes(routes!(unallocated_payments::list_unallocated_payments))
        .routes(routes!(unallocated_payments::allocate_payment))
        .routes(routes!(unallocated_payments::return_payment))
        .routes(routes!(refunds::charge_back_payment))
        .routes(routes!(refunds::refund_payment))
        .routes(routes!(refunds::list_refunds))
        .routes(routes!(refunds::get_refund))
        .routes(routes!(refunds::approve_refund))
        .routes(routes!(refunds::reject_refund))
        .routes(routes!(debts::lock_payments))
        .routes(routes!(debts::set_opening_balance))
        .routes(routes!(debts::write_off))
        .routes(routes!(debts::recover_write_off))
}

fn webhooks() -> OpenApiRouter<App> {
    use webhook_deliveries as deliveries;
    use webhook_endpoints as endpoints;
    OpenApiRouter::new()
        .routes(routes!(endpoints::create_webhook_endpoint, endpoints::list_webhook_endpoints))
        .routes(routes!(
            endpoints::get_webhook_endpoint,
            endpoints::update_webhook_endpoint,
            endpoints::delete_webhook_endpoint
        ))
        .routes(routes!(endpoints::rotate_webhook_secret))
        .routes(routes!(deliveries::test_webhook_endpoint))
        .routes(routes!(deliveries::replay_webhook_deliveries))
        .routes(routes!(deliveries::list_webhook_deliveries))
        .routes(routes!(deliveries::get_webhook_delivery))
        .routes(routes!(deliveries::retry_webhook_delivery))
}

fn provisioning() -> OpenApiRouter<App> {
    use provisioning_commands as commands;
    OpenApiRouter::new()
        .routes(routes!(commands::list_provisioning_commands))
        .routes(routes!(commands::get_provisioning_command))
        .routes(routes!(commands::acknowledge_provisioning_command))
        .routes(routes!(commands::retry_provisioning_command))
        .routes(routes!(provisioning_adapters::list_provisioning_adapters))
        .routes(routes!(provisioning_reconciliation::reconcile_provisioning))
}

fn promised_payments() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(
            promise_policies::list_promise_policies,
            promise_policies::set_promise_policy,
            promise_policies::withdraw_promise_policy
        ))
        .routes(routes!(promises::get_promise_offer))
        .routes(routes!(promises::grant_promise))
        .routes(routes!(promises::list_promises_of))
        .routes(routes!(promises::list_promises))
}

/// Nothing of ours is to be guessed at, framed or cached.
async fn harden(mut response: axum::response::Response) -> axum::response::Response {
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
