mod suite {
    pub mod access;
    pub mod conformance;
    pub mod golden;
    pub mod provisioning;
    pub mod webhooks;
}
