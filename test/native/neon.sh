#!/usr/bin/env bash
# The kernels for 64-bit ARM, cross-compiled and run by an emulator. Debian: g++-aarch64-linux-gnu, qemu-user-static.
#   npm run test:neon
set -euo pipefail
cd "$(dirname "$0")/../.."
build=build/neon
cmake -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64 \
  -DCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++ >/dev/null
cmake --build "$build" -j 2 --target test-kernels-neon
qemu-aarch64-static -L /usr/aarch64-linux-gnu "$build/test-kernels-neon"
