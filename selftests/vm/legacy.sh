#!/usr/bin/env bash
# legacy.sh - cgroup v1: the shadow's files have its names and say what the real ones say. TAP out
# shellcheck disable=SC2034,SC2154 # variables shared with lib.sh
self=selftests/vm/legacy.sh cpus=1 cgroup=v1
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

counters='memory memory.memsw memory.kmem memory.kmem.tcp'

settings() {
	echo 24M > $groups/a/memory.limit_in_bytes &&
		echo 40M > $groups/a/memory.memsw.limit_in_bytes &&
		echo 8M > $groups/a/b/memory.soft_limit_in_bytes &&
		echo 1M > $groups/a/b/memory.kmem.tcp.limit_in_bytes &&
		echo 1 > $groups/a/memory.oom_control
}

names() {
	local dir file
	for dir in a a/b; do
		for file in usage_in_bytes max_usage_in_bytes limit_in_bytes failcnt; do
			for counter in $counters; do
				[ -f $debug/groups/$dir/$counter.$file ] || { echo "no $dir/$counter.$file"; return 1; }
			done
		done
		[ -f $debug/groups/$dir/memory.soft_limit_in_bytes ] && [ -f $debug/groups/$dir/memory.oom_control ] &&
			[ ! -e $debug/groups/$dir/memory.current ] || return 1
	done
}

# same FILE - in both groups
same() {
	local dir
	for dir in a a/b; do
		equal "$dir/$1" "$(cat $debug/groups/$dir/$1)" "$(cat $groups/$dir/$1)" || return 1
	done
}

all_same() {
	local counter file
	for counter in $counters; do
		for file in usage_in_bytes max_usage_in_bytes failcnt; do
			# what kernel memory had at most races with what was there before the watch
			[ $counter.$file = memory.kmem.max_usage_in_bytes ] || same $counter.$file || return 1
		done
	done
}

limits() {
	local counter
	for counter in memory memory.memsw memory.kmem.tcp; do
		same $counter.limit_in_bytes || return 1
	done
	same memory.soft_limit_in_bytes
}

oom_control() {
	local dir
	for dir in a a/b; do
		equal "$dir" "$(cat $debug/groups/$dir/memory.oom_control)" \
			"$(cat $groups/$dir/memory.oom_control)" || return 1
	done
}

work() {
	inside a/b stress-ng --quiet --temp-path /tmp --vm 1 --vm-bytes 30M --vm-keep --vm-method rand-set --dentry 1 \
		--dentries 128 -t 3
	sleep 0.5
	command barrier
	[ "$(cat $groups/a/memory.failcnt)" -gt 100 ] # it was over its limit
}

another_hierarchy() {
	[ "$(awk '$1 ~ /^(swapout|sock_charge|move|move_end|threshold|oom_notify|oom_wait)$/ && /attached/' $debug/hooks | wc -l)" = 7 ]
}

mkdir -p $groups/a/b
result 'the module loads' load
result 'what only this hierarchy has is hooked' another_hierarchy
result 'limits are set' settings
result 'a group is watched' command watch "$(id_of a)"
sleep 0.3
result 'a program exceeds them' work
result "files have cgroup v1's names" names
result 'counters are the real ones, in bytes' all_same
result 'limits are, too' limits
result 'and whether the OOM killer is off' oom_control
echo 64M > $groups/a/memory.memsw.limit_in_bytes
command barrier
result 'a limit that changed' same memory.memsw.limit_in_bytes
result 'no decision went wrong' equal adopted "$(status adopted)" 0
result 'every counter operation had a cause' equal unexplained "$(status unexplained)" 0
command unwatch "$(id_of a)"
result 'the module unloads' unload
plan
