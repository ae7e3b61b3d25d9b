#!/usr/bin/env bash
# kernels.sh - the module builds for every kernel of the table, without a warning. TAP out
# shellcheck disable=SC2154 # dir is tap.sh's
set -uo pipefail

cd "$(dirname "$0")/../.." || exit 3
# shellcheck source=tap.sh
. selftests/tool/tap.sh

for kernel in $(scripts/kernels versions); do
    env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make --no-print-directory module KVER="$kernel" > "$dir/out" 2>&1 && ! grep -q warning: "$dir/out"
    ok $? "the module builds for $kernel" "$(cat "$dir/out")"
done
plan
