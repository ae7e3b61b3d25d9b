#!/usr/bin/env bash
# files.sh - debugfs: who may, what is refused, and the shadow's files against the real ones. TAP out
# shellcheck disable=SC2034,SC2154 # variables shared with lib.sh
self=selftests/vm/files.sh
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# refused ERROR COMMAND... - a control command fails with this message
refused() {
	local want=$1 got
	shift
	got=$( (echo "$*" > $debug/control) 2>&1)
	[[ $got == *"$want"* ]] || { echo "'$*': '$got', not '$want'"; return 1; }
}

bad_commands() {
	refused 'Invalid argument' &&
		refused 'Invalid argument' dance &&
		refused 'Invalid argument' watch &&
		refused 'Invalid argument' watch x &&
		refused 'Invalid argument' watch "$(id_of a)" sideways &&
		refused 'Invalid argument' watch "$(id_of a)" follow more &&
		refused 'Invalid argument' unwatch 5 6 &&
		refused 'Invalid argument' unwatch -5 &&
		refused 'Invalid argument' barrier now &&
		refused 'Invalid argument' watch 99999999999999999999999 &&
		refused 'Invalid argument' "$(printf 'x%.0s' {1..100})" &&
		refused 'No such file' watch 123456789 &&
		refused 'No such file' unwatch "$(id_of a)" &&
		refused 'No such file' resync
}

watch_twice() {
	command watch "$(id_of a)" && refused 'File exists' watch "$(id_of a)"
}

root_only() {
	local file
	for file in version status hooks counters stocks pool events decisions groups; do
		! setpriv --reuid 65534 --regid 65534 --clear-groups cat $debug/$file || return 1
	done
	! setpriv --reuid 65534 --regid 65534 --clear-groups ls $debug || return 1
	equal mode "$(stat -c %a $debug)" 700 &&
		equal "files that others can use" "$(find $debug -type f -perm /077 | wc -l)" 0
}

one_reader() {
	cat $debug/decisions > /dev/null &
	local reader=$!
	sleep 0.3
	! cat $debug/decisions 2> /tmp/err
	local status=$?
	kill $reader
	grep -q busy /tmp/err || { cat /tmp/err; return 1; }
	return $status
}

nonblocking() {
	# the header first, then nothing: an error instead of a wait
	dd if=$debug/decisions iflag=nonblock of=/tmp/out bs=64 count=2 2> /tmp/err
	grep -q 'temporarily unavailable' /tmp/err && equal header "$(stat -c %s /tmp/out)" 64 &&
		equal magic "$(head -c 8 /tmp/out)" SHDWSMCG
}

no_addresses() {
	! cat $debug/{version,status,hooks,counters,stocks,pool} | grep -iE '\bffff[0-9a-f]{12}\b'
}

all_attached() {
	! grep -vE ' (attached|not needed: .*)$' $debug/hooks
}

# Decisions are trace events, too.
traced() {
	local trace=/sys/kernel/tracing
	echo 1 > $trace/events/shadow_memcg/smcg_decision/enable
	inside a/b sh -c 'ls -R /usr/share/doc | head -n 500' > /dev/null
	command barrier
	echo 0 > $trace/events/shadow_memcg/smcg_decision/enable
	grep -q "smcg_decision: seq=[0-9]* kind=stock_hit group=$(id_of a/b) nr=1 result=0" $trace/trace ||
		{ grep smcg_decision $trace/trace | head -n 3; return 1; }
	! grep smcg_decision $trace/trace | grep -vE 'kind=[a-z_]+ ' || { echo "a kind has no name"; return 1; }
}

# An open file keeps the module.
kept_by_readers() {
	exec 3< $debug/events
	! rmmod shadow_memcg 2> /dev/null
	local status=$?
	exec 3<&-
	return $status
}

