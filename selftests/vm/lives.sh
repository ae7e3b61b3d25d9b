#!/usr/bin/env bash
# lives.sh - ten thousand groups come and go under watch; groups that outlive their removal, and by what. TAP out
# shellcheck disable=SC2034,SC2154 # variables shared with lib.sh
self=selftests/vm/lives.sh timeout=600
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

rounds=4 per_round=2500

# Every 50th is visited by the process that makes them, which is then charged there.
make_groups='
	my ($at, $nr) = @ARGV;
	sub visit { open(my $f, ">", "$_[0]/cgroup.procs") or die "$_[0]: $!"; print $f $$; close($f) or die "$_[0]: $!"; }
	for my $i (0 .. $nr - 1) {
		mkdir("$at/g$i") or die "$at/g$i: $!";
		next if $i % 50;
		visit("$at/g$i");
		my $room = "x" x 200000;
		opendir(my $dir, "/usr/share/doc"); readdir($dir); closedir($dir);
	}
	visit("$at/../rest");
	for my $i (0 .. $nr - 1) { rmdir("$at/g$i") or die "$at/g$i: $!"; }'

# Each CPU keeps up to 64 slots of swap that were freed, charged still: others take their place.
flush_slots() {
	local cpu
	for cpu in $(seq 0 $(($(nproc) - 1))); do
		inside many/rest taskset -c "$cpu" sh -c 'dd if=/dev/zero of=/dev/shm/others bs=64k count=32 status=none
			echo 1M > /sys/fs/cgroup/many/rest/memory.reclaim
			rm /dev/shm/others' 2> /dev/null
	done
}

# wait_for_dying MOST - removed groups go as soon as nothing keeps them
wait_for_dying() {
	local i
	for i in $(seq 100); do
		command barrier
		[ "$(status groups_dying)" -gt "$1" ] || return 0
		echo 3 > /proc/sys/vm/drop_caches
		flush_slots
		sleep 0.1
	done
	echo "$(status groups_dying) groups are still dying:"
	head -n 5 $debug/dying
	return 1
}

# What each round left: bytes of the engine, groups, its own time per group.
run_rounds() {
	local i before
	for i in $(seq $rounds); do
		before=$(status feeder.cpu_ns)
		perl -e "$make_groups" $groups/many/all $per_round || return 1
		wait_for_dying 0 || return 1
		echo "$(status world.bytes) $(status groups) $((($(status feeder.cpu_ns) - before) / per_round))"
	done > /tmp/rounds
}

true_still() {
	equal lost "$(status events.lost)" 0 && equal errors "$(status errors)" 0 && equal disorder "$(status feed.disorder)" 0 &&
		equal missed "$(status missed)" 0 && equal unexplained "$(status unexplained)" 0 && equal adopted "$(status adopted)" 0
}

same_memory() {
	equal "memory of $1" "$(awk -v id="$(id_of "$1")" '$1 == id && $2 == "memory" { print $3 * 4096 }' $debug/counters)" \
		"$(cat "$groups/$1/memory.current")" &&
		equal "swap of $1" "$(awk -v id="$(id_of "$1")" '$1 == id && $2 == "swap" { print $3 * 4096 }' $debug/counters)" \
			"$(cat "$groups/$1/memory.swap.current")"
}

ten_thousand() {
	run_rounds && rest many && same_memory many && true_still
}

# The first round made the tables as large as they are, the second had its most calls open at once.
flat_memory() {
	awk 'NR == 2 { bytes = $1; groups = $2 } NR > 2 && ($1 > bytes || $2 != groups) { bad = 1 } { print } END { exit bad }' /tmp/rounds
}

flat_time() {
	awk 'NR == 1 { first = $3 } { last = $3; print } END { exit !(last < 3 * first) }' /tmp/rounds
}

# kept_by WORD... - the one group that was removed has some of each
kept_by() {
	local word
	equal "removed groups" "$(wc -l < $debug/dying)" 1 || return 1
	for word in "$@"; do
		grep -qE " $word [1-9]" $debug/dying || { echo "no $word: $(cat $debug/dying)"; return 1; }
	done
}

# outlives COMMAND WORD... - a group is removed, what COMMAND was charged for there stays
outlives() {
	local what=$1
	shift
	mkdir $groups/many/all/kept && inside many/all/kept sh -c "$what" || return 1
	# so that it is in no stock any more
	inside many/rest sh -c 'cat /proc/self/status > /dev/null'
	rmdir $groups/many/all/kept && rest many && kept_by "$@" && same_memory many && true_still
}

