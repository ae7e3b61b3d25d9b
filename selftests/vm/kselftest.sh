#!/usr/bin/env bash
# kselftest.sh - the kernel's own cgroup memory selftests say with every group watched what they say without the module. TAP out
#
# They are built here from Debian's linux-source, outside of the tree. Each runs without the module, then with it. A
# test of theirs that fails in both is counted as such: emulated time, for instance, is not what some of them expect.
# shellcheck disable=SC2034,SC2154 # variables shared with lib.sh
self=selftests/vm/kselftest.sh cpus=${SMCG_TEST_CPUS:-2} timeout=900

cd "$(dirname "$0")/../.." || exit 3
release=$(uname -r)
[ -n "${SMCG_VM:-}" ] || release=$(scripts/kernels release "${KVER:-6.1}")
programs=${BUILD:-build}/$release/kselftest

# What of it this kernel has: zswap's and hugetlb's tests came later.
# Not optimised, as they are there: a compiler sees that nobody reads the memory that they fill.
build_them() {
	local source name helpers
	source=$(scripts/kernels selftests "${KVER:-6.1}")/cgroup || return 1
	helpers=$source/cgroup_util.c
	[ -e "$helpers" ] || helpers=$source/lib/cgroup_util.c # 7.2
	rm -rf "$programs"
	mkdir -p "$programs"
	for name in memcontrol kmem zswap hugetlb_memcg; do
		[ ! -e "$source/test_$name.c" ] ||
			gcc -w -pthread -I"$source/.." -I"$source/lib/include" -o "$programs/$name" "$source/test_$name.c" "$helpers" || return 1
	done
}

if [ -z "${SMCG_VM:-}" ] && ! build_them > /dev/null; then
	echo "Bail out! the kernel's selftests cannot be built"
	exit 1
fi
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# They make files where they are, and want a file system whose pages can be written back and dropped.
make_disk() {
	local dev
	dev=zram$(cat /sys/class/zram-control/hot_add) || return 1
	echo 512M > "/sys/block/$dev/disksize" && mkfs.ext4 -q -m 0 "/dev/$dev" && mkdir -p /tmp/disk && mount "/dev/$dev" /tmp/disk
}

lines() { grep -E '^(not )?ok ' "$1" | sed -E 's/^((not )?ok) [0-9]+ /\1 /'; }

# ran NAME OUT - one program; what it left is removed, as it would be in the way of the next
ran() {
	local begin=$SECONDS group
	# by the line: what is in a buffer when a program forks is written by its children, too
	(cd /tmp/disk && exec stdbuf -oL "$top/$programs/$1") > "$2" 2>&1
	echo "# ${2##*/}: $((SECONDS - begin)) s" >> "$2"
	for group in "$groups"/*test*/ "$groups"/*test*/*/; do
		[ ! -d "$group" ] || { echo 1 > "$group/cgroup.kill"; sleep 0.2; } 2> /dev/null
	done
	find "$groups" -mindepth 1 -depth -type d -exec rmdir {} + 2> /dev/null
	echo 3 > /proc/sys/vm/drop_caches
	# some of these set hugetlb pages aside, which the others then lack
	echo 0 > /proc/sys/vm/nr_hugepages
}

nothing_lost() {
	command barrier
	equal lost "$(status events.lost)" 0 && equal "decisions lost" "$(status decisions.lost)" 0 &&
		equal errors "$(status errors)" 0 && equal disorder "$(status feed.disorder)" 0 &&
		equal missed "$(status missed)" 0 && [ "$(status events.applied)" -gt 100 ]
}

# both NAME - a program without the module, then with it; what was said in any of the rounds is collected
both() {
	ran "$1" "/tmp/$1.without"
	load ring_slots=262144
	command watch 1
	ran "$1" "/tmp/$1.with"
	nothing_lost > /tmp/lost || lost=1
	unload
	lines "/tmp/$1.without" | tee /tmp/without >> "/tmp/$1.all-without"
	lines "/tmp/$1.with" | tee /tmp/with >> "/tmp/$1.all-with"
	grep -h '^#' "/tmp/$1.with" "/tmp/$1.without"
}

# same NAME - a line of results for each test. Some of them guess how much reclaim leaves and are not always right,
# without any module: where the two differ both get two more rounds, and what was said with the module must have been said without.
same() {
	local name=$1 line round lost=0
	for round in 1 2 3; do
		both "$name"
		! cmp -s /tmp/without /tmp/with || break
		echo "# $name: round $round differs"
		diff /tmp/without /tmp/with | sed 's/^/# /'
	done
	result "$name: nothing was lost" equal "rounds with losses" "$lost" 0
	while read -r line; do
		result "$name: '$line' with the module, and without" grep -qxF -e "$line" "/tmp/$name.all-without"
	done < /tmp/with
	test() { sed -E 's/^(not )?ok //' "$1"; }
	result "$name: the same tests" cmp <(test /tmp/without) <(test /tmp/with)
}

make_disk || { echo 'Bail out! no disk'; exit 1; }
echo Y > /sys/module/zswap/parameters/enabled
grep -q memory_hugetlb_accounting /proc/self/mounts ||
	mount -o remount,memory_hugetlb_accounting "$groups" 2> /dev/null
for program in "$programs"/*; do
	same "${program##*/}"
done
plan
