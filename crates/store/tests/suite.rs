mod suite {
    pub mod conformance;
    pub mod golden;
    pub mod webhooks;
}
