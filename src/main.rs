//! The `picklegate` binary: everything is in the library.

fn main() {}
