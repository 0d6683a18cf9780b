mod suite {
    pub mod access;
    pub mod conformance;
    pub mod golden;
    pub mod places;
    pub mod postgres;
    pub mod provisioning;
    pub mod webhooks;
}
