#!/usr/bin/env bash
# tool.sh - the tool with the module in the machine: nothing stays behind on any path. TAP out
exec "$(dirname "$0")/../tool/tool-vm.sh" "$@"
