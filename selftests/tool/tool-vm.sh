#!/usr/bin/env bash
# tool-vm.sh - the tool in the machine, with the module: nothing stays behind on any path. TAP out
set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.." || exit 3
[ -n "${SMCG_VM:-}" ] || exec scripts/vm --cpus "${1:-2}" --timeout 400 -- "$here/tool-vm.sh"

dir=$(mktemp -d)
number=0 failed=0

ok() { # CONDITION-STATUS NAME DETAIL
    number=$((number + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $number - $2"
    else
        echo "not ok $number - $2: $3"
        failed=$((failed + 1))
    fi
}

# Groups, BPF programs, watches: what there was before is what there is now.
leftovers() {
    ls -d /sys/fs/cgroup/smcg-* 2> /dev/null
    smcg status --json | jq -r 'select(.status.watched != 0) | "watched \(.status.watched)"'
    pgrep -a -x smcg
    if command -v bpftool > /dev/null; then bpftool prog list 2> /dev/null | grep -cE ' name (charge|refill|uncharge) ' | grep -v '^0$'; fi
    return 0
}

clean() {
    local left
    sleep 0.5 # programs go a little after their owner
    left=$(leftovers)
    [ -z "$left" ]
    ok $? "$1: nothing stays behind" "$left"
}

smcg sysinfo > "$dir/out"
grep -q '^module *ok' "$dir/out"
ok $? "sysinfo sees the module" "$(grep ^module "$dir/out")"

smcg compare --json -- true > "$dir/json" 2> "$dir/err"
jq -e '.schema == 1 and (.kinds | length) == 19 and .witness.missed == 0 and .events.lost == 0' "$dir/json" > /dev/null
ok $? "compare of a small command" "$(cat "$dir/err") $(head -c 300 "$dir/json")"
clean "after compare"

smcg compare --json -- /none/such > "$dir/out" 2> "$dir/err"
[ $? -eq 3 ] && grep -q 'cannot run /none/such' "$dir/err"
ok $? "a command that is not there" "$(cat "$dir/err")"
clean "after a command that is not there"

smcg compare --set memory.none=1 -- true > "$dir/out" 2> "$dir/err"
[ $? -eq 3 ] && [ "$(wc -l < "$dir/err")" -eq 1 ]
ok $? "a cgroup file that is not there" "$(cat "$dir/err")"
clean "after a cgroup file that is not there"

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
smcg replay "$dir/cut" > "$dir/out" 2> "$dir/err"
[ $? -eq 3 ] && [ "$(wc -l < "$dir/err")" -eq 1 ]
ok $? "a cut record is refused" "$(cat "$dir/err")"

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
smcg watch none > "$dir/out" 2> "$dir/err"
[ $? -eq 3 ] && [ "$(wc -l < "$dir/err")" -eq 1 ]
ok $? "watch of a group that is not there" "$(cat "$dir/err")"
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
smcg compare -- true > "$dir/out" 2> "$dir/err"
[ $? -eq 3 ] && grep -q 'insmod' "$dir/err"
ok $? "without the module it says insmod" "$(cat "$dir/err")"
echo "1..$number"
exit $((failed > 0))
