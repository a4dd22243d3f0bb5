#!/bin/sh
# Fuzzes each target, or those named: tests/fuzz/run.sh [SECONDS [TARGET...]]. What breaks a law is left in
# target/fuzz/TARGET/, and belongs into corpus/TARGET/ once it is mended.
set -eu
cd "$(dirname "$0")"

seconds=${1:-600}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- request stored_tokens edit endpoint whoami grant

cargo +nightly fuzz --version >/dev/null 2>&1 || {
    echo 'tests/fuzz/run.sh: cargo-fuzz or a nightly is missing (rustup toolchain install nightly; cargo install cargo-fuzz)' >&2
    exit 1
}
# the versions that are released
cp ../../Cargo.lock .
for target; do
    found=../../target/fuzz/$target
    mkdir -p "$found/corpus"
    cargo +nightly fuzz run --fuzz-dir . "$target" "$found/corpus" "corpus/$target" -- \
        -max_total_time="$seconds" -max_len=768 -timeout=5 -artifact_prefix="$found/"
done