# same GROUP FILE - the shadow's file says what the real one says
same() {
	equal "$1/$2" "$(cat "$debug/groups/$1/$2")" "$(cat "$groups/$1/$2")"
}

# Lines that the shadow has, in the real file too.
same_lines() {
	local line
	while read -r line; do
		grep -qx "$line" "$groups/$1/$2" || { echo "$1/$2: $line, not $(grep "^${line% *} " "$groups/$1/$2")"; return 1; }
	done < "$debug/groups/$1/$2"
}

# Work in bursts: the next one waits until the last was applied, so nothing is lost because a machine is slow.
# in_bursts N STRESS-NG-ARGS
in_bursts() {
	local i n=$1
	shift
	for ((i = 0; i < n; i++)); do
		inside a/b stress-ng --quiet --temp-path /tmp --vm-method write64 -t 1 "$@" && command barrier || return 1
	done
}

# At rest, after reclaim, swap and a limit that changed meanwhile.
equal_at_rest() {
	local group file
	echo 64M > $groups/a/memory.max
	in_bursts 4 --vm 2 --vm-bytes 60M --dentry 1 --dentries 128 --fork 1 || return 1
	echo 48M > $groups/a/memory.max
	in_bursts 2 --vm 1 --vm-bytes 60M || return 1
	[ "$(awk '$1 == "max" { print $2 }' $groups/a/memory.events)" -gt 100 ] || { echo "hardly any reclaim"; return 1; }
	rest a
	for group in a a/b; do
		for file in memory.current memory.swap.current memory.min memory.low memory.high memory.max \
			memory.swap.max memory.swap.high memory.swap.events memory.oom.group; do
			same $group $file || return 1
		done
		same_lines $group memory.events && same_lines $group memory.events.local || return 1
	done
	equal lost "$(status events.lost)" 0 && equal errors "$(status errors)" 0
}

# Anonymous memory, a tmpfs and a cache, which stay until told to go; then all of it is looked at again.
holder() {
	local x
	x=$(head -c 12M /dev/zero | tr '\0' x)
	head -c 6M /dev/zero > /dev/shm/held
	find /usr/lib/x86_64-linux-gnu -maxdepth 1 -type f -size +1M | head -n 8 | xargs cat > /dev/null
	touch /tmp/holds
	while [ ! -e /tmp/look ]; do sleep 0.2; done
	cat /dev/shm/held > /dev/null
	printf %s "$x" > /dev/null
	touch /tmp/looked
	while [ ! -e /tmp/end ]; do sleep 0.2; done
	rm /dev/shm/held
}
until_there() {
	local _
	for _ in $(seq 600); do [ ! -e "$1" ] || return 0; sleep 0.2; done
	echo "no $1"
	return 1
}

# near WHAT HAVE WANT SLACK LEAST - equal but for what is on its way between being charged and being mapped
near() { [ $(($2 > $3 ? $2 - $3 : $3 - $2)) -le "$4" ] && [ "$2" -ge "$5" ] || { echo "$1: $2, not $3 (give or take $4, at least $5)"; return 1; }; }
line_of() { awk -v name="$2" '$1 == name { print $2 }' "$1"; }

# like_the_kernels SLACK LEAST_ANON LEAST_FILE LEAST_SHMEM LEAST_HUGE - what folios of a/k are, and what the kernel counts as it maps and caches them
like_the_kernels() {
	local mine=$debug/groups/a/k/memory.stat real=$groups/a/k/memory.stat swapcached
	rest a/k
	sleep 3 # it sums up every two seconds
	swapcached=$(line_of $real swapcached)
	near rss "$(line_of $mine rss)" "$(line_of $real anon)" $(($1 + swapcached)) "$2" &&
		near cache "$(line_of $mine cache)" $(($(line_of $real file) - swapcached)) $((512 * 1024)) "$3" &&
		near shmem "$(line_of $mine shmem)" "$(line_of $real shmem)" $((512 * 1024)) "$4" &&
		near rss_huge "$(line_of $mine rss_huge)" $(($(line_of $real anon_thp) + $(line_of $real shmem_thp))) "$1" "$5" &&
		equal untold "$(line_of $mine untold)" ''
}

