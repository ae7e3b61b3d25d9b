#!/usr/bin/env bash
# tool-cli.sh - the tool's command line without a module: bad input ends with the right status and one line. TAP out
set -uo pipefail

cd "$(dirname "$0")/../.." || exit 3
smcg=${BUILD:-build}/smcg
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
number=0 failed=0

verdict() { # GOOD NAME DETAIL
    number=$((number + 1))
    if [ "$1" = yes ]; then
        echo "ok $number - $2"
    else
        echo "not ok $number - $2: $3"
        failed=$((failed + 1))
    fi
}

# refuses STATUS PATTERN ARGS... - that status, exactly one line on stderr that matches, nothing on stdout
refuses() {
    local want=$1 pattern=$2 status lines good=no
    shift 2
    "$smcg" "$@" > "$dir/out" 2> "$dir/err" < /dev/null
    status=$?
    lines=$(wc -l < "$dir/err")
    if [ $status -eq "$want" ] && [ "$lines" -eq 1 ] && grep -qE -e "$pattern" "$dir/err" && [ ! -s "$dir/out" ]; then
        good=yes
    fi
    verdict $good "smcg $*" "status $status, $lines lines: $(head -n 1 "$dir/err")"
}

# prints PATTERN ARGS... - status 0 and a line on stdout that matches
prints() {
    local pattern=$1 status good=no
    shift
    "$smcg" "$@" > "$dir/out" 2> "$dir/err" < /dev/null
    status=$?
    [ $status -ne 0 ] || ! grep -qE -e "$pattern" "$dir/out" || good=yes
    verdict $good "smcg $*" "status $status: $(head -n 1 "$dir/err")"
}

prints '^  compare ' --help
for verb in compare watch unwatch status record replay sysinfo witness; do
    prints "^usage: smcg $verb" $verb --help
done
prints '^kernel +ok' sysinfo
prints '"name":"kernel"' sysinfo --json

refuses 2 'no verb'
refuses 2 'unknown verb' frobnicate
refuses 2 'either -g GROUP or -- COMMAND' compare
refuses 2 'either -g GROUP or -- COMMAND' compare -g /a -- true
refuses 2 'either -g GROUP or -- COMMAND|no command' compare --
refuses 2 'unknown option --none' compare --none -- true
refuses 2 'needs a value' compare -g
refuses 2 'behind --' compare true
refuses 2 'FILE=VALUE' compare --set memory.max -- true
refuses 2 'a cgroup file' compare --set ../../etc/x.y=1 -- true
refuses 2 'KIND=N' compare --min nothing=3 -- true
refuses 2 'KIND=N' compare --min reclaim -- true
refuses 2 'KIND=N' compare --min reclaim=x -- true
refuses 2 'percentage' compare --max-mismatch 200 -- true
refuses 2 'percentage' compare --max-ambiguous x -- true
refuses 2 'number from' compare --timeout 0 -- true
refuses 2 'number from' compare --ring-mb 99999 -- true
refuses 2 'follow or free' compare --mode both -- true
refuses 2 'go with -- COMMAND' compare -g /a --set memory.max=1
refuses 2 'go with -g GROUP' compare --freeze -- true
refuses 2 'takes no value' compare --json=yes -- true
refuses 2 'one GROUP' watch
refuses 2 'one GROUP' watch a b
refuses 2 'follow or free' watch --mode x /a
refuses 2 'one GROUP' unwatch
refuses 2 'no operand' status now
refuses 2 'no operand' sysinfo now
refuses 2 'wants -o FILE' record -- true
refuses 2 'either -g GROUP or -- COMMAND' record -o "$dir/r"
refuses 2 'one FILE' replay
refuses 2 'one FILE' replay a b
refuses 2 'wants -- COMMAND' witness

refuses 3 'cannot open' replay "$dir/none"
refuses 3 'not a regular file|cannot read' replay "$dir"
: > "$dir/empty"
refuses 3 'shorter than its header' replay "$dir/empty"
head -c 4096 /dev/urandom > "$dir/random"
refuses 3 'wrong magic' replay "$dir/random"

# Of a recorded stream, if one is at hand: everything that can be cut off or changed.
for trace in selftests/replay/*.smcg; do
    [ -f "$trace" ] || continue
    prints '^[0-9a-f]{16}$' replay --digest "$trace"
    head -c 1000 "$trace" > "$dir/cut"
    refuses 3 'cut off|header says' replay "$dir/cut"
    { head -c 8 "$trace"; printf '\143\000'; tail -c +11 "$trace"; } > "$dir/abi"
    refuses 3 'ABI 99' replay "$dir/abi"
    break
done

if [ ! -e /sys/kernel/debug/shadow_memcg ] && [ "$(stat -f -c %T /sys/fs/cgroup 2> /dev/null)" = cgroup2fs ]; then
    before=$(ls -d /sys/fs/cgroup/smcg-* 2> /dev/null)
    refuses 3 'root|not loaded|debug' compare -- true
    refuses 3 'root|not loaded|debug' status
    refuses 3 'root|not loaded|debug' record -o "$dir/r" -- true
    refuses 3 'root|no group' compare -g no/such/group
    [ "$(ls -d /sys/fs/cgroup/smcg-* 2> /dev/null)" = "$before" ] && [ ! -e "$dir/r" ] && left=yes || left=no
    verdict $left "nothing is left behind" "$(ls -d /sys/fs/cgroup/smcg-*) $(ls "$dir")"
fi
if [ "$(id -u)" -eq 0 ] && command -v setpriv > /dev/null; then
    cp "$smcg" "$dir/smcg" && chmod 755 "$dir" "$dir/smcg"
    setpriv --reuid=65534 --regid=65534 --clear-groups "$dir/smcg" compare -- true > "$dir/out" 2> "$dir/err"
    status=$?
    [ $status -eq 3 ] && grep -q 'needs root' "$dir/err" && good=yes || good=no
    verdict $good "without root: needs root" "status $status: $(cat "$dir/err")"
fi
echo "1..$number"
exit $((failed > 0))
