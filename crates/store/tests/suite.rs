//! The SQLite engine: the conformance suite, golden files, old journals, damage.

mod suite {
    pub mod conformance;
    pub mod damage;
    pub mod golden;
}