# what_folios_are THP - with huge pages, always or never: of one that is huge some may be unmapped, and all is charged
what_folios_are() {
	local m=$((1024 * 1024)) thp=/sys/kernel/mm/transparent_hugepage/enabled worker status=0 _
	local slack=$((m / 2)) huge=0
	[ "$1" = never ] || slack=$((9 * m / 2)) huge=$((8 * m))
	echo "$1" > $thp
	echo max > $groups/a/memory.max
	mkdir $groups/a/k && rm -f /tmp/holds /tmp/look /tmp/looked /tmp/end
	export -f holder
	echo 3 > /proc/sys/vm/drop_caches # what is cached already is charged to others
	inside a/k bash -c holder &
	worker=$!
	until_there /tmp/holds && like_the_kernels $slack $((12 * m)) $((8 * m)) $((5 * m)) $huge || status=1
	# some goes to swap and comes back
	for _ in $(seq 20); do
		echo 8M swappiness=200 > $groups/a/k/memory.reclaim 2> /dev/null || echo 8M > $groups/a/k/memory.reclaim 2> /dev/null
		[ "$(cat $groups/a/k/memory.swap.current)" -le $((4 * m)) ] || break
	done
	[ "$(cat $groups/a/k/memory.swap.current)" -gt $((4 * m)) ] || { echo "swapped: $(cat $groups/a/k/memory.swap.current)"; status=1; }
	touch /tmp/look
	until_there /tmp/looked && like_the_kernels $slack $((12 * m)) $((5 * m)) $((5 * m)) 0 || status=1
	touch /tmp/end
	wait $worker
	like_the_kernels $slack 0 0 0 0 || status=1
	rmdir $groups/a/k
	return $status
}

# A barrier brings limits that no charge has met yet.
limits_at_barrier() {
	echo 3M > $groups/a/b/memory.low
	echo 77M > $groups/a/b/memory.high
	echo 5M > $groups/a/memory.swap.max
	command barrier
	same a/b memory.low && same a/b memory.high && same a memory.swap.max
}

peak() {
	same a memory.peak
}

directories_follow() {
	mkdir $groups/a/new && sleep 0.5
	[ -e $debug/groups/a/new/memory.current ] || { echo "no directory for a new group"; return 1; }
	rmdir $groups/a/new && mkdir $groups/a/new && sleep 0.5
	[ -e $debug/groups/a/new/memory.current ] || { echo "no directory for a group made again"; return 1; }
	equal "memory.current of the new one" "$(cat $debug/groups/a/new/memory.current)" "$(cat $groups/a/new/memory.current)"
	rmdir $groups/a/new
}

gone_with_unwatch() {
	command unwatch "$(id_of a)" && sleep 0.5
	equal directories "$(find $debug/groups -mindepth 1 | wc -l)" 0 && equal watched "$(status watched)" 0
}

mkdir -p $groups/a && echo +memory > $groups/a/cgroup.subtree_control && mkdir $groups/a/b
load ring_slots=262144
result "all hooks are attached" all_attached
result "bad commands are refused" bad_commands
result "a group is watched once" watch_twice
result "only root may look" root_only
result "a binary file has one reader" one_reader
result "reading does not wait when asked not to" nonblocking
result "files equal the real ones at rest" equal_at_rest
result "what folios are is known" what_folios_are never
result "what huge folios are is known" what_folios_are always
result "limits are told at a barrier" limits_at_barrier
result "the peak equals the real one" peak
result "decisions can be traced" traced
result "who reads keeps the module" kept_by_readers
result "no kernel address is told" no_addresses
result "directories follow the groups" directories_follow
result "they go with unwatch" gone_with_unwatch
unload
plan
