mod suite {
    pub mod conformance;
    pub mod golden;
}
