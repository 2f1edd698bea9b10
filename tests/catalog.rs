//! The catalog against manifests as people and tools write them, and against what nobody should write.

#[path = "catalog/governing.rs"]
mod governing;
#[path = "catalog/hostile.rs"]
mod hostile;
#[path = "catalog/recorded.rs"]
mod recorded;
