# Completion of smcg in bash. Verbs and options come from `smcg help`, so that they are those of the tool at hand.
# shellcheck shell=bash

_smcg_verbs() {
    "$1" help 2> /dev/null | awk '/^Verbs:$/ { on = 1; next } /^$/ { on = 0 } on { print $1 }'
}

_smcg_options() {
    "$1" help "$2" 2> /dev/null |
        awk '/^  -/ { for (i = 1; i <= 2; i++) if ($i ~ /^-/) { sub(/,$/, "", $i); print $i } }'
}

_smcg_groups() {
    local path
    compgen -d "/sys/fs/cgroup/${1#/}" | while read -r path; do
        echo "${path#/sys/fs/cgroup/}/"
    done
}

_smcg() {
    local smcg=$1 word=$2 before=$3 verb=${COMP_WORDS[1]:-} i
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        mapfile -t COMPREPLY < <(compgen -W "help --help --version $(_smcg_verbs "$smcg")" -- "$word")
        return
    fi
    for ((i = 2; i < COMP_CWORD; i++)); do
        [ "${COMP_WORDS[i]}" != -- ] || break
    done
    if [ "$i" -lt "$COMP_CWORD" ]; then # the command that is to run
        if declare -F _command_offset > /dev/null; then
            _command_offset $((i + 1))
        elif [ "$COMP_CWORD" -eq $((i + 1)) ]; then
            mapfile -t COMPREPLY < <(compgen -c -- "$word")
        else
            mapfile -t COMPREPLY < <(compgen -f -- "$word")
        fi
        return
    fi
    case $before in
    --profile) mapfile -t COMPREPLY < <(compgen -W '4.18 5.10 6.1 6.12' -- "$word") ;;
    --mode) mapfile -t COMPREPLY < <(compgen -W 'follow free' -- "$word") ;;
    --set) mapfile -t COMPREPLY < <(compgen -W 'memory.max= memory.high= memory.low= memory.min= memory.swap.max= memory.swap.high=' -- "$word") ;;
    -g | --group) mapfile -t COMPREPLY < <(_smcg_groups "$word") ;;
    -o | --output | --dump-mismatches) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    --duration | --timeout | --ring-mb | --in | --min | --max-*) ;;
    *)
        case $verb:$word in
        *:-*) mapfile -t COMPREPLY < <(compgen -W "--help -- $(_smcg_options "$smcg" "$verb")" -- "$word") ;;
        help:*) mapfile -t COMPREPLY < <(compgen -W "$(_smcg_verbs "$smcg")" -- "$word") ;;
        watch:* | unwatch:*) mapfile -t COMPREPLY < <(_smcg_groups "$word") ;;
        replay:*) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
        esac
        ;;
    esac
    # A file's value or a group inside may follow.
    [[ ${COMPREPLY[0]:-} != *[=/] ]] || compopt -o nospace 2> /dev/null
}

complete -F _smcg smcg
