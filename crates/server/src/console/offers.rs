//! Which actions there are, where they are, and what they take.

use engine::CustomerId;
use pages::console::action::ActionKind;

use crate::http::auth::Permission;

/// The actions of a customer's page, the most frequent first.
pub const ON_CUSTOMER: [ActionKind; 19] = [
    ActionKind::TakePayment,
    ActionKind::Promise,
    ActionKind::PermanentLimit,
    ActionKind::TemporaryLimit,
    ActionKind::EndCredit,
    ActionKind::Turbo,
    ActionKind::ChangePlan,
    ActionKind::AddService,
    ActionKind::Suspend,
    ActionKind::Resume,
    ActionKind::CloseService,
    ActionKind::Adjust,
    ActionKind::Transfer,
    ActionKind::Refund,
    ActionKind::CancelPayment,
    ActionKind::WriteOff,
    ActionKind::OpenAccount,
    ActionKind::CloseAccount,
    ActionKind::EditCustomer,
];

/// As the API asks for the same.
pub fn needs(kind: ActionKind) -> Permission {
    match kind {
        ActionKind::TakePayment | ActionKind::CancelPayment => Permission::Payments,
        ActionKind::Adjust
        | ActionKind::Transfer
        | ActionKind::Refund
        | ActionKind::PermanentLimit
        | ActionKind::TemporaryLimit
        | ActionKind::Promise
        | ActionKind::RejectRefund
        | ActionKind::EndCredit => Permission::Correct,
        ActionKind::Suspend
        | ActionKind::Resume
        | ActionKind::ChangePlan
        | ActionKind::OpenAccount
        | ActionKind::AddService
        | ActionKind::NewCustomer
        | ActionKind::EditCustomer
        | ActionKind::CloseService
        | ActionKind::CloseAccount => Permission::Directory,
        ActionKind::Turbo => Permission::Use,
        ActionKind::WriteOff
        | ActionKind::Allocate
        | ActionKind::ReturnPayment
        | ActionKind::ApproveRefund => Permission::Finance,
        ActionKind::SetRate
        | ActionKind::AddUser
        | ActionKind::ChangeUser
        | ActionKind::NewPassword
        | ActionKind::DisableUser
        | ActionKind::EnableUser
        | ActionKind::EndSessions => Permission::Configure,
    }
}

/// `/console/customers/cus_12/take-payment`
pub fn path(customer: CustomerId, kind: ActionKind) -> String {
    format!("{}/{}", super::customer::customer_path(customer), slug(kind))
}

pub fn slug(kind: ActionKind) -> String {
    kind.name().replace('_', "-")
}
