// SPDX-License-Identifier: GPL-2.0
/*
 * protect.c - memory.min and memory.low as reclaim meets them (SPEC A3, A18, C4).
 *
 * Source: mem_cgroup_calculate_protection(), effective_protection(),
 * shrink_node_memcgs() of 6.1; page_counter_calculate_protection() of 6.12.
 * Reclaim asks for each group it comes to, parents first. What other CPUs have in
 * flight makes an interval of the answer.
 */
#include "world.h"

enum { MIN, LOW };

static u64 pages_of(s64 pages)
{
	return pages > 0 ? (u64)pages : 0;
}

static struct smcg_range usage_of(const struct smcg_seen *seen)
{
	return (struct smcg_range){ pages_of(seen->low), pages_of(seen->high) };
}

/* The sum that the children told: what moved their parent's usage may have moved it, too. */
static struct smcg_range around(u64 sum, const struct smcg_seen *parent)
{
	u64 moved = pages_of(parent->high - parent->low);

	return (struct smcg_range){ sum > moved ? sum - moved : 0, sum + moved };
}

/* As the kernel computes it, in words that wrap like its own. */
static u64 effective(u64 usage, u64 parent_usage, u64 setting, u64 parent_effective, u64 siblings,
		     bool recursive)
{
	u64 protected = min(usage, setting), unclaimed;

	if (siblings > parent_effective)
		return protected * parent_effective / siblings;
	if (!recursive || parent_effective <= siblings || parent_usage <= siblings ||
	    usage <= protected)
		return protected;
	unclaimed = (parent_effective - siblings) * (usage - protected);
	return protected + unclaimed / (parent_usage - siblings);
}

/* Least with little usage and much beside it, most with the opposite. */
static struct smcg_range effective_range(const struct smcg_world *w, const struct smcg_protect_inputs *in, u64 setting,
				    u64 parent_effective, const struct smcg_range *siblings)
{
	setting = min(setting, SMCG_PAGES_ANY);
	return (struct smcg_range){
		effective(in->usage.low, in->parent.high, setting, parent_effective,
			  siblings->high, w->recursive_protection),
		effective(in->usage.high, in->parent.low, setting, parent_effective,
			  siblings->low, w->recursive_protection),
	};
}

/* Is @g right below what is reclaimed from? Its own bounds hold as they are then. */
static bool on_top(const struct smcg_group *g, u32 target)
{
	return g->parent_css == target || !g->parent;
}

static struct smcg_range answer(const struct smcg_world *w, const struct smcg_group *g, u32 target,
				const struct smcg_protect_inputs *in, u32 which)
{
	const struct smcg_counter *c = &g->counter[SMCG_COUNTER_MEMORY];
	u64 setting = min(which == LOW ? c->low : c->min, SMCG_PAGES_ANY);

	if (g->css == target || !in->usage.high)
		return (struct smcg_range){ in->now[which], in->now[which] };
	if (on_top(g, target))
		return (struct smcg_range){ setting, setting };
	return effective_range(w, in, setting, in->parent_now[which],
			       which == LOW ? &in->low_sum : &in->min_sum);
}

static struct smcg_protect_inputs seen_by(const struct smcg_watch *watch)
{
	const struct smcg_group *g = watch->level[0].group;
	struct smcg_protect_inputs in = {
		.usage = usage_of(&watch->level[0]),
		.now = { g->emin, g->elow },
	};
	const struct smcg_seen *parent = &watch->level[1];

	if (watch->nr < 2)
		return in;
	in.parent_now[MIN] = parent->group->emin;
	in.parent_now[LOW] = parent->group->elow;
	in.parent = usage_of(parent);
	in.min_sum = around(parent->group->counter[SMCG_COUNTER_MEMORY].children_min, parent);
	in.low_sum = around(parent->group->counter[SMCG_COUNTER_MEMORY].children_low, parent);
	return in;
}

static bool exact(struct smcg_range r)
{
	return r.low == r.high;
}

static bool may_be(struct smcg_range r, u64 pages)
{
	return pages >= min(r.low, r.high) && pages <= max(r.low, r.high);
}

static u64 decide(struct smcg_range mine, u64 real, bool *legal, bool *unsure)
{
	bool within = may_be(mine, real);

	*unsure |= !exact(mine);
	*legal &= within;
	return within ? real : mine.high;
}

/*
 * Of a task that lost its CPU in between: it had computed @first by then, or @mine since. What
 * the group had as it left, and has now, tells which, unless somebody else computed it meanwhile.
 */
static u64 decide_left(const struct smcg_protecting *ask, u32 which, struct smcg_range first,
		       struct smcg_range mine, u64 real, bool *legal, bool *unsure)
{
	u64 had = ask->had[which];
	bool then = ask->told ? may_be(first, had) : true;
	bool since = (may_be(mine, real) || (ask->again && may_be(first, real))) &&
		(!ask->told || had == ask->before[which]);

	if (!ask->others)
		then &= ask->told ? real == had : may_be(first, real);
	*legal &= then || since;
	if (then && since && ask->told && real == had)
		return real;
	*unsure |= (then && since) || (then && !ask->told && !exact(first)) ||
		(since && !exact(mine));
	if (then && ask->told)
		return had;
	return then || since ? real : mine.high;
}

