#!/usr/bin/env bash
# hooks.sh - hooks that are spared by proof tell the same as the hooks themselves; refusals. TAP out
# shellcheck disable=SC2034,SC2154 # variables shared with lib.sh
self=selftests/vm/hooks.sh cpus=${SMCG_TEST_CPUS:-2}
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

tap=/tmp/events

# stream PARAMETER... - the events of a load in a group, with these module parameters
stream() {
	load "$@" || return 1
	cat $debug/events > $tap &
	local reader=$!
	sleep 0.2
	command watch "$(id_of hooks)" || return 1
	inside hooks stress-ng --quiet --temp-path /tmp --vm 1 --vm-bytes 24M --vm-method write64 --fork 1 --hdd 1 --hdd-bytes 8M -t 3
	rest hooks
	frames=$(status frames_unknown) lost=$(status events.lost)
	sleep 0.3
	kill $reader
	wait $reader 2> /dev/null
	unload
}

# count TYPE CALLER [AWK-CONDITION]
count() {
	records $tap | awk -v type="$(type_of "$1")" -v caller="$2" \
		'$2 % 65536 == type && int($2 / 2 ^ 24) % 256 == caller && ('"${3:-1}"') { n++ } END { print n + 0 }'
}

# Every folio has its page, and every freed page was seen charged.
pages_known() {
	equal lost "$lost" 0 && equal "frames unknown" "$frames" 0 &&
		equal "folios without page" "$(count CHARGE 1 '$6 > 1e15')" 0 || return 1
	[ "$(count CHARGE 1)" -gt 1000 ] && [ "$(count FREE 0)" -gt 500 ] ||
		{ echo "only $(count CHARGE 1) charges, $(count FREE 0) frees"; return 1; }
}

from_register() {
	stream && pages_known
}

from_hook() {
	stream stash_folio=1 && pages_known
}

no_free_unseen() {
	stream check_alloc=1 && equal "pages given out that were not seen freed" "$(count ALLOC 0)" 0
}

# without SYMBOL - the module for a kernel that has no such function: its name is spelt otherwise, and still is one (7.2 looks)
without() { LC_ALL=C sed "s/${1%?}${1: -1}\\x00/${1%?}Q\\x00/g" "$module" > /tmp/without.ko; }

# refuses HOOK SYMBOL - the load is refused with one line that names the symbol, and undone
refuses() {
	local said
	without "$2"
	dmesg -C
	! insmod /tmp/without.ko 2> /dev/null || { echo "$1: loaded without $2"; rmmod shadow_memcg; return 1; }
	said=$(dmesg | grep shadow_memcg: | grep -v 'out-of-tree\|verification failed')
	# Of several names that a function may have, it tells the last that it looked for.
	[ "$(wc -l <<< "$said")" -eq 1 ] && grep -qE "hook $1: cannot attach to [[:alnum:]_.]+: |${2%?}Q" <<< "$said" || { echo "$1: it said: $said"; return 1; }
	[ ! -e $debug ] && ! grep -q shadow_memcg /proc/kallsyms /sys/kernel/tracing/enabled_functions &&
		! pgrep smcg_feeder || { echo "$1: something is left"; return 1; }
}

# Each load takes a quarter of a minute on a debug kernel: there, some of the hooks.
stride=$((slow > 1 ? 5 : 1))

# Every hook that the module says it requires is missed, alone.
required_missing() {
	local name symbol rest count=0 seen=0
	load && cat $debug/hooks > /tmp/hooks && unload || return 1
	while read -r name symbol rest; do
		[[ $rest == *" required "* && $rest != return* && $rest != *"not needed"* ]] || continue
		[ $((seen++ % stride)) -eq 0 ] || continue
		refuses "$name" "$symbol" || return 1
		count=$((count + 1))
	done < /tmp/hooks
	echo "# $count of $seen required hooks"
	[ $seen -gt 10 ]
}

# Without an optional one it works, and says what is lost.
optional_missing() {
	local name symbol rest count=0
	while read -r name symbol rest; do
		[[ $rest == *" optional "* && $rest != return* && $rest != *"not needed"* ]] || continue
		without "$symbol"
		insmod /tmp/without.ko || { echo "$name: not loaded without $symbol"; return 1; }
		grep -E "^$name ${symbol%?}Q .*(ENOENT|-2) \(without it: " $debug/hooks || { grep "^$name " $debug/hooks; unload; return 1; }
		unload
		count=$((count + 1))
	done < /tmp/hooks
	echo "# $count optional hooks"
}

mkdir $groups/hooks
result "a kernel without a required function is refused, and nothing is left" required_missing
result "one without an optional function is not" optional_missing
result "folios are known from the register" from_register
result "folios are known from the hook" from_hook
result "no free is missed" no_free_unseen
plan
