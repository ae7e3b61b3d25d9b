#!/usr/bin/env bash
# order.sh - events come in order whatever happens between a hook's steps, and losses are
# told exactly, in a ring that is too small (rate.sh: in one of normal size). TAP out
# shellcheck disable=SC2034,SC2154 # variables shared with lib.sh
self=selftests/vm/order.sh cpus=4
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

tap=/tmp/events

# Until nothing was applied, nor read, for some rounds: a busy host may hold up either.
all_read() {
	local now before='' same=0 round
	for ((round = 0; round < 60 && same < 4; round++)); do
		now="$(status events.applied) $(stat -c %s $tap)"
		[ "$now" = "$before" ] && same=$((same + 1)) || same=0
		before=$now
		sleep 0.5
	done
}

# record SECONDS [UNWATCH] - a stream of the group under load, to $tap
record() {
	cat $debug/events > $tap &
	local reader=$!
	sleep 0.2
	command watch "$(id_of order)" || return 1
	inside order stress-ng --quiet --temp-path /tmp --vm 2 --vm-bytes 24M --vm-method write64 --fork 2 --dentry 1 --dentries 128 -t "$1"
	rest order
	# so that the numbers in status stay
	[ -z "${2:-}" ] || command unwatch "$(id_of order)"
	all_read
	kill $reader
	wait $reader 2> /dev/null
	return 0
}

forget() { command unwatch "$(id_of order)"; }

# Rings, and a stream, that hold what four emulated CPUs do while the host has better to do: this is about the
# order. What the reader is too slow for even so is counted, and nothing else may be missing.
in_order() {
	load ring_slots=262144 stream_records=1048576 && record 3 unwatch || return 1
	echo "# $(records $tap | wc -l) events, $(status events.tap_lost) not read in time"
	equal disorder "$(status feed.disorder)" 0 &&
		equal lost "$(status events.lost)" 0 &&
		[ "$(records $tap | wc -l)" -gt $((10 * $(status events.tap_lost))) ] &&
		equal "records behind an older one" "$(records $tap | awk '$1 < last { bad++ } { last = $1 } END { print bad + 0 }')" 0 &&
		equal "records" "$(($(records $tap | wc -l) + $(status events.tap_lost)))" "$(status events.applied)"
}

# A stream that holds next to nothing.
too_slow() {
	local lost
	lost=$(status events.tap_lost)
	echo 256 > $params/stream_records
	record 1 unwatch || return 1
	echo 1048576 > $params/stream_records
	lost=$(($(status events.tap_lost) - lost))
	[ "$lost" -gt 0 ] || { echo "the reader was never too slow"; return 1; }
	equal records $(($(records $tap | wc -l) + lost)) "$(status events.applied)"
}

# The moments between reservation, clock and publication made long enough to hit.
stretched() {
	echo 20000 > $params/test_stretch_ns
	record 5 || return 1
	echo 0 > $params/test_stretch_ns
	[ "$(status feeder.waits)" -gt 0 ] || { echo "the feeder never had to wait"; return 1; }
	equal disorder "$(status feed.disorder)" 0
}

# The same without the gate must fail, or the check proves nothing.
without_gate() {
	echo 20000 > $params/test_stretch_ns
	echo 1 > $params/test_no_gate
	record 5 || return 1
	echo 0 > $params/test_no_gate
	echo 0 > $params/test_stretch_ns
	[ "$(status feed.disorder)" -gt 0 ] || { echo "no disorder without the gate"; return 1; }
}

slow_clock() {
	load clock=mono && record 2 || return 1
	equal clock "$(awk '$1 == "clock" { print $2 }' $debug/version)" mono &&
		equal disorder "$(status feed.disorder)" 0
}

# A ring of 256 slots and a feeder that comes too late.
losses() {
	local gap told
	load ring_slots=256 auto_resync=0 test_feed_delay_ms=50 && record 3 || return 1
	gap=$(type_of GAP)
	told=$(records $tap | awk -v gap="$gap" '$2 % 65536 == gap { sum += $6 } END { print sum + 0 }')
	[ "$told" -gt 0 ] || { echo "nothing was lost"; return 1; }
	equal "sum of the gaps" "$told" "$(status events.lost)" &&
		equal "gaps" "$(records $tap | awk -v gap="$gap" '$2 % 65536 == gap' | wc -l)" "$(status events.gaps)" &&
		equal settled "$(status settled)" 0
}

# With room again, a resync brings the truth back.
recovery() {
	echo 0 > $params/test_feed_delay_ms
	command resync || return 1
	rest order
	equal settled "$(status settled)" 1 &&
		equal memory "$(awk -v id="$(id_of order)" '$1 == id && $2 == "memory" { print $3 * 4096 }' $debug/counters)" \
			"$(cat $groups/order/memory.current)"
}

mkdir $groups/order
result "events are in order" in_order
result "what a reader is too slow for is counted" too_slow
result "in order with the hooks' steps drawn out" stretched
forget
result "the check of the order can fail" without_gate
forget
unload
result "in order with the kernel's clock" slow_clock
forget
unload
result "losses are told exactly" losses
result "a resync recovers from losses" recovery
unload
plan
