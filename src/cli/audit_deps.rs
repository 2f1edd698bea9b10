//! `picklegate audit-deps`: which dependencies there are, and which of them can unpickle.

use super::arguments::AuditArguments;
use super::progress::Progress;
use super::{Failure, configuration, environments, judging, output, why};
use crate::audit::audit;
use crate::catalog::Catalog;
use crate::gate::{self, Outcome};
use crate::report::{INVENTORY_FORMATS, InventoryView};

/// Prints the inventory of the tree and of the environments, or writes it to a file.
pub fn run(arguments: &AuditArguments, color: bool) -> Result<Outcome, Failure> {
    let base = judging::rules(&arguments.rules)?;
    let (tree, environments) = environments::with_tree(&arguments.tree, &arguments.environments)?;
    let mut configured = configuration::read(&*tree.snapshot, &base)?;
    configured.policy.enable_producers(configured.producers);
    let policy = configured.policy;
    if let Some(name) = &arguments.why {
        return why::run(&tree, &environments, &policy.rules, name, arguments, color);
    }
    let progress = Progress::start();
    let verdict = (!arguments.no_scan)
        .then(|| gate::scan_counting(&*tree.snapshot, &tree.part, &policy, &environments, progress.counter()));
    let catalog = Catalog::with_environments(&*tree.snapshot, &environments);
    let audit = audit(&catalog, &tree.part, &policy.rules, verdict.as_ref());
    progress.stop();

    let to_file = arguments.output.is_some();
    let view = InventoryView {
        width: if to_file { output::PLAIN_WIDTH } else { output::width() },
        color: color && !to_file,
        all: arguments.all,
    };
    let format =
        INVENTORY_FORMATS.iter().find(|format| format.name == arguments.format).expect("clap admits only these names");
    let report = (format.render)(&audit, view);
    match &arguments.output {
        Some(path) => output::write(path, &report)?,
        None => output::print(report)?,
    }
    Ok(if audit.not_read.is_empty() { Outcome::Clean } else { Outcome::Unjudged })
}
