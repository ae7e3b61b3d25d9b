#!/usr/bin/env bash
# churn.sh - watched while groups come and go, CPUs too, and commands in between. TAP out
# shellcheck disable=SC2034,SC2154 # variables shared with lib.sh
self=selftests/vm/churn.sh cpus=4 timeout=600
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# groups that live for a moment below a watched one, beside it, and below the root
come_and_go() {
	local i end=$((SECONDS + $1))
	for ((i = 0; SECONDS < end; i++)); do
		for parent in top/in top/beside .; do
			mkdir "$groups/$parent/g$i" || return 1
			inside "$parent/g$i" sh -c 'cat /proc/self/status; ls -R /usr/share/doc | head -n 200' > /dev/null
			rmdir "$groups/$parent/g$i" || { sleep 0.1; rmdir "$groups/$parent/g$i"; } || return 1
		done
	done
}

while_watched() {
	come_and_go 6 || return 1
	rest top/in
	equal lost "$(status events.lost)" 0 &&
		equal errors "$(status errors)" 0 &&
		equal disorder "$(status feed.disorder)" 0 &&
		equal memory "$(awk -v id="$(id_of top/in)" '$1 == id && $2 == "memory" { print $3 * 4096 }' $debug/counters)" \
			"$(cat $groups/top/in/memory.current)"
}

watch_in_between() {
	local worker status=0
	come_and_go 8 &
	worker=$!
	while kill -0 $worker 2> /dev/null; do
		command watch "$(id_of top/in)" && command watch "$(id_of top/beside)" && command barrier &&
			command resync && command unwatch "$(id_of top/in)" &&
			command unwatch "$(id_of top/beside)" || { status=1; break; }
	done
	wait $worker && return $status
}

# A watched group that is removed stays watched by its id, and can be unwatched.
remove_watched() {
	local id
	mkdir $groups/brief
	id=$(id_of brief)
	command watch "$id" && inside brief true && rmdir $groups/brief && command barrier && command unwatch "$id"
}

# Watching the root takes all groups, those to come too.
watch_root() {
	command watch 1 || return 1
	mkdir $groups/late
	inside late sh -c 'ls -R /usr/share/doc | head -n 1000' > /dev/null
	rest late
	equal memory "$(awk -v id="$(id_of late)" '$1 == id && $2 == "memory" { print $3 * 4096 }' $debug/counters)" \
		"$(cat $groups/late/memory.current)"
	local status=$?
	command unwatch 1 && rmdir $groups/late && return $status
}

# Work until told to stop, in bursts of some 115,000 events: the next one waits until the last has been
# applied. So a ring of more slots is never full because of the pace, however slow the machine; what is
# lost, a CPU that came or went has lost.
in_bursts() {
	while [ ! -e /tmp/enough ]; do
		inside top/in/leaf stress-ng --quiet --temp-path /tmp --vm 2 --vm-bytes 24M --vm-method write64 --vm-ops 10 \
			--fork 1 --fork-ops 32 --dentry 1 --dentries 128 --dentry-ops 512 || { echo "stress-ng: exit $?, $(dmesg | tail -n 5 | paste -sd '|')" >&2; return 1; }
		command barrier || { echo "no barrier" >&2; return 1; }
		echo burst
	done
}

cpus_come_and_go() {
	local worker i
	command watch "$(id_of top/in)" || return 1
	: > /tmp/bursts
	in_bursts > /tmp/bursts &
	worker=$!
	for ((i = 0; i < 3 || (i < 50 && $(wc -l < /tmp/bursts) < 3); i++)); do
		for cpu in 1 3; do echo 0 > /sys/devices/system/cpu/cpu$cpu/online || { echo "CPU $cpu stays"; return 1; }; done
		command resync || { echo "no resync"; return 1; }
		for cpu in 1 3; do echo 1 > /sys/devices/system/cpu/cpu$cpu/online || { echo "CPU $cpu does not come back"; return 1; }; done
	done
	touch /tmp/enough
	wait $worker || return 1
	rest top/in
	echo "# CPUs came and went $i times, in $(wc -l < /tmp/bursts) bursts" >&3
	[ "$(wc -l < /tmp/bursts)" -ge 3 ] || { echo "only $(wc -l < /tmp/bursts) bursts"; return 1; }
	equal lost "$(status events.lost)" 0 && equal disorder "$(status feed.disorder)" 0 &&
		equal memory "$(awk -v id="$(id_of top/in)" '$1 == id && $2 == "memory" { print $3 * 4096 }' $debug/counters)" \
			"$(cat $groups/top/in/memory.current)"
	local status=$?
	command unwatch "$(id_of top/in)"
	return $status
}

# OOM kills, with tasks asleep in the OOM killer while the module goes.
unload_in_oom() {
	mkdir $groups/oom && echo 16M > $groups/oom/memory.max && echo 0 > $groups/oom/memory.swap.max
	load && command watch "$(id_of oom)" || return 1
	stress_in_oom &
	local worker=$! status=0 i
	for ((i = 0; i < 300 && $(oom_kills) < 8; i++)); do sleep 0.2; done
	[ "$(oom_kills)" -gt 0 ] || { echo "no OOM kill"; status=1; }
	command barrier
	equal "missed returns" "$(status missed)" 0 || status=1
	unload || status=1
	kill $worker
	echo 1 > $groups/oom/cgroup.kill
	wait
	return $status
}
oom_kills() { awk '$1 == "oom_kill" { print $2 }' $groups/oom/memory.events; }
stress_in_oom() {
	while :; do inside oom stress-ng --quiet --oomable --vm 4 --vm-bytes 48M --vm-method write64 -t 2; done
}

mkdir $groups/top && echo +memory > $groups/top/cgroup.subtree_control && mkdir $groups/top/in $groups/top/beside
for group in in beside; do echo +memory > $groups/top/$group/cgroup.subtree_control; done
exec 3>&1
load
command watch "$(id_of top/in)"
result "groups come and go while watched" while_watched
command unwatch "$(id_of top/in)"
result "watch and unwatch in between" watch_in_between
result "a watched group is removed" remove_watched
result "the root is watched" watch_root
rmdir $groups/top/beside
mkdir $groups/top/in/leaf
unload
# more than a burst, were all of it on one CPU
load ring_slots=262144
result "CPUs come and go" cpus_come_and_go
unload
result "unload amid OOM kills" unload_in_oom
plan
