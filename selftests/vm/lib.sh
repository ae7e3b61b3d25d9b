# lib.sh - what the module's tests share. Sourced, after `self` was set to the script's path.
#
# Outside of the machine it starts the script again inside, without the module; each test
# loads it with the parameters that it needs.
# shellcheck shell=bash disable=SC2034 # variables for who sources this

# A kernel with KASAN and lockdep takes its time, limits are that much longer, and memory: shadow, quarantine, red zones.
slow=1 mem=1G
[[ ${KVER:-} != debug && $(uname -r) != *-smcg-debug-* ]] || slow=6 mem=2G

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
if [ -z "${SMCG_VM:-}" ]; then
	cd "$top" || exit 3
	# shellcheck disable=SC2154 # set by who sources this
	exec scripts/vm --kernel "${KVER:-6.1}" --cpus "${cpus:-2}" --cgroup "${cgroup:-v2}" --mem $mem --no-module --timeout $((slow * ${timeout:-300})) -- "$top/$self"
fi

module=$top/${BUILD:-build}/$(uname -r)/shadow_memcg.ko
debug=/sys/kernel/debug/shadow_memcg
params=/sys/module/shadow_memcg/parameters
groups=/sys/fs/cgroup
[ "${cgroup:-v2}" = v2 ] || groups+=/memory
number=0 failed=0

# A scan of all memory takes minutes there, and no hook goes away meanwhile: its thread never gives up the CPU of its
# own will, which is what synchronize_rcu_tasks() waits for. What was leaked is looked for at the end.
leaks=/sys/kernel/debug/kmemleak
[ ! -e $leaks ] || echo scan=off > $leaks
# Twice: objects just freed need a round. What it finds it also prints, which ends the machine.
no_leaks() {
	echo scan > $leaks && sleep 6 && echo scan > $leaks || return 1
	equal "leaks with the module in their trace" "$(grep -c shadow_memcg $leaks)" 0
}

# result NAME COMMAND... - one test: passes when the command does
result() {
	local name=$1 out
	shift
	number=$((number + 1))
	if out=$("$@" 2>&1); then
		echo "ok $number - $name"
	else
		echo "not ok $number - $name"
		sed 's/^/# /' <<< "$out" | tail -n 20
		failed=$((failed + 1))
	fi
}

# equal WHAT HAVE WANT
equal() {
	[ "$2" = "$3" ] || { echo "$1: $2, not $3"; return 1; }
}

plan() {
	[ ! -e $leaks ] || result "nothing was leaked" no_leaks
	echo "1..$number"
	exit $((failed > 0))
}

load() { insmod "$module" "$@"; }
unload() { rmmod shadow_memcg; }
command() { echo "$*" > $debug/control; }
status() { awk -v key="$1" '$1 == key { print $2 }' $debug/status; }
id_of() { stat -c %i "$groups/$1"; }

# inside GROUP COMMAND... - run a command in a group
inside() {
	local group=$1
	shift
	bash -c 'echo $$ > "$0/cgroup.procs" && exec "$@"' "$groups/$group" "$@"
}

# A mix of faults, file pages, forks and objects.
churn() { stress-ng --quiet --temp-path /tmp --vm 2 --vm-bytes 24M --vm-method write64 --fork 1 --dentry 1 --dentries 128 -t "$1"; }

# rest GROUP - wait until a group is at rest: its counters stay and all CPUs' work is done
rest() {
	local before='' now
	for _ in $(seq 50); do
		now=$(cat "$groups/$1/memory.current" "$groups/$1/memory.swap.current")
		[ "$now" != "$before" ] || break
		before=$now
		sleep 0.2
	done
	command barrier
}

# records FILE - a binary stream without its header, a line of eight words per record
records() { od -An -v -t u8 -w64 -j 64 "$1"; }

# Names of types, as the header counts them.
type_of() { awk -v want="SMCG_EV_$1" '/^\tSMCG_EV_[A-Z_]+,/ { if (index($1, want ",") == 1) { print n; exit } n++ }' "$top/uapi/shadow_memcg.h"; }
