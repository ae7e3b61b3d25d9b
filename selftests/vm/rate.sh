#!/usr/bin/env bash
# rate.sh - more events than one feeder can take: what is lost is told exactly, the verdict says so, and
# the state is right again soon. TAP out
# shellcheck disable=SC2034,SC2154 # variables shared with lib.sh
self=selftests/vm/rate.sh cpus=4
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# How long README says it takes from the end of an overload until everything is right again.
soon_ms=3000
tracing=/sys/kernel/tracing

ms() { echo $(($(date +%s%N) / 1000000)); }

# The feeder has CPU 0 for itself, the others do nothing but make events, in a ring of normal size.
overload() {
	taskset -p 1 "$(pgrep -x smcg_feeder)" > /dev/null || return 1
	command watch "$(id_of rate)" || return 1
	inside rate taskset -c 1-3 stress-ng --quiet --temp-path /tmp --msg 6 --timeout "$1"
}

counters_agree() {
	equal memory "$(awk -v id="$(id_of rate)" '$1 == id && $2 == "memory" { print $3 * 4096 }' $debug/counters)" \
		"$(cat $groups/rate/memory.current)"
}

# gaps: number of gap events and the sum of what they tell
gaps() { awk '/smcg_gap:/ { n++; sub(/.*lost=/, ""); sum += $1 } END { print n + 0, sum + 0 }' $tracing/trace; }

loses() {
	local before after begin busy took
	load || return 1
	echo 1 > $tracing/events/shadow_memcg/smcg_gap/enable
	overload 6 &
	local worker=$!
	sleep 2
	begin=$(ms) before=$(status events.applied) busy=$(status feeder.cpu_ns)
	sleep 3
	after=$(status events.applied) took=$(($(ms) - begin)) busy=$(($(status feeder.cpu_ns) - busy))
	echo "# $(((after - before) * 1000 / took)) events a second applied, the feeder busy $((busy / took / 10000)) % of the time" >&3
	wait $worker || return 1
}

# Bursts that are made faster than the feeder takes them, by tasks on its own CPU: it goes first, a small ring is enough.
keeps_up() {
	load ring_slots=4096 || return 1
	taskset -p 1 "$(pgrep -x smcg_feeder)" > /dev/null && command watch "$(id_of rate)" || return 1
	inside rate taskset -c 0 stress-ng --quiet --temp-path /tmp --sockpair 2 --timeout 4 || return 1
	command barrier || return 1
	echo "# $(status events.applied) events, at most $(status feeder.max_batch) in a batch" >&3
	[ "$(status events.applied)" -gt 50000 ] || { echo "too few events: $(status events.applied)"; return 1; }
	equal lost "$(status events.lost)" 0
}

# In time, by itself: settled, and every counter equal to the real one.
recovers() {
	local end left
	end=$(ms)
	until command barrier && [ "$(status settled)" = 1 ] && counters_agree > /dev/null; do
		left=$((soon_ms - $(ms) + end))
		[ $left -gt 0 ] || { counters_agree; status settled; return 1; }
		sleep 0.05
	done
	echo "# recovered after $(($(ms) - end)) ms" >&3
	[ "$(status auto_resyncs)" -gt 0 ] || { echo "no resync of its own"; return 1; }
}

exact() {
	[ "$(status events.lost)" -gt 0 ] || { echo "nothing was lost"; return 1; }
	echo "# lost: $(status events.lost) of $(($(status events.applied) + $(status events.lost)))" >&3
	equal "gaps and what they tell" "$(gaps)" "$(status events.gaps) $(status events.lost)" &&
		equal disorder "$(status feed.disorder)" 0
}

# A ring that is too small for its feeder.
no_verdict() {
	local out status
	load ring_slots=256 test_feed_delay_ms=50 || return 1
	out=$(smcg compare --json --set memory.max=24M -- stress-ng --quiet --vm 2 --vm-bytes 24M --vm-method write64 --timeout 3)
	status=$?
	equal "exit status" $status 1 &&
		equal verdict "$(jq -r .verdict <<< "$out")" inconclusive &&
		{ jq -e '.events.lost > 0' <<< "$out" > /dev/null || { echo "no loss told"; return 1; }; }
}

exec 3>&1
mkdir $groups/rate
result "bursts on the feeder's CPU: nothing is lost" keeps_up
command unwatch "$(id_of rate)"
unload
result "more events than the feeder can take" loses
result "the state is right again in time" recovers
result "losses are told exactly" exact
command unwatch "$(id_of rate)"
unload
result "losses make the verdict inconclusive" no_verdict
unload
plan
