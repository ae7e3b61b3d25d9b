#!/usr/bin/env bash
# faults.sh - load, watch and resync with their allocations failing in turn (the first ones all, later ones a sample); leaks. TAP out
#
# On the debug kernel only (KVER=debug, selftests/debug/run): it injects the failures, and KASAN,
# lockdep and kmemleak look on; what they say ends the machine.
# shellcheck disable=SC2034,SC2154 # variables shared with lib.sh
self=selftests/debug/faults.sh timeout=600 cpus=1
# shellcheck source=selftests/vm/lib.sh
. "$(dirname "$0")/../vm/lib.sh"

fail_nth=$top/${BUILD:-build}/fail_nth

# Every allocation that may sleep can be made to fail.
set_up() {
	local dir
	for dir in failslab fail_page_alloc; do
		echo N > /sys/kernel/debug/$dir/ignore-gfp-wait && echo 0 > /sys/kernel/debug/$dir/verbose || return 1
	done
	echo N > /sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem && echo 0 > /sys/kernel/debug/fail_page_alloc/min-order
}

residue() {
	[ ! -e $debug ] || { echo "$debug is still there"; return 1; }
	! pgrep smcg_feeder || { echo "the feeder is still there"; return 1; }
	! grep -q shadow_memcg /sys/kernel/tracing/enabled_functions || { echo "still hooked"; return 1; }
}

# A load that gets far and is undone takes some 20 seconds there. What the kernel's loader allocates is left out: it warns
# of what fails there, which would be a splat.
loads() { "$fail_nth" -d 32 -r pool_mb=none load "$module" pool_mb=4 && residue; }

# The group's charges go on meanwhile: what was half made must not be used.
watches() { "$fail_nth" write $debug/control "watch $(id_of faults)" "unwatch $(id_of faults)"; }
resyncs() { command watch "$(id_of faults)" && "$fail_nth" write $debug/control resync; }

# Allocations of the feeder fail one in a hundred: tables that grow with groups and tasks.
feeder_fails() {
	local i pid
	pid=$(pgrep -o smcg_feeder) || return 1
	echo 1 > "/proc/$pid/make-it-fail" || return 1
	for dir in failslab fail_page_alloc; do
		echo Y > /sys/kernel/debug/$dir/task-filter && echo -1 > /sys/kernel/debug/$dir/times &&
			echo 1 > /sys/kernel/debug/$dir/probability || return 1
	done
	for i in $(seq 20); do
		mkdir "$groups/faults/g$i" && inside "faults/g$i" true && rmdir "$groups/faults/g$i"
	done
	command barrier
	for dir in failslab fail_page_alloc; do echo 0 > /sys/kernel/debug/$dir/probability; done
	echo 0 > "/proc/$pid/make-it-fail"
	[ "$(status events.applied)" -gt 0 ]
}

# A report of any kind switches lockdep off for good.
lockdep_on() { grep -qE 'debug_locks: *1$' /proc/lockdep_stats; }
awake() { [ -e $leaks ] && lockdep_on; }

mkdir $groups/faults && echo +memory > $groups/faults/cgroup.subtree_control && mkdir $groups/faults/load
result "failures can be injected" set_up
result "lockdep and kmemleak are on" awake
result "allocations of a load fail in turn" loads
load pool_mb=4
inside faults/load stress-ng --quiet --temp-path /tmp --vm 1 --vm-bytes 8M --vm-method write64 --fork 1 --dentry 1 --dentries 64 -t 1200 &
result "allocations of a watch fail in turn" watches
result "allocations of a resync fail in turn" resyncs
result "allocations of the feeder fail" feeder_fails
kill %1
wait
command unwatch "$(id_of faults)"
unload
result "nothing is left behind" residue
result "lockdep is still on" lockdep_on
plan
