#!/bin/bash
# The kernels, which hold all `unsafe` code, and what runs them, under AddressSanitizer: sanitize.sh [CARGO TEST ARGUMENTS]
# A standard toolchain does it where it may use what is not stable yet. Doctests are left out, as they are built without it.
set -euo pipefail
cd "$(dirname "$0")/.."
host=$(rustc -vV | sed -n 's/^host: //p')
export RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=address CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target/sanitized}
exec cargo test -p wrt-kernels -p wrt-lanes -p wrt-engine --target "$host" --lib --tests "$@"
