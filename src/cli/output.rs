//! The two streams: reports to standard output, everything else to standard error; and whether to colour.

use super::Failure;
use crate::report::printable;
use std::ffi::OsString;
use std::io::{ErrorKind, IsTerminal as _, Write as _};
use std::path::Path;

/// Writes a report to standard output.
///
/// A reader that went away is no failure: the exit status still says what was found.
pub fn print(report: impl AsRef<[u8]>) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(report.as_ref()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::new(format!("standard output: cannot write: {error}")))
        }
        _ => Ok(()),
    }
}

/// Writes a report to `path`, and says so on standard error.
pub fn write(path: &Path, report: &str) -> Result<(), Failure> {
    std::fs::write(path, report)
        .map_err(|error| Failure::new(format!("{}: cannot write the report: {error}", path.display())))?;
    say(&format!("wrote {}: {} bytes\n", shown(path), report.len()));
    Ok(())
}

/// The columns of what goes to no terminal.
pub const PLAIN_WIDTH: usize = 100;

/// The columns of standard output: `COLUMNS` where it is set, else those of the terminal.
pub fn width() -> usize {
    let set = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).filter(|columns| *columns > 0);
    let of_terminal = || terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| usize::from(width.0));
    set.or_else(of_terminal).unwrap_or(PLAIN_WIDTH).clamp(40, 1000)
}

/// Writes `error:` and `hint:` lines to standard error.
pub fn explain(failure: &Failure) {
    let mut text = String::new();
    for line in failure.message.lines() {
        text.push_str(&format!("error: {}\n", printable(line)));
    }
    for hint in &failure.hints {
        let hint: Vec<_> = hint.lines().map(printable).collect();
        text.push_str(&format!("hint: {}\n", hint.join("\n      ")));
    }
    say(&text);
}

/// Writes to standard error; there is nobody to tell when that fails.
pub fn say(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// A path of the disk as people type it: relative where it is below the current directory.
pub fn shown(path: &Path) -> String {
    let here = std::env::current_dir().and_then(|directory| directory.canonicalize());
    let path = here.as_deref().ok().and_then(|here| path.strip_prefix(here).ok()).unwrap_or(path);
    let text = path.to_string_lossy();
    if text.is_empty() { ".".into() } else { printable(&text).into_owned() }
}

/// When to colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR, CLICOLOR_FORCE or TERM=dumb say otherwise
    Auto,
    /// Whatever the environment says
    Always,
    /// Not at all
    Never,
}

impl Color {
    /// Whether to colour what goes to standard output.
    pub fn decide(self) -> bool {
        self.decide_by(|name| std::env::var_os(name), std::io::stdout().is_terminal())
    }

    /// A flag wins; then `NO_COLOR`, `FORCE_COLOR` and `CLICOLOR_FORCE`, `CLICOLOR=0`, `TERM=dumb`, the terminal.
    fn decide_by(self, variable: impl Fn(&str) -> Option<OsString>, is_terminal: bool) -> bool {
        let filled = |name| variable(name).filter(|value| !value.is_empty());
        let on = |name| filled(name).is_some_and(|value| value != "0");
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto if filled("NO_COLOR").is_some() => false,
            Self::Auto if on("FORCE_COLOR") || on("CLICOLOR_FORCE") => true,
            Self::Auto => {
                is_terminal
                    && filled("CLICOLOR").is_none_or(|value| value != "0")
                    && filled("TERM").is_none_or(|value| value != "dumb")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_what_decides_colour() {
        let decide = |color: Color, variables: &[(&str, &str)], terminal| {
            let find = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| OsString::from(value));
            color.decide_by(find, terminal)
        };
        assert!(decide(Color::Auto, &[], true));
        assert!(!decide(Color::Auto, &[], false));
        assert!(decide(Color::Always, &[("NO_COLOR", "1")], false));
        assert!(!decide(Color::Never, &[("FORCE_COLOR", "1")], true));
        assert!(!decide(Color::Auto, &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], true));
        assert!(decide(Color::Auto, &[("NO_COLOR", "")], true));
        assert!(decide(Color::Auto, &[("CLICOLOR_FORCE", "1"), ("TERM", "dumb")], false));
        assert!(!decide(Color::Auto, &[("CLICOLOR_FORCE", "0")], false));
        assert!(!decide(Color::Auto, &[("CLICOLOR", "0")], true));
        assert!(!decide(Color::Auto, &[("TERM", "dumb")], true));
    }
}
