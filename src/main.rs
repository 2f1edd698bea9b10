//! The `picklegate` binary: everything is in the library.

fn main() -> std::process::ExitCode {
    picklegate::cli::main()
}
