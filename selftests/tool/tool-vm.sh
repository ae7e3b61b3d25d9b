#!/usr/bin/env bash
# tool-vm.sh - the tool in the machine, with the module: nothing stays behind on any path. TAP out
# shellcheck disable=SC2154 # dir is tap.sh's
set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.." || exit 3
[ -n "${SMCG_VM:-}" ] || exec scripts/vm --cpus "${1:-2}" --timeout 600 -- "$here/tool-vm.sh"

# shellcheck source=tap.sh
. selftests/tool/tap.sh
# shellcheck disable=SC2034 # for tap.sh: the one on the PATH of the machine
smcg=smcg

# Groups and watches: what there was before is what there is now.
leftovers() {
    ls -d /sys/fs/cgroup/smcg-* 2> /dev/null
    smcg status --json | jq -r 'select(.status.watched != 0) | "watched \(.status.watched)"'
    pgrep -a -x smcg
    return 0
}

# BPF programs go a little after their owner: the kernel takes its time for each, and a process of its own waits for it.
programs_left() {
    pgrep -a -x smcg_detach
    if command -v bpftool > /dev/null; then bpftool prog list 2> /dev/null | grep -cE ' name (charge|refill|uncharge) ' | grep -v '^0$'; fi
    return 0
}

clean() {
    local left tries=0
    sleep 0.5
    left=$(leftovers)
    if [ -z "$left" ]; then
        while left=$(programs_left) && [ -n "$left" ] && [ $tries -lt 40 ]; do
            sleep 0.5
            tries=$((tries + 1))
        done
    fi
    [ -z "$left" ]
    ok $? "$1: nothing stays behind" "$left"
}

smcg sysinfo > "$dir/out"
grep -q '^module *ok' "$dir/out"
ok $? "sysinfo sees the module" "$(grep ^module "$dir/out")"

# Every kind of the header is in the table, whether it was seen or not.
kinds=$(grep -cE '^\sSMCG_KIND_[A-Z_]+,' uapi/shadow_memcg.h)
smcg compare --json -- true > "$dir/json" 2> "$dir/err"
jq -e --argjson kinds $((kinds - 2)) '.schema == 1 and (.kinds | length) == $kinds and .witness.missed == 0 and .events.lost == 0' "$dir/json" > /dev/null
ok $? "compare of a small command" "$(cat "$dir/err") $(head -c 300 "$dir/json")"
clean "after compare"

for verb in compare "record -o $dir/r" witness; do
    # shellcheck disable=SC2086 # words
    refuses 3 'cannot run /none/such: No such file' $verb -- /none/such
done
refuses 3 'cannot run /etc/passwd: Permission denied' compare -- /etc/passwd
clean "after a command that is not there"

refuses 3 'cannot open .*/memory.none: No such file' compare --set memory.none=1 -- true
refuses 3 'cannot write "bogus" to .*/memory.max: Invalid argument' compare --set memory.max=bogus -- true
refuses 3 'available there: .*memory' compare --set none.max=1 -- true
refuses 2 'a directory inside' compare --in ../x -- true
refuses 3 'no group /sys/fs/cgroup/none/such: No such file' compare -g none/such
refuses 3 'no group /sys/fs/cgroup/none/such: No such file' record -o "$dir/r" -g none/such
refuses 3 'is not below /sys/fs/cgroup' watch ../../etc
refuses 3 'is not a group: it is no directory' watch cgroup.procs
clean "after wrong groups and files"

refuses 3 'no regular file' record -o /dev/full -- true
refuses 3 'cannot create /none/r: No such file' record -o /none/r -- true
mkdir "$dir/small" && mount -t tmpfs -o size=16k small "$dir/small"
refuses 3 "cannot write $dir/small/r: No space left" record -o "$dir/small/r" -- sort -o /dev/null /etc/services
[ -c /dev/full ] && [ -z "$(ls "$dir/small")" ] && [ ! -e "$dir/r" ]
ok $? "a record that cannot be written leaves no file" "$(ls "$dir" "$dir/small")"
smcg witness --print -- ls /usr/bin 2> "$dir/err" | head -n 1 > "$dir/out"
[ "${PIPESTATUS[0]}" -eq 3 ] && grep -q 'Broken pipe' "$dir/err" && [ -s "$dir/out" ]
ok $? "output to a pipe that closes" "$(cat "$dir/err")"
umount "$dir/small"
clean "after output that does not arrive"

