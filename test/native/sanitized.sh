#!/usr/bin/env bash
# Kernels, pool and queue under ASan and UBSan, then mutated programs decoded, verified and, where accepted, executed.
#   npm run test:native [-- <mutated programs, default 100000> [<seed>]]
set -euo pipefail
cd "$(dirname "$0")/../.."
build=build/sanitized
cmake -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCOUNTERPOINT_SANITIZE=address,undefined >/dev/null
cmake --build "$build" -j 2
ctest --test-dir "$build" --output-on-failure
node dist/test/program/write-corpus.js "$build/corpus"
"$build/fuzz-program" "$build/corpus" "${1:-100000}" "${2:-1}"
