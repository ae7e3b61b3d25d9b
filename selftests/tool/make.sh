#!/usr/bin/env bash
# make.sh - the targets of make do what their names say. Nothing is built for it that is not there. TAP out
# shellcheck disable=SC2154 # dir is tap.sh's
set -uo pipefail

cd "$(dirname "$0")/../.." || exit 3
# shellcheck source=tap.sh
. selftests/tool/tap.sh
build=${BUILD:-build}

# Not a part of the make that runs us.
make() { env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u KDIR -u KVER make --no-print-directory "$@"; }

make help > "$dir/out" 2> "$dir/err"
undocumented=$(sed -n 's/^\.PHONY: //p' Makefile | tr ' ' '\n' | while read -r target; do
    grep -q "^  $target " "$dir/out" || echo "$target"
done)
[ -z "$undocumented" ]
ok $? "make help lists every target" "not: $undocumented"
make -n bench 2>&1 | grep -q 'selftests/run bench'
ok $? "make bench runs the benchmarks" ""

mkdir -p "$dir/build" && : > "$dir/build/file"
make clean BUILD="$dir/build" > "$dir/out" 2>&1 && [ ! -e "$dir/build" ]
ok $? "make clean removes what was built" "$(cat "$dir/out")"

scripts/deps > "$dir/out" 2>&1 && grep -qx 'deps: nothing is missing' "$dir/out"
ok $? "make deps has nothing to do where all is there" "$(cat "$dir/out")"

# A module of another kernel: its release is what the headers say it is.
mkdir -p "$dir/kdir/include/generated" "$dir/kdir/include/config"
: > "$dir/kdir/Makefile"
echo 6.1.999 > "$dir/kdir/include/config/kernel.release"
echo '#define UTS_RELEASE "6.1.0-99-test"' > "$dir/kdir/include/generated/utsrelease.h"
make -n module KDIR="$dir/kdir" 2>&1 | grep -qF "scripts/build-module \"$build\" \"6.1.0-99-test\" \"$dir/kdir\""
ok $? "KDIR= names headers and release" "$(make -n module KDIR="$dir/kdir" 2>&1)"
make -n module KDIR="$dir/k*r" 2>&1 | grep -qF "\"$dir/kdir\""
ok $? "KDIR= may be a pattern" "$(make -n module KDIR="$dir/k*r" 2>&1)"
make module KDIR="$dir/none" > "$dir/out" 2>&1
[ $? -eq 2 ] && grep -q "no kernel headers in '$dir/none'" "$dir/out"
ok $? "KDIR= without headers says so" "$(cat "$dir/out")"
make module KVER=1.0 > "$dir/out" 2>&1
[ $? -eq 2 ] && [ "$(grep -c 'no kernel 1.0 in the table (known: ' "$dir/out")" -eq 1 ]
ok $? "KVER= of no kernel says so once" "$(cat "$dir/out")"

release=$(scripts/kernels list | awk '$3 == "complete" { print $1; exit }')
if [ -n "$release" ]; then
    make -n module KVER="$release" 2>&1 | grep -qE "build-module \"$build\" \"$release\" \"/.*linux-headers-$release\""
    ok $? "KVER= names a release" "$(make -n module KVER="$release" 2>&1)"
else
    skip "KVER= names a release" "no kernel is cached"
fi

release=$(scripts/kernels list | awk '$3 == "complete" { print $1 }' | while read -r r; do [ ! -e "$build/$r/shadow_memcg.ko" ] || echo "$r"; done | tail -n 1)
if [ -n "$release" ] && [ -x "$build/smcg" ]; then
    make install KVER="$release" DESTDIR="$dir/root" PREFIX=/usr > "$dir/out" 2>&1 &&
        "$dir/root/usr/sbin/smcg" --version > "$dir/out" &&
        cmp "$build/$release/shadow_memcg.ko" "$dir/root/lib/modules/$release/updates/shadow_memcg.ko" &&
        [ -s "$dir/root/usr/share/man/man8/smcg-compare.8" ] && [ -s "$dir/root/usr/share/doc/shadow-memcg/README.md" ] &&
        bash -n "$dir/root/usr/share/bash-completion/completions/smcg"
    ok $? "make install" "$(cat "$dir/out"; find "$dir/root" -type f)"
    make uninstall KVER="$release" DESTDIR="$dir/root" PREFIX=/usr > "$dir/out" 2>&1 && [ -z "$(find "$dir/root" -type f)" ]
    ok $? "make uninstall takes all of it away" "$(cat "$dir/out"; find "$dir/root" -type f)"
else
    skip "make install" "the module is not built"
fi
plan
