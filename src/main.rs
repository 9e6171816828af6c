//! The adapter between the operating system and [`uns3::run`].
fn main() {}
