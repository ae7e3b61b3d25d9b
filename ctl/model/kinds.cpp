// SPDX-License-Identifier: GPL-2.0
#include "model/kinds.hpp"

#include <array>

namespace smcg {

namespace {

enum : unsigned { f_nr = 1, f_result = 2, f_over = 4, f_arg = 8 };

struct Kind {
	std::string_view name;
	unsigned fields;	// compared besides the group
};

constexpr std::array<Kind, nr_kinds> kinds = [] {
	std::array<Kind, nr_kinds> table{};
	table.fill({"?", f_nr | f_result | f_over | f_arg});
	table[SMCG_KIND_STOCK_HIT] = {"stock_hit", f_nr};
	table[SMCG_KIND_BATCH_CHARGE] = {"batch_charge", f_nr | f_result | f_over};
	table[SMCG_KIND_EXACT_CHARGE] = {"exact_charge", f_nr | f_result | f_over};
	table[SMCG_KIND_RECLAIM] = {"reclaim", f_nr | f_arg};
	table[SMCG_KIND_DRAIN] = {"drain", f_arg};
	table[SMCG_KIND_FORCED] = {"forced", f_nr};
	table[SMCG_KIND_NOMEM] = {"nomem", f_nr};
	table[SMCG_KIND_OOM] = {"oom", f_nr};
	table[SMCG_KIND_MAX_EVENT] = {"max_event", 0};
	table[SMCG_KIND_HIGH_EVENT] = {"high_event", f_nr};
	table[SMCG_KIND_UNCHARGE] = {"uncharge", f_nr};
	table[SMCG_KIND_REFILL] = {"refill", f_nr | f_over | f_arg};
	table[SMCG_KIND_DRAIN_LOCAL] = {"drain_local", f_nr};
	table[SMCG_KIND_OBJ_HIT] = {"obj_hit", f_arg};
	table[SMCG_KIND_OBJ_MISS] = {"obj_miss", f_nr | f_arg};
	table[SMCG_KIND_KMEM_UNCHARGE] = {"kmem_uncharge", f_nr};
	table[SMCG_KIND_MIGRATE] = {"migrate", f_nr | f_arg};
	table[SMCG_KIND_SWAP_CHARGE] = {"swap_charge", f_nr | f_result | f_over};
	table[SMCG_KIND_SWAP_UNCHARGE] = {"swap_uncharge", f_nr};
	table[SMCG_KIND_CANCEL] = {"cancel", f_nr};
	table[SMCG_KIND_OOM_VICTIM] = {"oom_victim", f_nr | f_result | f_over | f_arg};
	table[SMCG_KIND_OVER_HIGH] = {"over_high", f_nr | f_arg};
	table[SMCG_KIND_HIGH_PENALTY] = {"high_penalty", f_nr};
	table[SMCG_KIND_HIGH_WORK] = {"high_work", 0};
	table[SMCG_KIND_PROTECTION] = {"protection", f_over | f_arg};
	table[SMCG_KIND_MEMSW_CHARGE] = {"memsw_charge", f_nr | f_result | f_over};
	table[SMCG_KIND_SWAPOUT] = {"swapout", f_nr | f_over | f_arg};
	table[SMCG_KIND_KMEM_CHARGE] = {"kmem_charge", f_nr};
	table[SMCG_KIND_TCP_CHARGE] = {"tcp_charge", f_nr | f_result | f_over | f_arg};
	table[SMCG_KIND_MOVE] = {"move", f_nr | f_over};
	table[SMCG_KIND_MOVE_END] = {"move_end", f_nr};
	table[SMCG_KIND_EVENT_TARGET] = {"event_target", f_arg};
	table[SMCG_KIND_THRESHOLD] = {"threshold", f_nr | f_arg};
	table[SMCG_KIND_OOM_NOTIFY] = {"oom_notify", 0};
	table[SMCG_KIND_SWAPIN] = {"swapin", f_nr};
	table[SMCG_KIND_PRESSURE] = {"pressure", 0};
	table[SMCG_KIND_PRESSURE_LEVEL] = {"pressure_level", f_nr | f_arg};
	table[SMCG_KIND_PRESSURE_SIGNAL] = {"pressure_signal", f_nr | f_arg};
	return table;
}();

const Kind &kind_of(unsigned kind)
{
	return kinds[kind < nr_kinds ? kind : 0];
}

} // namespace

std::string_view kind_name(unsigned kind)
{
	return kind_of(kind).name;
}

std::optional<unsigned> kind_by_name(std::string_view name)
{
	for (unsigned kind = SMCG_KIND_NONE + 1; kind < nr_kinds; kind++)
		if (kinds[kind].name == name)
			return kind;
	return std::nullopt;
}

std::string_view context_name(unsigned ctx)
{
	constexpr std::array<std::string_view, SMCG_CTX_NR> names = {"task", "softirq", "hardirq", "nmi"};
	return ctx < names.size() ? names[ctx] : "?";
}

bool same_step(const Step &real, const Step &shadow)
{
	if (real.kind != shadow.kind || real.group != shadow.group)
		return false;
	const unsigned fields = kind_of(real.kind).fields;
	return (!(fields & f_nr) || real.nr == shadow.nr) &&
	       (!(fields & f_result) || real.result == shadow.result) &&
	       (!(fields & f_over) || real.over == shadow.over) &&
	       (!(fields & f_arg) || !((real.arg ^ shadow.arg) & ~real.untold));
}

std::string describe(const Step &step)
{
	const Kind &kind = kind_of(step.kind);
	std::string text(kind.name);
	text += " group=" + std::to_string(step.group);
	if (kind.fields & f_nr)
		text += " nr=" + std::to_string(step.nr);
	if (kind.fields & f_result)
		text += " result=" + std::to_string(step.result);
	if (kind.fields & f_over)
		text += " over=" + std::to_string(step.over);
	if (step.kind == SMCG_KIND_REFILL)
		text += " drained=" + std::to_string(step.arg >> 32) +
			" left=" + (step.untold ? "?" : std::to_string(step.arg & 0xffffffffu));
	else if (kind.fields & f_arg)
		text += " arg=" + std::to_string(step.arg);
	if (step.flags & SMCG_DEC_AMBIGUOUS)
		text += " AMBIGUOUS";
	if (step.flags & SMCG_DEC_AFTER_GAP)
		text += " AFTER_GAP";
	if (step.flags & SMCG_DEC_ADOPTED)
		text += " ADOPTED";
	if (step.flags & SMCG_DEC_UNSETTLED)
		text += " UNSETTLED";
	return text;
}

} // namespace smcg
