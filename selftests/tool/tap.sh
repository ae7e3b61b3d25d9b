# tap.sh - what the tool's test scripts share. Sourced with the project as working directory.
# shellcheck shell=bash disable=SC2034 # variables for who sources this

smcg=${BUILD:-build}/smcg
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
number=0 failed=0

# ok STATUS NAME DETAIL - one test: passes with status 0
ok() {
    number=$((number + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $number - ${2//$'\n'/ }"
    else
        echo "not ok $number - ${2//$'\n'/ }: ${3//$'\n'/ | }"
        failed=$((failed + 1))
    fi
}

skip() { # NAME WHY
    number=$((number + 1))
    echo "ok $number - $1 # SKIP $2"
}

# refused WANT STATUS PATTERN - a run with that STATUS and one line in $dir/err, which matches; nothing in $dir/out
refused() {
    [ "$2" -eq "$1" ] && [ "$(wc -l < "$dir/err")" -eq 1 ] && grep -qE -e "$3" "$dir/err" && [ ! -s "$dir/out" ]
}

# refuses STATUS PATTERN ARGS... - smcg ARGS ends with that status and one line
refuses() {
    local want=$1 pattern=$2 status
    shift 2
    "$smcg" "$@" > "$dir/out" 2> "$dir/err" < /dev/null
    status=$?
    refused "$want" $status "$pattern"
    ok $? "smcg $*" "status $status, not $want with one line '$pattern': $(head -n 3 "$dir/err")"
}

# prints PATTERN ARGS... - status 0, a line on stdout that matches, nothing on stderr
prints() {
    local pattern=$1 status
    shift
    "$smcg" "$@" > "$dir/out" 2> "$dir/err" < /dev/null
    status=$?
    [ $status -eq 0 ] && grep -qE -e "$pattern" "$dir/out" && [ ! -s "$dir/err" ]
    ok $? "smcg $*" "status $status, wants '$pattern': $(head -n 1 "$dir/out") $(head -n 3 "$dir/err")"
}

plan() {
    echo "1..$number"
    exit $((failed > 0))
}
