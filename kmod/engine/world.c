// SPDX-License-Identifier: GPL-2.0
/* world.c - a world: made, given events, taken down. */
#include "world.h"

void *smcg_alloc(struct smcg_world *w, size_t bytes)
{
	return w->config.alloc.alloc(w->config.alloc.ctx, bytes);
}

void smcg_free(struct smcg_world *w, void *mem, size_t bytes)
{
	if (mem)
		w->config.alloc.free(w->config.alloc.ctx, mem, bytes);
}

/* A stream that does not tell is from a kernel of this tick: Debian's. */
#define HZ_USUAL	250
#define HZ_MAX		10000

static int make_tables(struct smcg_world *w)
{
	u32 i, half;

	w->cpus = smcg_alloc(w, w->config.nr_cpus * sizeof(*w->cpus));
	w->frames = smcg_alloc(w, SMCG_FRAME_BUCKETS * sizeof(*w->frames));
	w->tids = smcg_alloc(w, SMCG_TID_BUCKETS * sizeof(*w->tids));
	w->over = smcg_alloc(w, SMCG_OVER_TASKS * sizeof(*w->over));
	if (!w->cpus || !w->frames || !w->tids || !w->over)
		return -ENOMEM;
	for (i = 0; i < SMCG_DRAINS; i++) {
		for (half = 0; half < smcg_halves(w); half++) {
			w->drain[i].cpu[half] = smcg_alloc(w, w->config.nr_cpus);
			if (!w->drain[i].cpu[half])
				return -ENOMEM;
		}
	}
	for (i = 0; i < w->config.nr_cpus; i++) {
		w->cpus[i].cpu = (u16)i;
		w->cpus[i].online = true;
		smcg_stock_reset(w, &w->cpus[i].stock, w->config.mode == SMCG_MODE_FREE);
	}
	if (smcg_park_init(w))
		return -ENOMEM;
	return smcg_pool_init(w, &w->config);
}

static int check(const struct smcg_world_config *config)
{
	if (!config->alloc.alloc || !config->alloc.free)
		return -EINVAL;
	if (!config->nr_cpus || config->nr_cpus > SMCG_MAX_CPUS)
		return -EINVAL;
	if (!config->nr_nodes || config->nr_nodes > SMCG_MAX_NODES)
		return -EINVAL;
	if (config->mode != SMCG_MODE_FOLLOW && config->mode != SMCG_MODE_FREE)
		return -EINVAL;
	if (config->batch > 1U << 16 || (config->nr_regions && !config->regions))
		return -EINVAL;
	if (config->stream && !smcg_profile_rules(config->stream - 1))
		return -EINVAL;
	return smcg_profile_rules(config->profile) ? 0 : -EINVAL;
}

int smcg_world_create(const struct smcg_world_config *config, struct smcg_world **world)
{
	struct smcg_world *w;
	int err = check(config);

	*world = NULL;
	if (err)
		return err;
	w = config->alloc.alloc(config->alloc.ctx, sizeof(*w));
	if (!w)
		return -ENOMEM;
	w->config = *config;
	w->rules = smcg_profile_rules(config->profile);
	w->stream = config->stream ? smcg_profile_rules(config->stream - 1) : w->rules;
	w->batch = config->batch ? config->batch : w->rules->batch;
	w->digest = SMCG_DIGEST_INIT;
	w->hz = HZ_USUAL;
	err = make_tables(w);
	if (err) {
		smcg_world_destroy(w);
		return err;
	}
	*world = w;
	return 0;
}

void smcg_world_destroy(struct smcg_world *w)
{
	struct smcg_alloc alloc;
	u32 i, half;

	if (!w)
		return;
	w->parked = 0;
	smcg_frame_free_all(w);
	smcg_watch_free_all(w);
	smcg_objcg_free_all(w);
	smcg_group_free_all(w);
	smcg_pool_exit(w);
	smcg_park_exit(w);
	smcg_owner_exit(w);
	for (i = 0; i < SMCG_DRAINS; i++)
		for (half = 0; half < SMCG_HALVES; half++)
			smcg_free(w, w->drain[i].cpu[half], w->config.nr_cpus);
	smcg_free(w, w->backlog, w->backlog_room * sizeof(*w->backlog));
	smcg_free(w, w->frames, SMCG_FRAME_BUCKETS * sizeof(*w->frames));
	smcg_free(w, w->tids, SMCG_TID_BUCKETS * sizeof(*w->tids));
	smcg_free(w, w->over, SMCG_OVER_TASKS * sizeof(*w->over));
	smcg_free(w, w->cpus, w->config.nr_cpus * sizeof(*w->cpus));
	alloc = w->config.alloc;
	alloc.free(alloc.ctx, w, sizeof(*w));
}

