//! What a program costs that does nothing: the measure of every other.

fn main() {}
