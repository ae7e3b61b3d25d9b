// SPDX-License-Identifier: GPL-2.0
/*
 * stat.c - lines of memory.stat that events tell exactly (SPEC A13).
 *
 * Kernel memory and the buffers of sockets are counted where they are charged and given back, for
 * the group and all above it. Folios that came and went (pgpgin, pgpgout) are counted for
 * the group alone, as the legacy hierarchy shows them.
 *
 * The kernel's own sums lag behind its CPUs, so none is taken over: a line is known from the time on at
 * which the group had nothing charged.
 *
 * Source: memcg_account_kmem(), mem_cgroup_charge_skmem(), mem_cgroup_charge_statistics(),
 * uncharge_batch() of 6.1.
 */
#include "world.h"

void smcg_stat_kernel(struct smcg_group *g, s64 nr)
{
	g->kmem += nr;
	for (; g; g = g->parent)
		g->stat.kernel += nr;
}

void smcg_stat_sock(struct smcg_group *g, s64 nr)
{
	for (; g; g = g->parent)
		g->stat.sock += nr;
}

void smcg_stat_unknown(struct smcg_group *g)
{
	g->stat.paged = false;
	for (; g; g = g->parent)
		g->stat.known = false;
}

void smcg_stat_born(struct smcg_group *g)
{
	g->stat.known = true;
	g->stat.paged = true;
}

void smcg_stat_base(struct smcg_group *g, u64 memory)
{
	memset(&g->stat, 0, sizeof(g->stat));
	g->stat.known = !memory;
	if (!memory)
		g->kmem = 0;
}

void smcg_stat_batch(struct smcg_group *g, const struct smcg_event *e)
{
	if (!e->b || e->b - 1 > e->nr || e->c > e->nr) {
		smcg_stat_unknown(g);
		return;
	}
	g->stat.pgpgout += e->b - 1;
	smcg_stat_kernel(g, -(s64)e->c);
}
