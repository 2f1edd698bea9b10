//! The catalog against manifests as people and tools write them, and against what nobody should write.

#[path = "catalog/commands.rs"]
mod commands;
#[path = "catalog/conda.rs"]
mod conda;
#[path = "catalog/declared.rs"]
mod declared;
#[path = "catalog/documented.rs"]
mod documented;
#[path = "catalog/entries.rs"]
mod entries;
#[path = "catalog/environment.rs"]
mod environment;
#[path = "catalog/governing.rs"]
mod governing;
#[path = "catalog/hostile.rs"]
mod hostile;
#[path = "catalog/locks.rs"]
mod locks;
#[path = "catalog/recorded.rs"]
mod recorded;
#[path = "catalog/setup.rs"]
mod setup;