# hidden COVER COMMAND... - in a mount namespace where COVER was done
hidden() { unshare -m --propagation private bash -c "$1"' && shift && "$@"' _ "$@"; }

# refuses_where COVER STATUS PATTERN ARGS... - as refuses
refuses_where() {
    local cover=$1 want=$2 pattern=$3 status
    shift 3
    hidden "$cover" smcg "$@" > "$dir/out" 2> "$dir/err"
    status=$?
    refused "$want" $status "$pattern"
    ok $? "'$cover' and smcg $*" "status $status: $(cat "$dir/err")"
}
mkdir "$dir/nothing" && : > "$dir/nothing/file"
for verb in compare witness; do
    refuses_where "mount --bind $dir/nothing /sys/kernel/btf" 3 'no type information .*CONFIG_DEBUG_INFO_BTF' $verb -- true
    refuses_where "mount --bind $dir/nothing/file /sys/kernel/btf/vmlinux" 3 'BTF' $verb -- true
done
hidden "mount --bind $dir/nothing /sys/kernel/btf" smcg sysinfo | grep -q '^BTF *NO .*CONFIG_DEBUG_INFO_BTF'
ok $? "without BTF sysinfo says so" ""
version=/sys/kernel/debug/shadow_memcg/version
sed 's/^abi .*/abi 99/' $version > "$dir/abi"
sed 's/^schema .*/schema 99/' $version > "$dir/schema"
for args in 'compare -- true' 'record -o none -- true' 'watch /' status; do
    # shellcheck disable=SC2086 # words
    refuses_where "mount --bind $dir/abi $version" 3 'ABI 99, this tool speaks .*build both from one tree' $args
done
refuses_where "mount --bind $dir/schema $version" 3 'schema 99, .*use a newer smcg' compare -- true
refuses_where 'umount -l /sys/kernel/debug' 3 'mount -t debugfs' status
refuses_where 'umount -l /sys/fs/cgroup' 3 'not a cgroup v2 hierarchy' compare -- true
clean "after machines that lack something"

for signal in INT TERM; do
    smcg compare -- sleep 100 > "$dir/out" 2> "$dir/err" &
    pid=$!
    sleep 8
    kill -$signal $pid
    wait $pid
    [ $? -eq 3 ] && grep -q 'stopped by a signal' "$dir/err"
    ok $? "compare ends on SIG$signal" "$(cat "$dir/err")"
    clean "after SIG$signal"
done

smcg witness -- sleep 100 > "$dir/out" 2> "$dir/err" &
pid=$!
sleep 5
kill -INT $pid
wait $pid
[ $? -le 1 ] && grep -q steps "$dir/out"
ok $? "witness ends on SIGINT and tells what it has" "$(cat "$dir/err")"
smcg record -o "$dir/interrupted" -- sleep 100 > "$dir/out" 2> "$dir/err" &
pid=$!
sleep 3
kill -INT $pid
wait $pid && smcg replay "$dir/interrupted" > "$dir/out" 2>&1
ok $? "record ends on SIGINT with a whole file" "$(cat "$dir/err" "$dir/out")"
clean "after SIGINT"

smcg compare --json --timeout 2 -- sleep 100 > "$dir/json" 2> "$dir/err"
jq -e .verdict "$dir/json" > /dev/null
ok $? "a command that is killed by --timeout" "$(cat "$dir/err")"
clean "after a timeout"

smcg compare --json --set memory.max=24M --set memory.swap.max=0 --timeout 60 -- python3 -c 'b = bytearray(64 << 20)' > "$dir/json" 2> "$dir/err"
jq -e '[.kinds[] | select(.kind == "oom")][0].real > 0' "$dir/json" > /dev/null
ok $? "a command that the OOM killer takes" "$(cat "$dir/err")"
clean "after the OOM killer"

smcg compare --json --set memory.max=64M --set a/memory.max=32M --set a/b/memory.high=8M --in a/b -- ls / > "$dir/json" 2> "$dir/err"
jq -e '[.drift_pages[].group] | unique | length == 3' "$dir/json" > /dev/null
ok $? "groups inside" "$(cat "$dir/err")"
clean "after groups inside"

