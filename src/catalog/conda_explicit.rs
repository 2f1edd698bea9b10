//! Explicit lists of conda (`conda-linux-64.lock`): one address of a package on each line behind `@EXPLICIT`.
//!
//! conda-lock adds what pip installs as comments: `# pip name @ address --hash=...`.

use super::conda_package::{self, Kind, Locked, Parents};
use super::conda_spec::Archive;
use super::reading::{Reading, shown};
use super::{Evidence, Source, requirement};

/// The name of this format.
pub(super) const FORMAT: &str = "conda explicit lock";

/// Whether a file called `name` may be one.
pub(super) fn is_manifest(name: &str, _directory: &str) -> bool {
    name.starts_with("conda-") && name.ends_with(".lock")
}

/// Reads the text of an explicit list.
pub(super) fn read(reading: &mut Reading, text: &str) {
    if !text.lines().any(|line| line.trim() == "@EXPLICIT") {
        return;
    }
    let platform = text.lines().find_map(|line| line.strip_prefix("# platform:")).map(str::trim);
    for (number, written) in text.lines().enumerate() {
        let line = u32::try_from(number + 1).unwrap_or(u32::MAX);
        let written = written.trim();
        if let Some(pip) = written.strip_prefix("# pip ") {
            let before = reading.dependencies.len();
            requirement::read(reading, pip.split(" --").next().unwrap_or(pip), line, &[]);
            reading.dependencies.iter_mut().skip(before).for_each(|found| found.evidence = Evidence::Locked);
        } else if let Some(Archive { name, version, .. }) =
            Archive::named(written).filter(|_| !written.starts_with('#'))
        {
            let (scopes, source) = (Vec::new(), Source::Registry);
            let locked = Locked { kind: Kind::Conda, name, version, line, scopes, marker: platform, source };
            conda_package::add(reading, locked, &mut Parents::default());
        } else if !written.is_empty() && !written.starts_with(['#', '@']) {
            reading.unread(line, format!("expected the address of a conda package, found `{}`", shown(written)));
        }
    }
}