static void moved_page(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_group *g = smcg_group_find(w, e->group);
	struct smcg_page *old = smcg_page_find(w, e->a);
	u32 where = old ? smcg_where(old->node, old->folio) : 0;

	if (!smcg_group_watched(g) || !e->nr || e->nr > SMCG_PAGES_MAX)
		return;
	w->stats.frames_unknown += !old;
	if (smcg_charge_moves(w->rules, e)) {
		if (old)
			smcg_page_remove(w, old);
		smcg_charge_moved(w, c, e, g);
	} else {
		g->stat.pgpgin++;
	}
	smcg_page_add(w, g, e->b, e->nr, where, w->stats.events);
}

static void freed_page(struct smcg_world *w, const struct smcg_event *e)
{
	struct smcg_page *page = smcg_page_find(w, e->a);

	if (page)
		smcg_page_remove(w, page);
	else
		w->stats.frames_unknown++;
}

/* Life of the stream and of groups: no task, no order on a CPU. */
static void apply_admin(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	bool free = w->config.mode == SMCG_MODE_FREE;

	switch (e->type) {
	case SMCG_EV_NONE:
		break;
	case SMCG_EV_START:
		if (e->nr && e->nr <= HZ_MAX)
			w->hz = e->nr;
		w->recursive_protection = e->gfp & SMCG_START_RECURSIVE;
		smcg_base_start(w, e);
		break;
	case SMCG_EV_GAP:
		smcg_base_gap(w, e->a);
		break;
	case SMCG_EV_BARRIER:
		smcg_base_barrier(w, false);
		break;
	case SMCG_EV_BASE_STOCK:
		smcg_base_stock(w, c, e);
		break;
	case SMCG_EV_BASE_SLOT:
		smcg_base_slot(w, c, e);
		break;
	case SMCG_EV_BASE_COUNTER:
		smcg_base_counter(w, e);
		break;
	case SMCG_EV_BASE_EVENTS:
		smcg_base_events(w, e);
		break;
	case SMCG_EV_BASE_OBJCG:
		smcg_base_objcg(w, e);
		break;
	case SMCG_EV_BASE_DONE:
		smcg_base_done(w);
		break;
	case SMCG_EV_BASE_TASK:
		smcg_join_told(w, e->nr);
		break;
	case SMCG_EV_GROUP_ONLINE:
		smcg_group_online(w, e);
		break;
	case SMCG_EV_GROUP_OFFLINE:
		smcg_group_offline(w, e);
		if (free)
			smcg_free_offline(w, e);
		break;
	case SMCG_EV_GROUP_FREE:
		if (free)
			smcg_free_gone(w, e);
		smcg_group_freed(w, e);
		break;
	case SMCG_EV_GROUP_FLAGS:
		smcg_group_flags(w, e);
		break;
	case SMCG_EV_LIMIT:
		smcg_group_limit(w, e);
		break;
	case SMCG_EV_CPU_DEAD:
		if (free)
			smcg_free_cpu_dead(w, c, e);
		else
			smcg_cpu_dead(w, e);
		break;
	}
}

