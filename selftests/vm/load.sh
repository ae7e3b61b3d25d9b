#!/usr/bin/env bash
# load.sh - loads and unloads under load, watched or not, and leaves nothing behind. TAP out
#
# On one CPU: QEMU's multi-threaded emulation (7.2) can hang a kernel that rewrites code which another
# CPU runs, with plain ftrace too. On more CPUs, churn.sh unloads under load.
# shellcheck disable=SC2034,SC2154 # variables shared with lib.sh
self=selftests/vm/load.sh timeout=600 cpus=1
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

residue() {
	[ ! -e $debug ] || { echo "$debug is still there"; return 1; }
	! pgrep smcg_feeder || { echo "the feeder is still there"; return 1; }
	! grep -q shadow_memcg /sys/kernel/tracing/enabled_functions || { echo "still hooked"; return 1; }
	! grep -q shadow_memcg /proc/kallsyms || { echo "symbols are still there"; return 1; }
}

# On a debug kernel each takes a quarter of a minute.
rounds=$((slow > 1 ? 10 : 50))

loop() {
	local i
	for i in $(seq $rounds); do
		load || return 1
		# unloaded bare, watched, with a baseline just made, and at once
		case $((i % 4)) in
		1) command watch "$(id_of load)" && sleep 0.1 ;;
		2) command watch "$(id_of load)" && command resync ;;
		3) command watch "$(id_of load)" && command unwatch "$(id_of load)" ;;
		esac || return 1
		unload || return 1
	done
}

bad_parameters() {
	! load clock=sundial || return 1
	! load ring_slots=100000000 || return 1
	! load pool_mb=0 || return 1
	residue
}

twice() {
	load && ! load
	local status=$?
	unload
	return $status
}

quick() {
	local begin end
	begin=$(date +%s%N)
	load && unload
	end=$(date +%s%N)
	# the budget is a second on hardware; emulation is some ten times slower
	[ $(((end - begin) / 1000000)) -lt $((slow * 10000)) ] || { echo "$(((end - begin) / 1000000)) ms"; return 1; }
}

mkdir $groups/load
result "wrong parameters are refused and undone" bad_parameters
result "a second load is refused" twice
result "load and unload take no longer than they may" quick
inside load stress-ng --quiet --temp-path /tmp --vm 1 --vm-bytes 24M --vm-method write64 --fork 1 --dentry 1 -t 600 &
result "$rounds times under load" loop
kill %1
wait
result "nothing is left behind" residue
plan