/* Reclaim passes over what is protected: 2 for good, 1 for now, 0 not at all. */
static u32 shielded(const struct smcg_world *w, const struct smcg_group *g, u32 target)
{
	const struct smcg_counter *c = &g->counter[SMCG_COUNTER_MEMORY];
	s64 least = c->usage - c->coming, most = c->usage + c->leaving;
	/* Below or above what was told is only what stands still on its way. */
	u64 usage = pages_of(max(least, min(c->usage, most)));

	if (w->rules->target_unprotected && g->css == target)
		return 0;
	return g->emin >= usage ? 2 : g->elow >= usage ? 1 : 0;
}

void smcg_protect_forget(struct smcg_world *w, const struct smcg_group *group)
{
	u32 cpu;

	for (cpu = 0; cpu < w->config.nr_cpus; cpu++) {
		struct smcg_cpu *c = &w->cpus[cpu];

		if (!c->asked)
			continue;
		if (group && c->asked->level[0].group != group &&
		    !(c->asked->nr > 1 && c->asked->level[1].group == group))
			continue;
		smcg_watch_close(w, c->asked);
		c->asked = NULL;
	}
}

void smcg_protect_asked(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_group *g = smcg_group_find(w, e->group);

	smcg_watch_close(w, c->asked);
	c->asked = smcg_group_tracked(g) ?
		smcg_watch_open(w, g, SMCG_COUNTER_MEMORY, SMCG_WATCH_HIGH, 2, 0) : NULL;
	c->protecting.left = false;
}

/* Halves of 24 bits, plus one; 0 not told. */
static void told(struct smcg_protecting *ask, u64 word)
{
	ask->told = word & 0xffffff && word >> 24;
	ask->had[MIN] = (word & 0xffffff) - 1;
	ask->had[LOW] = (word >> 24) - 1;
}

static void widen(struct smcg_range *r, struct smcg_range other)
{
	r->low = min(r->low, other.low);
	r->high = max(r->high, other.high);
}

/* One of the two. */
static void either(struct smcg_protect_inputs *in, const struct smcg_protect_inputs *other)
{
	widen(&in->usage, other->usage);
	widen(&in->parent, other->parent);
	widen(&in->min_sum, other->min_sum);
	widen(&in->low_sum, other->low_sum);
	memcpy(in->parent_now, other->parent_now, sizeof(in->parent_now));
}

void smcg_protect_parked(const struct smcg_watch *watch, struct smcg_protecting *ask,
			 const struct smcg_event *e)
{
	struct smcg_group *g = watch->level[0].group;
	struct smcg_protect_inputs in = seen_by(watch);

	/* Once more: it may have been done before it was lost the last time, too. */
	ask->again = ask->left;
	if (ask->again) {
		either(&ask->in, &in);
	} else {
		ask->in = in;
		ask->others = false;
		memcpy(ask->before, in.now, sizeof(ask->before));
	}
	ask->left = true;
	/* What is there now may be theirs. */
	if (ask->others)
		return;
	told(ask, e->c >> SMCG_SWITCH_PROTECTS);
	if (ask->told) {
		g->emin = ask->had[MIN];
		g->elow = ask->had[LOW];
	}
}

void smcg_protect(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_group *g = smcg_group_find(w, e->group);
	bool legal = true, unsure = false;
	struct smcg_protecting *ask = &c->protecting;
	struct smcg_protect_inputs in;
	struct smcg_range first, mine;
	struct smcg_mark m;
	u64 real[2], said[2];
	u32 i;

	c->shield_css = 0;
	if (!smcg_group_tracked(g) || !c->asked || c->asked->level[0].group != g)
		return;
	in = seen_by(c->asked);
	smcg_watch_close(w, c->asked);
	c->asked = NULL;
	real[MIN] = e->a;
	real[LOW] = e->b;
	for (i = MIN; i <= LOW; i++) {
		mine = answer(w, g, (u32)e->c, &in, i);
		if (likely(!ask->left)) {
			said[i] = decide(mine, real[i], &legal, &unsure);
			continue;
		}
		first = answer(w, g, (u32)e->c, &ask->in, i);
		said[i] = decide_left(ask, i, first, mine, real[i], &legal, &unsure);
	}
	g->emin = e->a;
	g->elow = e->b;
	smcg_park_protected(w, g);
	c->shield_css = g->css;
	c->shield_tid = e->tid;
	c->shield = (u8)shielded(w, g, (u32)e->c);
	if (!smcg_group_watched(g) || !(said[MIN] | said[LOW]))
		return;
	smcg_mark_event(w, &m, e, SMCG_KIND_PROTECTION);
	m.nr = c->shield;
	m.over = smcg_group_id(w, (u32)e->c);
	m.arg = min(said[MIN], U32_MAX) << 32 | min(said[LOW], U32_MAX);
	if (legal && unsure)
		m.flags |= SMCG_DEC_AMBIGUOUS;
	if (!legal && !w->after_gap)
		m.flags |= SMCG_DEC_ADOPTED;
	smcg_say(w, c, &m);
}

void smcg_shrunk(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_group *g = smcg_group_find(w, e->group);

	if (!smcg_group_watched(g) || c->shield_css != g->css || c->shield_tid != e->tid)
		return;
	/* Protected for now, and reclaimed from all the same: there was nothing else left. */
	if (c->shield == 1)
		smcg_group_count(g, SMCG_COUNT_LOW);
	c->shield_css = 0;
}