file_pages() { outlives 'cp /usr/bin/perl /root/kept' frames memory; }
shmem_swapped() {
	outlives 'dd if=/dev/zero of=/dev/shm/kept bs=1M count=8 status=none && echo 6M > /sys/fs/cgroup/many/all/kept/memory.reclaim' frames swap
}
gone_at_last() {
	rm -f "$1" && wait_for_dying 0 && rest many && same_memory many && true_still && equal "removed groups" "$(wc -l < $debug/dying)" 0
}

# A socket keeps the group that made it although its task has gone to another.
sockets() {
	mkdir $groups/many/all/kept || return 1
	perl -MSocket -e '
		sub visit { open(my $f, ">", "$_[0]/cgroup.procs") or die; print $f $$; close($f) or die; }
		visit("/sys/fs/cgroup/many/all/kept");
		socketpair(my $a, my $b, AF_UNIX, SOCK_STREAM, 0) or die;
		socket(my $l, PF_INET, SOCK_STREAM, 0) or die; bind($l, sockaddr_in(0, INADDR_LOOPBACK)) or die; listen($l, 1) or die;
		socket(my $c, PF_INET, SOCK_STREAM, 0) or die; connect($c, getsockname($l)) or die; accept(my $s, $l) or die;
		$c->blocking(0); syswrite($c, "x" x 65536) for 1 .. 16;
		visit("/sys/fs/cgroup/many/rest");
		rmdir("/sys/fs/cgroup/many/all/kept") or die;
		open(my $ready, ">", "/tmp/ready"); close($ready); sleep(60);' &
	local worker=$! status=0 i
	for i in $(seq 50); do [ ! -e /tmp/ready ] || break; sleep 0.1; done
	rest many
	kept_by memory && same_memory many || status=1
	kill $worker
	wait $worker 2> /dev/null
	wait_for_dying 0 && rest many && same_memory many && true_still || status=1
	return $status
}

# The ids that a group had serve the next one, while slots of swap still name the first.
ids_again() {
	local i
	for i in $(seq 12); do
		mkdir $groups/many/all/kept && inside many/all/kept sh -c "dd if=/dev/zero of=/dev/shm/kept$i bs=1M count=2 status=none
			echo 2M > /sys/fs/cgroup/many/all/kept/memory.reclaim" 2> /dev/null
		rmdir $groups/many/all/kept || return 1
	done
	rest many
	equal "removed groups" "$(wc -l < $debug/dying)" 12 && same_memory many || return 1
	for i in $(seq 12); do
		cat /dev/shm/kept$i > /dev/null
		rm -f /dev/shm/kept$i
		mkdir $groups/many/all/next$i && inside many/all/next$i true && rmdir $groups/many/all/next$i || return 1
	done
	wait_for_dying 0 && rest many && same_memory many && true_still
}

# The counters of a removed group are in no file: the witness reads them, and they are judged as all others.
judged() {
	smcg compare --json --max-ambiguous 1 --set memory.max=40M --in run -- selftests/agreement/scenario dying 2 /tmp > /tmp/judged.json || {
		jq -c .verdict,.drift_pages /tmp/judged.json
		return 1
	}
	jq -e '[.drift_pages[] | select(.group | startswith("removed")) | select(.counter == "memory" and .real > 500)] | length > 0' \
		/tmp/judged.json
}

mkdir $groups/many && echo +memory > $groups/many/cgroup.subtree_control && mkdir $groups/many/all $groups/many/rest &&
	echo +memory > $groups/many/all/cgroup.subtree_control
load ring_slots=262144
command watch "$(id_of many)"
result "$((rounds * per_round)) groups come and go" ten_thousand
result "the engine needs no more memory for it" flat_memory
result "nor more time for a group" flat_time
sed 's/^/# bytes, groups, ns per group: /' /tmp/rounds
result "pages of a file outlive their group" file_pages
result "and go with the file" gone_at_last /root/kept
result "a tmpfs in memory and swap outlives its group" shmem_swapped
result "and goes with its file" gone_at_last /dev/shm/kept
result "a socket outlives its group" sockets
result "ids are used again" ids_again
command unwatch "$(id_of many)"
result "compare judges removed groups, too" judged
unload
plan