static void apply_kmem(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	switch (e->type) {
	case SMCG_EV_OBJ_CHARGE:
		smcg_obj_charge(w, c, e);
		break;
	case SMCG_EV_OBJ_REFILL:
		smcg_obj_refilled(w, c, e);
		break;
	case SMCG_EV_OBJ_STATE:
		smcg_obj_stated(w, c, e);
		break;
	case SMCG_EV_OBJ_DRAIN:
		smcg_obj_drain(w, c, e);
		break;
	case SMCG_EV_KMEM_UNCHARGE:
		smcg_kmem_uncharge(w, c, e);
		break;
	case SMCG_EV_OBJCG_FREE:
		smcg_objcg_forget(w, e->a);
		break;
	case SMCG_EV_OOM_KILL:
		if (smcg_group_find(w, e->group))
			smcg_group_count(smcg_group_find(w, e->group), SMCG_COUNT_OOM_KILL);
		break;
	case SMCG_EV_PROTECT:
		if (e->caller)
			smcg_protect(w, c, e);
		else
			smcg_protect_asked(w, c, e);
		break;
	case SMCG_EV_SHRINK:
		smcg_shrunk(w, c, e);
		break;
	case SMCG_EV_TASK_NEW:
		smcg_over_born(w, e);
		break;
	case SMCG_EV_HIGH_HANDLE:
		smcg_over_handle(w, c, e);
		break;
	case SMCG_EV_HIGH_HANDLED:
		smcg_over_handled(w, c, e);
		break;
	case SMCG_EV_HIGH_SLEEP:
		smcg_over_sleep(w, c, e);
		break;
	case SMCG_EV_OOM_SCAN:
		smcg_oom_scan(w, e);
		break;
	case SMCG_EV_OOM_TASK:
		smcg_oom_task(w, e);
		break;
	case SMCG_EV_OOM_SCAN_RET:
		smcg_oom_scan_ret(w, c, e);
		break;
	case SMCG_EV_FREE:
		freed_page(w, e);
		break;
	case SMCG_EV_MIGRATE:
		moved_page(w, c, e);
		break;
	case SMCG_EV_SPLIT:
		smcg_page_split(w, e->a, e->nr, (u32)e->b);
		break;
	case SMCG_EV_SWAP_CHARGE:
		smcg_swap_charge(w, e);
		break;
	case SMCG_EV_SWAPIN:
		smcg_owner_brings(w, e);
		smcg_owner_comes(w, e);
		break;
	case SMCG_EV_TRY_SEEN:
		smcg_try_seen(w, c, e);
		break;
	case SMCG_EV_SLOT_DRAIN:
		smcg_slot_drained(c, e);
		break;
	case SMCG_EV_BASE_LEGACY:
		smcg_base_legacy(w, e);
		break;
	case SMCG_EV_SWAPOUT:
		smcg_swapout(w, c, e);
		break;
	case SMCG_EV_MOVE:
		smcg_move_folio(w, c, e);
		break;
	case SMCG_EV_MOVE_ENTRY:
		smcg_move_entry(w, e);
		break;
	case SMCG_EV_MOVE_END:
		smcg_move_end(w);
		break;
	case SMCG_EV_SOCK_CHARGE:
		smcg_sock_charge(w, e);
		break;
	case SMCG_EV_SOCK_UNCHARGE:
		smcg_sock_uncharge(w, e);
		break;
	case SMCG_EV_THRESHOLD:
		smcg_threshold(w, c, e);
		break;
	case SMCG_EV_PRESSURE:
		smcg_pressure_enter(w, e);
		break;
	case SMCG_EV_PRESSURE_RET:
		smcg_pressure_ret(w, c, e);
		break;
	case SMCG_EV_PRESSURE_WORK:
		smcg_pressure_look(w, e);
		break;
	case SMCG_EV_PRESSURE_WORK_RET:
		smcg_pressure_looked(w, c, e);
		break;
	case SMCG_EV_PRESSURE_LISTEN:
		smcg_pressure_listen(w, e);
		break;
	case SMCG_EV_OOM_WAIT:
		smcg_oom_waits(w, e);
		break;
	case SMCG_EV_OOM_WAITED:
		smcg_oom_waited(w, c, e);
		break;
	}
}

/* Facts that prove nothing about what goes on on their CPU. */
static bool only_tells(const struct smcg_event *e)
{
	return e->type == SMCG_EV_BASE_PAGE_EVENTS || e->type == SMCG_EV_THRESHOLD_SET ||
		e->type == SMCG_EV_OOM_NOTIFY ||
		(e->type == SMCG_EV_TRY_SEEN && e->a & SMCG_TRY_NONE);
}

static void apply_told(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	switch (e->type) {
	case SMCG_EV_BASE_PAGE_EVENTS:
		smcg_base_page_events(w, e);
		break;
	case SMCG_EV_THRESHOLD_SET:
		smcg_threshold_told(w, e);
		break;
	case SMCG_EV_TRY_SEEN:
		smcg_try_seen(w, c, e);
		break;
	default:
		smcg_oom_notified(w, c, e);
		break;
	}
}

