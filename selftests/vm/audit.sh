#!/usr/bin/env bash
# audit.sh [--write] - the kernel's call sites are those that the hooks were made for. TAP out
#
# A function that can be hooked proves nothing: the compiler inlines some of its calls, and turns
# others into jumps, which changes the caller that a hook sees. So the image is disassembled and
# every call and jump to a hooked function is compared with selftests/audit/SERIES.tsv
# (callee, caller, kind, count). With --write that table is made anew: review what changed.
set -euo pipefail

cd "$(dirname "$0")/../.."
series=${KVER:-6.1}
table=selftests/audit/$series.tsv
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Functions whose entry is hooked. Some have callers everywhere, and one of them is ours.
grep -hoE '\.symbols = \{ [^}]+' kmod/hooks/*.c | grep -oE '"[^"]+"' | tr -d '"' | grep -v '^mm_' | sort -u > "$work/hooked"

scripts/vm --kernel "$series" --no-module --no-swap -- cat /proc/kallsyms > "$work/kallsyms"
image=$(scripts/kernels vmlinux "$series")

# Addresses lose their upper half, which all share: awk counts in doubles. The guest's are moved
# back to where the image was linked.
objdump -d --no-show-raw-insn -j .text "$image" |
	awk '$2 ~ /^(call|jmp|j[a-z]+)$/ && $3 ~ /^(0x)?ffffffff/ {
		sub(/:$/, "", $1); sub(/^0x/, "", $3)
		print substr($1, 9), $2 == "call" ? "call" : "jmp", substr($3, 9)
	}' > "$work/jumps"
start=$(objdump -h -j .text "$image" | awk '$2 == ".text" { print substr($4, 9) }')

awk -v start="$start" -v hooked="$work/hooked" '
	function number(hex,   i, n) {
		for (i = 1; i <= length(hex); i++) n = n * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1
		return n
	}
	BEGIN {
		CONVFMT = "%.0f"
		while ((getline name < hooked) > 0) want[name] = 1
	}
	FILENAME ~ /kallsyms$/ {
		if ($4 == "" && $2 ~ /^[tT]$/ && $1 ~ /^ffffffff/) {
			at = number(substr($1, 9))
			if ($3 == "_text") move = number(start) - at
			if (!(at in names)) { names[at] = $3; order[n++] = at }
			if ($3 in want) entry[at] = $3
		}
		next
	}
	FNR == 1 { for (at in entry) callee[at + move] = entry[at] }
	{
		to = number($3)
		if (to in callee) printf "%.0f %s %s\n", number($1) - move, $2, callee[to]
	}
	END { for (i = 0; i < n; i++) printf "%.0f = %s\n", order[i], names[order[i]] }
' "$work/kallsyms" "$work/jumps" | sort -k 1,1n -k 2,2 |
	awk -v OFS='\t' '
		$2 == "=" { name = $3; next }
		# a jump inside of the function itself is a loop
		name != $3 && ($3 != "queue_work_on" || name ~ /^(drain_all_stock|try_charge_memcg)/) &&
			($3 !~ /^(psi_memstall_leave|mutex_trylock)$/ || name == "try_charge_memcg") { count[$3 OFS name OFS $2]++ }
		END { for (site in count) print site, count[site] }' | sort > "$work/sites"

if [ "${1:-}" = --write ]; then
	{
		echo "# Calls of hooked functions, Linux $series: callee, caller, kind, count. Made by selftests/vm/audit.sh --write"
		cat "$work/sites"
	} > "$table"
	echo "wrote $table"
	exit
fi

number=0 failed=0
while read -r callee; do
	number=$((number + 1))
	if diff <(grep -P "^\Q$callee\E\t" "$table") <(grep -P "^\Q$callee\E\t" "$work/sites") > "$work/diff"; then
		echo "ok $number - $callee: $(grep -cP "^\Q$callee\E\t" "$work/sites" || :) callers as known"
	else
		echo "not ok $number - $callee: other call sites than in $table"
		sed 's/^/# /' "$work/diff"
		failed=$((failed + 1))
	fi
done < "$work/hooked"
echo "1..$number"
exit $((failed > 0))
