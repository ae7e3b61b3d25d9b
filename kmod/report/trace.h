/* SPDX-License-Identifier: GPL-2.0 */
/*
 * trace.h - trace events, so that perf, trace-cmd and bpftrace see decisions.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM shadow_memcg

#if !defined(SMCG_REPORT_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define SMCG_REPORT_TRACE_H

#include <linux/tracepoint.h>

#include "shadow_memcg.h"

#ifndef SMCG_TRACE_KINDS
#define SMCG_TRACE_KINDS						\
	{ SMCG_KIND_STOCK_HIT, "stock_hit" },				\
	{ SMCG_KIND_BATCH_CHARGE, "batch_charge" },			\
	{ SMCG_KIND_EXACT_CHARGE, "exact_charge" },			\
	{ SMCG_KIND_RECLAIM, "reclaim" },				\
	{ SMCG_KIND_DRAIN, "drain" },					\
	{ SMCG_KIND_FORCED, "forced" },					\
	{ SMCG_KIND_NOMEM, "nomem" },					\
	{ SMCG_KIND_OOM, "oom" },					\
	{ SMCG_KIND_MAX_EVENT, "max_event" },				\
	{ SMCG_KIND_HIGH_EVENT, "high_event" },				\
	{ SMCG_KIND_UNCHARGE, "uncharge" },				\
	{ SMCG_KIND_REFILL, "refill" },					\
	{ SMCG_KIND_DRAIN_LOCAL, "drain_local" },			\
	{ SMCG_KIND_OBJ_HIT, "obj_hit" },				\
	{ SMCG_KIND_OBJ_MISS, "obj_miss" },				\
	{ SMCG_KIND_KMEM_UNCHARGE, "kmem_uncharge" },			\
	{ SMCG_KIND_MIGRATE, "migrate" },				\
	{ SMCG_KIND_SWAP_CHARGE, "swap_charge" },			\
	{ SMCG_KIND_SWAP_UNCHARGE, "swap_uncharge" },			\
	{ SMCG_KIND_OOM_VICTIM, "oom_victim" },				\
	{ SMCG_KIND_OVER_HIGH, "over_high" },				\
	{ SMCG_KIND_HIGH_PENALTY, "high_penalty" },			\
	{ SMCG_KIND_HIGH_WORK, "high_work" },				\
	{ SMCG_KIND_PROTECTION, "protection" },				\
	{ SMCG_KIND_CANCEL, "cancel" },					\
	{ SMCG_KIND_MEMSW_CHARGE, "memsw_charge" },			\
	{ SMCG_KIND_SWAPOUT, "swapout" },				\
	{ SMCG_KIND_KMEM_CHARGE, "kmem_charge" },			\
	{ SMCG_KIND_TCP_CHARGE, "tcp_charge" },				\
	{ SMCG_KIND_MOVE, "move" },					\
	{ SMCG_KIND_MOVE_END, "move_end" },				\
	{ SMCG_KIND_EVENT_TARGET, "event_target" },			\
	{ SMCG_KIND_THRESHOLD, "threshold" },				\
	{ SMCG_KIND_OOM_NOTIFY, "oom_notify" }, \
	{ SMCG_KIND_SWAPIN, "swapin" },				\
	{ SMCG_KIND_PRESSURE, "pressure" },				\
	{ SMCG_KIND_PRESSURE_LEVEL, "pressure_level" },				\
	{ SMCG_KIND_PRESSURE_SIGNAL, "pressure_signal" }
#endif

TRACE_EVENT(smcg_decision,

	TP_PROTO(const struct smcg_decision *decision),

	TP_ARGS(decision),

	TP_STRUCT__entry(
		__field(u64, seq)
		__field(u64, time)
		__field(u64, group)
		__field(u64, over)
		__field(u64, arg)
		__field(u32, tid)
		__field(u32, nr)
		__field(u16, kind)
		__field(u16, cpu)
		__field(s16, result)
		__field(u8, ctx)
		__field(u8, flags)
	),

	TP_fast_assign(
		__entry->seq = decision->seq;
		__entry->time = decision->time;
		__entry->group = decision->group;
		__entry->over = decision->over;
		__entry->arg = decision->arg;
		__entry->tid = decision->tid;
		__entry->nr = decision->nr;
		__entry->kind = decision->kind;
		__entry->cpu = decision->cpu;
		__entry->result = decision->result;
		__entry->ctx = decision->ctx;
		__entry->flags = decision->flags;
	),

	TP_printk("seq=%llu kind=%s group=%llu nr=%u result=%d over=%llu arg=%llu tid=%u ctx=%u cpu=%u flags=%s",
		  __entry->seq, __print_symbolic(__entry->kind, SMCG_TRACE_KINDS),
		  __entry->group, __entry->nr, __entry->result, __entry->over, __entry->arg,
		  __entry->tid, __entry->ctx, __entry->cpu,
		  __print_flags(__entry->flags, "|",
				{ SMCG_DEC_AMBIGUOUS, "ambiguous" },
				{ SMCG_DEC_AFTER_GAP, "after_gap" },
				{ SMCG_DEC_ADOPTED, "adopted" },
				{ SMCG_DEC_UNSETTLED, "unsettled" }))
);

TRACE_EVENT(smcg_gap,

	TP_PROTO(unsigned int cpu, u64 lost),

	TP_ARGS(cpu, lost),

	TP_STRUCT__entry(
		__field(u64, lost)
		__field(u32, cpu)
	),

	TP_fast_assign(
		__entry->lost = lost;
		__entry->cpu = cpu;
	),

	TP_printk("cpu=%u lost=%llu", __entry->cpu, __entry->lost)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