static void apply_charge(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	switch (e->type) {
	case SMCG_EV_TRY_ENTER:
		smcg_try_enter(w, c, e);
		break;
	case SMCG_EV_TRY_RET:
		smcg_try_ret(w, c, e);
		break;
	case SMCG_EV_COUNTER_CHARGE:
		smcg_counter_charged(w, c, e);
		break;
	case SMCG_EV_COUNTER_UNCHARGE:
		smcg_counter_uncharged(w, c, e);
		break;
	case SMCG_EV_REFILL:
		smcg_refill(w, c, e);
		break;
	case SMCG_EV_DRAIN_LOCAL:
		smcg_drain_local(w, c, e);
		break;
	case SMCG_EV_HIGH_SEEN:
	case SMCG_EV_DRAIN_LOCAL_RET:
		break;		/* what was under way is over as it comes */
	case SMCG_EV_DRAIN_ALL:
		smcg_drain_all(w, c, e);
		break;
	case SMCG_EV_DRAIN_QUEUED:
		smcg_drain_queued(w, e);
		break;
	case SMCG_EV_DRAIN_ALL_RET:
		smcg_drain_ret(w, c, e);
		break;
	case SMCG_EV_RECLAIM:
		smcg_reclaim(w, c, e);
		break;
	case SMCG_EV_RECLAIM_RET:
		smcg_reclaim_ret(w, c, e);
		break;
	case SMCG_EV_MARGIN:
		smcg_margin(w, e);
		break;
	case SMCG_EV_DRAIN_TRY:
		smcg_drain_try(w, e);
		break;
	case SMCG_EV_OOM:
		smcg_oom(w, c, e);
		break;
	case SMCG_EV_OOM_RET:
		smcg_oom_ret(w, c, e);
		break;
	case SMCG_EV_RECLAIM_HIGH:
		smcg_high(w, c, e);
		break;
	default:
		apply_kmem(w, c, e);
		break;
	}
}

static u32 take_backlog(struct smcg_world *w, struct smcg_decision *out)
{
	u32 nr = min_t(u32, w->backlog_nr, SMCG_APPLY_MAX);

	memcpy(out, w->backlog + w->backlog_first, nr * sizeof(*out));
	w->backlog_first += nr;
	w->backlog_nr -= nr;
	if (!w->backlog_nr)
		w->backlog_first = 0;
	return nr;
}

unsigned int smcg_world_apply(struct smcg_world *w, const struct smcg_event *e,
			      struct smcg_decision *out)
{
	struct smcg_cpu *c;

	w->out = out;
	w->nr_out = 0;
	if (unlikely(w->backlog_nr))
		w->nr_out = take_backlog(w, out);
	if (unlikely(!e))
		return w->nr_out;
	w->stats.events++;
	w->now = e->time;
	if (unlikely(e->type >= SMCG_EV_NR || e->cpu >= w->config.nr_cpus ||
		     e->ctx >= SMCG_CTX_NR)) {
		w->stats.errors++;
		return w->nr_out;
	}
	if (unlikely(e->gap))
		smcg_base_gap(w, e->gap);
	c = &w->cpus[e->cpu];
	if (unlikely(e->type < SMCG_EV_CHARGE || e->type == SMCG_EV_BASE_SLOT || e->type == SMCG_EV_BASE_TASK)) {
		apply_admin(w, c, e);
		return w->nr_out;
	}
	if (unlikely(!c->online))
		c->online = true;
	if (unlikely(w->config.mode == SMCG_MODE_FREE)) {
		smcg_free_apply(w, c, e);
		return w->nr_out;
	}
	if (unlikely(e->type == SMCG_EV_PREEMPTED)) {
		if (e->caller)
			smcg_resumed(w, c, e);
		else
			smcg_preempted(w, c, e);
		return w->nr_out;
	}
	if (likely(e->type == SMCG_EV_CHARGE) && smcg_fast_charge(w, c, e))
		return w->nr_out;
	if (unlikely(only_tells(e))) {
		apply_told(w, c, e);
		return w->nr_out;
	}
	if (c->busy | (e->tid ^ c->tid))
		smcg_queue_arrive(w, c, e);
	if (unlikely(w->owners.ins))
		smcg_owner_decide(w, c, e);
	if (likely(e->type == SMCG_EV_CHARGE))
		smcg_charge(w, c, e);
	else
		apply_charge(w, c, e);
	return w->nr_out;
}
