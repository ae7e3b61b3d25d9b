#!/usr/bin/env bash
# tool-cli.sh - the tool's command line without a module: bad input ends with the right status and one line. TAP out
# shellcheck disable=SC2154 # smcg and dir are tap.sh's
set -uo pipefail

cd "$(dirname "$0")/../.." || exit 3
# shellcheck source=tap.sh
. selftests/tool/tap.sh

# Help, version, pages, completion.
prints '^  compare ' --help
prints '^  compare ' help
prints '^smcg [0-9.]+, module ABI [0-9]+, schema [0-9]+$' --version
verbs=$("$smcg" help | awk '/^Verbs:$/ { on = 1; next } /^$/ { on = 0 } on { print $1 }')
for verb in $verbs; do
    prints "^usage: smcg $verb" "$verb" --help
    prints "^usage: smcg $verb" help "$verb"
    prints '^Exit status: 0' help "$verb"
done
prints '^kernel +(ok|NO) ' sysinfo
prints '"name":"kernel"' sysinfo --json

scripts/man "$smcg" "$dir/man" 2> "$dir/err"
[ "$(find "$dir/man" -name 'smcg*.8' | wc -l)" -eq $(($(wc -w <<< "$verbs") + 1)) ] && ! grep -rL '^.SH "\?EXIT STATUS' "$dir/man" | grep -q .
ok $? "each verb has a man page" "$(cat "$dir/err") $(ls "$dir/man")"
if command -v groff > /dev/null; then
    groff -ww -k -man -Tutf8 -z "$dir"/man/*.8 2> "$dir/err" && [ ! -s "$dir/err" ]
    ok $? "man pages are free of warnings" "$(head -n 3 "$dir/err")"
else
    skip "man pages are free of warnings" "no groff"
fi

# completes WORD WORDS... - completion of the line WORDS offers WORD
completes() {
    local want=$1
    shift
    # shellcheck disable=SC2016 # for the other shell
    bash -c '. ctl/completion.bash
        smcg=$1; shift
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _smcg "$smcg" "${@: -1}" "${@: -2:1}" 2> /dev/null
        printf "%s\n" "${COMPREPLY[@]}"' _ "$smcg" "$@" > "$dir/out"
    grep -qx -e "$want" "$dir/out"
    ok $? "completion of '$*'" "$(tr '\n' ' ' < "$dir/out")"
}
completes compare smcg comp
completes --max-ambiguous smcg compare --max
completes --group smcg record --gr
completes free smcg watch --mode f
completes record smcg help r
completes true smcg compare --json -- tru
completes "$dir/out" smcg replay "$dir/ou"

refuses 2 'no verb'
refuses 2 "unknown verb 'frobnicate'; try 'smcg help'" frobnicate
refuses 2 'did you mean compare' comprae -- true
refuses 2 'did you mean --duration' compare -g a --durtion 3
refuses 2 'unknown verb' help none
refuses 2 'one verb' help compare watch
refuses 2 "unknown verb 'a.b'" $'a\nb'
refuses 2 'either -g GROUP or -- COMMAND' compare
refuses 2 'either -g GROUP or -- COMMAND' compare -g /a -- true
refuses 2 'no command behind --' compare --
refuses 2 'no command behind --' compare -- ''
refuses 2 'no command behind --' witness --
refuses 2 'unknown option --none' compare --none -- true
refuses 2 'unknown option -x' compare -x -- true
refuses 2 'needs a value' compare -g
refuses 2 'needs a value' compare -g ''
refuses 2 'needs a value' compare --set= -- true
refuses 2 'behind --' compare true
refuses 2 'FILE=VALUE' compare --set memory.max -- true
refuses 2 'FILE=VALUE' compare --set memory.max= -- true
refuses 2 'FILE=VALUE' compare --set =64M -- true
refuses 2 'a cgroup file' compare --set memory=1 -- true
refuses 2 'a cgroup file' compare --set ../../etc/x.y=1 -- true
refuses 2 'a cgroup file' compare --set /memory.max=1 -- true
refuses 2 'not for cgroup.procs' compare --set cgroup.procs=1 -- true
refuses 2 'not for cgroup.freeze' compare --set a/cgroup.freeze=1 -- true
refuses 2 'KIND=N' compare --min nothing=3 -- true
refuses 2 'KIND=N' compare --min reclaim -- true
refuses 2 'KIND=N' compare --min reclaim=x -- true
refuses 2 'percentage' compare --max-mismatch 200 -- true
refuses 2 'percentage' compare --max-ambiguous x -- true
refuses 2 'percentage' compare --max-unjudged nan -- true
refuses 2 'number from' compare --timeout 0 -- true
refuses 2 'number from' compare --ring-mb 99999 -- true
refuses 2 'number from' compare -g a --duration 1e9
refuses 2 'follow or free' compare --mode both -- true
refuses 2 'go with -- COMMAND' compare -g /a --set memory.max=1
refuses 2 'goes with -- COMMAND' compare -g /a --timeout 3
refuses 2 'goes with -g GROUP' compare --freeze -- true
refuses 2 'goes with -g GROUP' record -o "$dir/r" --duration 3 -- true
refuses 2 'takes no value' compare --json=yes -- true
refuses 2 'one GROUP' watch
refuses 2 'one GROUP' watch ''
refuses 2 'one GROUP' watch a b
refuses 2 'one GROUP' watch -g a b
refuses 2 'no command' watch a -- true
refuses 2 'follow or free' watch --mode x /a
refuses 2 'one GROUP' unwatch
refuses 2 'no operand' status now
refuses 2 'no operand' sysinfo now
refuses 2 'wants -o FILE' record -- true
refuses 2 'either -g GROUP or -- COMMAND' record -o "$dir/r"
refuses 2 'one FILE' replay
refuses 2 'one FILE' replay a b
refuses 2 'wants -- COMMAND' witness

# Recorded streams: everything that can be cut off or changed.

# le BYTES NUMBER... - the numbers, little-endian
le() {
    local bytes=$1 number byte
    shift
    for number in "$@"; do
        for ((byte = 0; byte < bytes; byte++)); do
            # shellcheck disable=SC2059 # the format is the byte
            printf "\\x$(printf %02x $((number >> (8 * byte) & 255)))"
        done
    done
}

# shellcheck disable=SC2120 # stream passes them
# header [ABI RECORD-SIZE RECORD-KIND CPUS NODES PROFILE RECORDS DIGEST MODE] - of a stream
header() {
    printf SHDWSMCG
    le 2 "${1:-1}" 1 "${2:-64}" "${3:-1}" "${4:-2}" "${5:-2}" "${6:-2}" "${9:-0}"
    le 8 1024 0 "${7:-0}" "${8:-0}" 0
}

# event TYPE [CTX CALLER CPU RESERVED]
event() { le 8 1000; le 2 "$1"; le 1 "${2:-0}" "${3:-0}"; le 2 "${4:-0}" "${5:-0}"; le 4 0 0 0 0 0 0; le 8 0 0 0; }

# blocking TYPE GROUP NR A B C - an event of a task that may block
blocking() { le 8 1000; le 2 "$1" 0 0 0; le 4 50 "$2" "$3" 16 0 0; le 8 "$4" "$5" "$6"; }

# stream CONTENT... - the output of these commands, as $dir/stream
stream() {
    local part
    for part in "$@"; do $part; done > "$dir/stream"
}

stream header 'event 1' 'event 3'
prints '^[0-9a-f]{16}$' replay --digest "$dir/stream"
prints '"events":2' replay --json "$dir/stream"
stream 'header 1 64 1 2 2 2 2 12345' 'event 1' 'event 3'
"$smcg" replay --digest "$dir/stream" > "$dir/out" 2> "$dir/err"
[ $? -eq 1 ] && [ -s "$dir/out" ]
ok $? "a digest that is not the recorded one gives status 1" "$(cat "$dir/out" "$dir/err")"

# A charge of a free world with a low limit: more rounds of reclaim than decisions come back at once.
stream 'header 1 64 1 2 2 2 0 0 1' 'blocking 1 0 0 2 2 1' 'blocking 9 1 0 101 0 0' \
    'blocking 9 2 0 102 1 1' 'blocking 15 2 64 1 0 0' \
    'blocking 15 2 64 2 0 0' 'blocking 15 2 64 3 0 0' 'blocking 15 2 64 4 0 0' 'blocking 13 2 0 5 0 0' \
    'blocking 15 2 6 5 0 0'
"$smcg" replay --json "$dir/stream" > "$dir/out" 2> "$dir/err"
jq -e '.decisions > 64 and .errors == 0 and .decisions == ([.kinds[].shadow] | add)' "$dir/out" > /dev/null
ok $? "one event with many decisions: replay counts them all" "$(cat "$dir/out" "$dir/err")"
[ "$("$smcg" replay --print "$dir/stream" | grep -cE ' task cpu0 ')" -eq "$(jq .decisions "$dir/out")" ]
ok $? "... and prints them all" "$("$smcg" replay --print "$dir/stream" | head -n 3)"

# The same causes by the rules of another kernel: its batch, and no event for a charge that is forced.
"$smcg" replay --json --profile 4.18 "$dir/stream" > "$dir/out" 2> "$dir/err"
jq -e '.profile == "4.18" and .stream_profile == "6.1" and .errors == 0 and
    (.kinds[] | select(.kind == "reclaim") | .stream_profile > 0 and .profile > 0 and .profile < .stream_profile)' "$dir/out" > /dev/null
ok $? "replay --profile: 4.18 gives up after fewer rounds of reclaim" "$(cat "$dir/out" "$dir/err")"
prints '^decisions +6\.1 +5\.10 +difference' replay --profile 5.10 "$dir/stream"
[ "$("$smcg" replay --digest --profile 6.1 "$dir/stream")" = "$("$smcg" replay --digest "$dir/stream")" ]
ok $? "a free stream by its own profile decides as it did" "$("$smcg" replay --profile 6.1 "$dir/stream")"
refuses 2 "no profile '3.10'; there are 4.18, 5.10, 6.1, 6.12" replay --profile 3.10 "$dir/stream"
completes 4.18 smcg replay --profile 4

refuses 3 'cannot open' replay "$dir/none"
refuses 3 'not a regular file|cannot read' replay "$dir"
: > "$dir/empty"
refuses 3 'shorter than its header' replay "$dir/empty"
refuses 3 'wrong magic' replay /dev/zero
# bad PATTERN CONTENT... - such a stream is refused
bad() {
    local pattern=$1
    shift
    stream "$@"
    refuses 3 "$pattern" replay "$dir/stream"
}
bad 'ABI 99' 'header 99'
bad 'records of 32 bytes' 'header 1 32'
bad 'does not hold events' 'header 1 64 2'
bad '0 CPUs' 'header 1 64 1 0'
bad '60000 CPUs' 'header 1 64 1 60000'
bad '9999 nodes' 'header 1 64 1 2 9999'
bad 'unknown profile' 'header 1 64 1 2 2 77'
bad 'holds 1 records, its header says 5' 'header 1 64 1 2 2 2 5' 'event 1'
bad 'cut off inside record 2' header 'event 1' 'le 4 7 7'
bad 'record 2 cannot be: type 999' header 'event 1' 'event 999'
bad 'record 1 cannot be: type 0' header 'event 0'
bad 'cannot be: context level 200' header 'event 1 200'
bad 'cannot be: caller 200' header 'event 1 0 200'
bad 'cannot be: CPU 7 of 2' header 'event 1 0 0 7'
bad 'cannot be: locks 16' header 'event 1 0 0 0 16'
bad 'cannot be: locks 3' header 'event 1 0 0 0 3'
head -c 4096 /dev/urandom > "$dir/random"
refuses 3 'wrong magic' replay "$dir/random"

# Output that does not arrive is no success, and ends in a line like everything else.
for verb in 'help' 'sysinfo --json' 'help compare'; do
    # shellcheck disable=SC2086 # words
    "$smcg" $verb > /dev/full 2> "$dir/err"
    status=$?
    : > "$dir/out"
    refused 3 $status 'cannot write the output: No space left'
    ok $? "smcg $verb > /dev/full" "status $status: $(cat "$dir/err")"
done
{ sleep 0.3; "$smcg" help 2> "$dir/err"; echo $? > "$dir/status"; } | true
[ "$(cat "$dir/status")" -eq 3 ] && grep -q 'cannot write the output: Broken pipe' "$dir/err"
ok $? "a pipe that nobody reads" "$(cat "$dir/status" "$dir/err")"
"$smcg" sysinfo >&- 2> "$dir/err"
[ $? -eq 3 ] && grep -q 'cannot write the output' "$dir/err"
ok $? "no standard output at all" "$(cat "$dir/err")"

# Long work shows where it is, on a terminal only.
{ header; for _ in $(seq 40); do event 3; done; } > "$dir/stream"
script -qec "$smcg replay $dir/stream" "$dir/typescript" < /dev/null > /dev/null
grep -q '40 of 40 events' "$dir/typescript"
ok $? "progress on a terminal" "$(tr '\r' ' ' < "$dir/typescript")"
"$smcg" replay "$dir/stream" 2> "$dir/err" > "$dir/out" && [ ! -s "$dir/err" ]
ok $? "none elsewhere" "$(cat "$dir/err")"

if [ "$(id -u)" -eq 0 ] && [ ! -e /sys/kernel/debug/shadow_memcg ]; then
    before=$(ls -d /sys/fs/cgroup/smcg-* 2> /dev/null)
    for verb in status 'watch /' 'record -o none -- true'; do
        # shellcheck disable=SC2086 # words
        refuses 3 'not loaded .*insmod|debugfs|cgroup v2' $verb
    done
    refuses 3 'not loaded .*insmod|debugfs|cgroup v2' compare -- true
    refuses 3 'no group|cgroup v2' compare -g no/such/group
    refuses 3 'cannot create .*none/dump: No such file' compare --dump-mismatches "$dir/none/dump" -- true
    refuses 3 'no regular file' compare --dump-mismatches /dev/null -- true
    [ "$(ls -d /sys/fs/cgroup/smcg-* 2> /dev/null)" = "$before" ] && [ ! -e none ] && [ -c /dev/null ]
    ok $? "nothing is left behind" "$(ls -d /sys/fs/cgroup/smcg-* 2> /dev/null) $(ls "$dir")"
fi
if [ "$(id -u)" -eq 0 ]; then
    cp "$smcg" "$dir/smcg" && chmod 755 "$dir" "$dir/smcg"
    for args in 'compare -- true' 'compare -g a' 'record -o r -- true' status 'watch a' 'unwatch a' 'witness -- true'; do
        # shellcheck disable=SC2086 # words
        setpriv --reuid=65534 --regid=65534 --clear-groups "$dir/smcg" $args > "$dir/out" 2> "$dir/err"
        status=$?
        refused 3 $status 'needs root: run it with sudo'
        ok $? "without root: $args" "status $status: $(cat "$dir/err")"
    done
    setpriv --reuid=65534 --regid=65534 --clear-groups "$dir/smcg" sysinfo > "$dir/out" 2> "$dir/err" &&
        grep -q '^root *NO' "$dir/out"
    ok $? "without root: sysinfo says so" "$(cat "$dir/err")"
fi
plan