smcg compare --json --min oom=1000000 -- true > "$dir/json" 2> "$dir/err"
[ $? -eq 1 ] && jq -e '.verdict != "pass"' "$dir/json" > /dev/null
ok $? "--min that is not reached" "$(cat "$dir/err")"

smcg record -o "$dir/trace" -- ls / > "$dir/out" 2> "$dir/err" && smcg replay "$dir/trace" > "$dir/out"
ok $? "a record replays to the module's digest" "$(cat "$dir/err" "$dir/out")"
head -c 1000 "$dir/trace" > "$dir/cut"
refuses 3 'cut off inside record|header says' replay "$dir/cut"
{ cat "$dir/trace"; printf rubbish; } > "$dir/long"
refuses 3 'cut off inside record' replay "$dir/long"
{ head -c 8 "$dir/trace"; printf '\143\000'; tail -c +11 "$dir/trace"; } > "$dir/abi-99"
refuses 3 'ABI 99' replay "$dir/abi-99"
{ head -c 640 "$dir/trace"; head -c 64 /dev/zero; tail -c +705 "$dir/trace"; } > "$dir/corrupt"
refuses 3 'record 10 cannot be' replay "$dir/corrupt"

smcg record -o "$dir/broken" -- sleep 100 > "$dir/out" 2> "$dir/err" &
pid=$!
sleep 4
kill -KILL $pid
wait $pid 2> /dev/null
[ ! -e "$dir/broken" ]
ok $? "a record that was killed leaves no file of that name" "$(ls "$dir")"
# Nobody can clean up after SIGKILL; the group is empty, so its name can be taken away by hand.
for group in /sys/fs/cgroup/smcg-*; do
    [ ! -d "$group" ] || { smcg unwatch "${group##*/}" > "$dir/out"; echo 1 > "$group/cgroup.kill"; sleep 0.3; rmdir "$group"; }
done
clean "after SIGKILL and unwatch"

mkdir /sys/fs/cgroup/running
smcg watch running > "$dir/out" 2>&1 && smcg status > "$dir/status" && smcg unwatch running >> "$dir/out" 2>&1 &&
    grep -q '^watched *1' "$dir/status"
ok $? "watch, status, unwatch" "$(cat "$dir/out")"
refuses 3 'no group' watch none
refuses 3 'running is not watched' unwatch running
smcg watch running > "$dir/out"
refuses 3 'running is watched already' watch running
smcg unwatch running > "$dir/out"
cat /sys/kernel/debug/shadow_memcg/decisions > "$dir/decisions" &
pid=$!
sleep 0.5
refuses 3 'has a reader already' compare -- true
kill $pid
wait $pid 2> /dev/null
(
    echo $BASHPID > /sys/fs/cgroup/running/cgroup.procs
    exec smcg compare -g running --duration 1
) > "$dir/out" 2> "$dir/err"
[ $? -eq 3 ] && grep -q 'watch itself' "$dir/err"
ok $? "compare refuses to watch itself" "$(cat "$dir/err")"
smcg compare -g running --duration 2 > "$dir/out" 2> "$dir/err" &
pid=$!
sleep 1
rmdir /sys/fs/cgroup/running
wait $pid
[ $? -eq 3 ] && [ "$(wc -l < "$dir/err")" -eq 1 ]
ok $? "a group that vanishes" "$(cat "$dir/err")"
clean "after watch"

smcg witness --json --set memory.max=16M -- ls / > "$dir/json" 2> "$dir/err"
ok $? "witness alone misses nothing" "$(cat "$dir/err" "$dir/json")"
rmmod shadow_memcg
for args in 'compare -- true' 'record -o none -- true' 'watch /' 'unwatch /' status; do
    # shellcheck disable=SC2086 # words
    refuses 3 "not loaded .*: insmod build/$(uname -r)/shadow_memcg.ko" $args
done
[ -z "$(ls -d /sys/fs/cgroup/smcg-* 2> /dev/null)" ] && [ ! -e none ]
ok $? "without the module: nothing stays behind" "$(ls -d /sys/fs/cgroup/smcg-* 2> /dev/null)"
plan
