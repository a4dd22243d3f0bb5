#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| laws::stored_tokens(bytes));
