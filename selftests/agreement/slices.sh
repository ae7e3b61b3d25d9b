# slices.sh - sourced in the machine, before anything is judged.
# shellcheck shell=bash
#
# Where tasks are preempted inside the kernel: in the slice that 7.2 gives (0.7 ms on one CPU) an emulated processor does
# a small part of what a real one does, and more tasks lose it in the same function than the witness has programs for.
sched=/sys/kernel/debug/sched
! grep -qE '\((full|lazy)\)' $sched/preempt 2> /dev/null || echo 50000000 > $sched/base_slice_ns
