// SPDX-License-Identifier: GPL-2.0
/*
 * pressure.c - memory pressure levels of the legacy hierarchy (SPEC A18).
 *
 * Reclaim tells the group that it reclaims from how many pages it scanned and how many of them it got. Both are summed
 * up. When a window of pages has been scanned a worker is asked to look: it takes the sums, computes the
 * level, and signals those who listen in the group and above.
 *
 * Sums are taken and added to under a lock that is not seen. What was read of them as a call begins and as it ends
 * tells orders apart where calls on several CPUs meet; alone, a call is decided from the shadow's own sums.
 *
 * Source: vmpressure(), vmpressure_work_fn(), vmpressure_calc_level(), vmpressure_event() of 6.1.
 */
#include "world.h"

/* The kinds of memory that user space can help with. */
#define HELPS	(SMCG_GFP_HIGHMEM | SMCG_GFP_MOVABLE | SMCG_GFP_IO | SMCG_GFP_FS)

/* Of those hierarchy levels above that a decision tells apart. */
#define MOST_LEVELS	63

/* Calls under way of which it is asked which had been counted. */
#define MOST_TOLD_APART	4

static struct smcg_pressure *pressure_of(struct smcg_world *w, struct smcg_group *g)
{
	if (!g->pressure) {
		g->pressure = smcg_alloc(w, sizeof(*g->pressure));
		if (!g->pressure)
			w->stats.errors++;
	}
	return g->pressure;
}

void smcg_pressure_free(struct smcg_world *w, struct smcg_group *g)
{
	smcg_free(w, g->pressure, sizeof(*g->pressure));
	g->pressure = NULL;
}

void smcg_pressure_forget(struct smcg_world *w)
{
	u32 i;

	for (i = 0; i < w->nr_slots; i++) {
		struct smcg_pressure *p = w->groups[i] ? w->groups[i]->pressure : NULL;

		if (!p)
			continue;
		p->known = false;
		p->looks = false;
		p->nr_scans = 0;
		p->next_scanned = 0;
		p->next_reclaimed = 0;
		p->maybe = 0;
	}
}

/* enum smcg_level of pages @scanned, not 0, of which @reclaimed were given back. */
static u32 level_of(u64 scanned, u64 reclaimed)
{
	u64 scale = scanned + reclaimed, pressure;

	if (reclaimed >= scanned)
		return SMCG_LEVEL_LOW;
	pressure = (scale - reclaimed * scale / scanned) * 100 / scale;
	if (pressure >= SMCG_PRESSURE_CRITICAL)
		return SMCG_LEVEL_CRITICAL;
	return pressure >= SMCG_PRESSURE_MEDIUM ? SMCG_LEVEL_MEDIUM : SMCG_LEVEL_LOW;
}

/* What was read of the sums; false: nothing. */
static bool sums_told(const struct smcg_event *e, u64 *scanned, u64 *reclaimed)
{
	*scanned = (e->c >> 32) - 1;
	*reclaimed = (u32)e->c;
	if (!(e->c >> 32))
		*scanned = 0;
	return e->c >> 32;
}

/* Nobody is about to change the sums: as read they are. */
static void settle(struct smcg_world *w, struct smcg_pressure *p, const struct smcg_event *e)
{
	u64 scanned, reclaimed;
	bool same;

	if (p->nr_scans || p->looks || !sums_told(e, &scanned, &reclaimed))
		return;
	same = p->scanned == scanned && p->reclaimed == reclaimed;
	if (!same && p->known && !p->doubt)
		w->stats.unexplained++;
	p->scanned = scanned;
	p->reclaimed = reclaimed;
	/* At first others may have been under way unseen. */
	p->doubt = !same && !p->known;
	p->known = true;
}

/* Listeners */

static struct smcg_listener *find_listener(struct smcg_pressure *p, const struct smcg_event *e,
					   bool steady, bool going)
{
	u32 i;

	for (i = p->nr_listeners; i-- > 0;) {
		struct smcg_listener *l = &p->listener[i];

		if (l->id == e->nr && l->steady == steady && l->going == going)
			return l;
	}
	return NULL;
}

static void add_listener(struct smcg_pressure *p, const struct smcg_event *e, bool steady)
{
	struct smcg_listener *l;

	if (p->nr_listeners == SMCG_LISTENERS) {
		p->crowded = true;
		return;
	}
	l = &p->listener[p->nr_listeners++];
	memset(l, 0, sizeof(*l));
	l->id = e->nr;
	l->level = (u8)e->a;
	l->mode = (u8)e->b;
	l->steady = steady;
}

static void drop_listener(struct smcg_pressure *p, struct smcg_listener *l)
{
	struct smcg_listener *end = &p->listener[--p->nr_listeners];

	for (; l < end; l++)
		*l = l[1];
}

void smcg_pressure_listen(struct smcg_world *w, const struct smcg_event *e)
{
	struct smcg_group *g = smcg_group_find(w, e->group);
	struct smcg_listener *l = NULL;
	struct smcg_pressure *p;

	if (!g || !w->legacy || e->a >= SMCG_LEVEL_NR || e->b >= SMCG_LISTEN_MODES) {
		w->stats.errors++;
		return;
	}
	p = pressure_of(w, g);
	if (!p)
		return;
	switch (e->caller) {
	case SMCG_LISTEN_ANEW:
		p->nr_listeners = 0;
		p->crowded = false;
		break;
	case SMCG_LISTEN_BASE:
		add_listener(p, e, true);
		break;
	case SMCG_LISTEN_COMES:
		add_listener(p, e, false);
		break;
	case SMCG_LISTEN_THERE:
	case SMCG_LISTEN_FAILED:
		l = find_listener(p, e, false, false);
		break;
	case SMCG_LISTEN_GOES:
		l = find_listener(p, e, true, false);
		break;
	case SMCG_LISTEN_GONE:
		l = find_listener(p, e, false, true);
		break;
	default:
		w->stats.errors++;
		break;
	}
	if (!l)
		return;
	l->steady = e->caller == SMCG_LISTEN_THERE;
	l->going = e->caller == SMCG_LISTEN_GOES;
	l->since = ++w->listens;
	if (l->steady || l->going)
		return;
	if (e->caller == SMCG_LISTEN_GONE)
		p->left[l->level] = w->listens;
	drop_listener(p, l);
}

/* Reclaim tells */

static struct smcg_scanned *find_scan(struct smcg_pressure *p, u32 tid)
{
	u32 i;

	for (i = 0; i < p->nr_scans; i++) {
		if (p->scan[i].tid == tid)
			return &p->scan[i];
	}
	return NULL;
}

static void drop_scan(struct smcg_pressure *p, struct smcg_scanned *s)
{
	*s = p->scan[--p->nr_scans];
}

void smcg_pressure_enter(struct smcg_world *w, const struct smcg_event *e)
{
	struct smcg_group *g = smcg_group_find(w, e->group);
	struct smcg_pressure *p;
	struct smcg_scanned *s;
	u64 reclaimed;
	u32 i;

	if (!g || !w->legacy || e->a > U32_MAX || e->b > U32_MAX) {
		w->stats.errors++;
		return;
	}
	/* What of one group below was scanned is for users inside the kernel, which a legacy hierarchy has none of. */
	if (!smcg_group_watched(g) || !e->caller || !(e->gfp & HELPS) || !e->a)
		return;
	p = pressure_of(w, g);
	if (!p)
		return;
	s = find_scan(p, e->tid);
	if (s) {	/* its end was lost */
		drop_scan(p, s);
		p->doubt = true;
	}
	settle(w, p, e);
	if (p->nr_scans == SMCG_SCANS) {
		p->known = false;
		return;
	}
	for (i = 0; i < p->nr_scans; i++)
		p->scan[i].beside = true;
	s = &p->scan[p->nr_scans++];
	memset(s, 0, sizeof(*s));
	s->tid = e->tid;
	s->scanned = e->a;
	s->reclaimed = e->b;
	s->told = sums_told(e, &s->before, &reclaimed);
	s->beside = p->nr_scans > 1;
	if (!p->looks)
		return;
	/* Less than there was to take: it has been taken, whatever the sum comes to from there on. */
	p->taken |= s->told && s->before < p->least;
	s->place = p->taken ? SMCG_SCAN_AFTER : SMCG_SCAN_EITHER;
	s->looks = 1;
}

static void add(struct smcg_pressure *p, const struct smcg_scanned *s)
{
	p->scanned += s->scanned;
	p->reclaimed += s->reclaimed;
}

/*
 * A call that the worker looked beside is over.  What it added is missing in what was read after it: it came before.
 * So it did where more is there than it and others can have added since: nothing has been taken yet.  After, where
 * less is there than as the worker began, but more than others can have added.
 */
static void place(struct smcg_pressure *p, struct smcg_scanned *s, const struct smcg_event *e)
{
	u64 after, reclaimed, others = p->looks ? p->next_scanned : p->scanned;
	u32 i;

	if (!sums_told(e, &after, &reclaimed))
		return;
	for (i = 0; i < p->nr_scans; i++)
		others += &p->scan[i] != s ? p->scan[i].scanned : 0;
	if (s->old && after < s->scanned) {
		s->taken = true;	/* by this look, or by one that is over */
		if (s->looks == 1) {
			s->place = SMCG_SCAN_BEFORE;
		} else {
			s->told = false;
			p->maybe += p->looks ? s->scanned : 0;
		}
	} else if (after < s->scanned || (p->looks && after > others + s->scanned)) {
		s->place = SMCG_SCAN_BEFORE;
		s->told &= !s->old;
	} else if ((!p->looks || after < p->least) && after > others) {
		s->place = SMCG_SCAN_AFTER;
		s->told = false;	/* what it read is gone */
	}
	if (p->looks && (after < p->least || (!s->old && after < s->scanned) || s->place == SMCG_SCAN_AFTER))
		p->taken = true;
}

/* Pages scanned, those of all calls that are under way with them. */
static u64 all_counted(const struct smcg_pressure *p)
{
	u64 all = p->scanned + p->maybe;
	u32 i;

	for (i = 0; i < p->nr_scans; i++)
		all += p->scan[i].taken ? 0 : p->scan[i].scanned;
	return all;
}

/*
 * Pages scanned, its own with them, that a call may have found, @low at least and @high at most: alone the
 * shadow's sum, else as was read before and after.
 */
static void found(const struct smcg_pressure *p, const struct smcg_scanned *s,
		  const struct smcg_event *e, u64 *low, u64 *high)
{
	u64 after, reclaimed, before = s->told ? s->before + s->scanned : s->scanned;
	bool told = sums_told(e, &after, &reclaimed);

	switch (s->place) {
	case SMCG_SCAN_ALONE:
		*low = s->beside && s->told && told ? before : p->scanned + s->scanned;
		*high = s->beside && s->told && told ? after : *low;
		break;
	case SMCG_SCAN_BEFORE:
		*low = before;
		*high = max(s->most, p->looks ? all_counted(p) : 0);
		break;
	case SMCG_SCAN_AFTER:
		*low = before;
		*high = told ? after : p->next_scanned + s->scanned;
		break;
	default:
		*low = s->scanned;
		*high = max(s->most, p->looks ? all_counted(p) : 0);
		*high = max(*high, max(before, after));
		break;
	}
	*high = max(*low, *high);
}

/* Behind the worker it counts for the next look; so does what nobody knows the place of. */
static void count(struct smcg_pressure *p, const struct smcg_scanned *s)
{
	if (p->looks && s->place != SMCG_SCAN_BEFORE) {
		p->next_scanned += s->scanned;
		p->next_reclaimed += s->reclaimed;
	} else if (p->looks || s->place != SMCG_SCAN_BEFORE) {
		add(p, s);
	}
}

void smcg_pressure_ret(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_group *g = smcg_group_find(w, e->group);
	struct smcg_pressure *p = g ? g->pressure : NULL;
	struct smcg_scanned *s = p ? find_scan(p, e->tid) : NULL;
	struct smcg_mark m;
	u64 low, high;

	if (!g || !w->legacy) {
		w->stats.errors++;
		return;
	}
	if (!s)
		return;
	if (s->place == SMCG_SCAN_EITHER)
		place(p, s, e);
	found(p, s, e, &low, &high);
	if (!s->taken)
		count(p, s);
	p->unsure |= s->place == SMCG_SCAN_EITHER;
	drop_scan(p, s);
	if (high < SMCG_PRESSURE_WINDOW)
		return;
	smcg_mark_event(w, &m, e, SMCG_KIND_PRESSURE);
	m.nr = 0;
	if (!p->known)
		m.flags |= SMCG_DEC_UNSETTLED;
	if (low < SMCG_PRESSURE_WINDOW && !m.flags)
		m.flags |= SMCG_DEC_AMBIGUOUS;
	smcg_say(w, c, &m);
}

/* The worker looks */

/* What the sums are when those calls under way, by a bit each, have been counted. */
static bool makes(const struct smcg_pressure *p, u32 set, u64 scanned, u64 reclaimed)
{
	u64 all = p->scanned, got = p->reclaimed;
	u32 i;

	for (i = 0; i < p->nr_scans; i++) {
		if (!(set & 1U << i))
			continue;
		all += p->scan[i].scanned;
		got += p->scan[i].reclaimed;
	}
	return all == scanned && got == reclaimed;
}

/* Which of them had been as the sums were read?  Return: just one such set was found. */
static bool counted(struct smcg_pressure *p, u64 scanned, u64 reclaimed)
{
	u32 nr = min_t(u32, p->nr_scans, MOST_TOLD_APART), set, taken = 0, found = 0, sets = 0, i;

	for (i = 0; i < nr; i++)
		taken |= p->scan[i].taken << i;
	for (set = 0; set < 1U << nr; set++) {
		if (!(set & taken) && makes(p, set, scanned, reclaimed)) {
			found = set;
			sets++;
		}
	}
	for (i = 0; i < nr && sets == 1; i++) {
		struct smcg_scanned *s = &p->scan[i];

		if (!(found & 1U << i))
			continue;
		s->place = SMCG_SCAN_BEFORE;
		s->most = max(s->most, scanned);
		/* not in a look that is over: what it read was before that */
		s->told &= !s->old;
		s->old = false;
	}
	return sets == 1;
}

void smcg_pressure_look(struct smcg_world *w, const struct smcg_event *e)
{
	struct smcg_group *g = smcg_group_find(w, e->group);
	u64 scanned, reclaimed;
	struct smcg_pressure *p;
	bool told;
	u32 i;

	if (!g || !w->legacy) {
		w->stats.errors++;
		return;
	}
	p = smcg_group_watched(g) ? pressure_of(w, g) : NULL;
	if (!p)
		return;
	p->unknown = !p->known;
	p->looks = false;
	if (p->unknown || p->doubt)
		settle(w, p, e);
	p->unsure = p->doubt;
	p->listens = w->listens;
	for (i = 0; i < p->nr_scans; i++) {
		if (!p->scan[i].taken)
			p->scan[i].place = SMCG_SCAN_EITHER;
		p->scan[i].looks++;
	}
	told = sums_told(e, &scanned, &reclaimed);
	p->least = told ? scanned : 0;
	if (told && !counted(p, scanned, reclaimed)) {
		w->stats.unexplained += !p->nr_scans;
		p->unsure = true;
	}
	p->looks = true;
	p->taken = false;
}

/* What it took: all that had been counted.  Those that are under way and may be before it make it doubtful. */
static void take(struct smcg_pressure *p, u64 *scanned, u64 *reclaimed)
{
	u64 most = all_counted(p);
	u32 i;

	for (i = 0; i < p->nr_scans; i++) {
		struct smcg_scanned *s = &p->scan[i];

		if (s->place == SMCG_SCAN_BEFORE && !s->taken) {
			add(p, s);
			s->taken = true;
		}
		s->most = max(s->most, most);
		s->old = s->place == SMCG_SCAN_EITHER;
		p->unsure |= s->old;
	}
	*scanned = p->scanned;
	*reclaimed = p->reclaimed;
	p->scanned = p->next_scanned;
	p->reclaimed = p->next_reclaimed;
	p->next_scanned = 0;
	p->next_reclaimed = 0;
	p->maybe = 0;
	p->doubt = p->unsure;
	p->looks = false;
}

/* Has one of a group that wants to hear of that level gone since? */
static bool has_left(const struct smcg_pressure *p, u32 level, u64 since)
{
	u32 i;

	for (i = 0; i <= level; i++) {
		if (p->left[i] > since)
			return true;
	}
	return false;
}

/*
 * Who listens, in the group and above.  Return: how many are signalled; a bit of @levels for each group with one of
 * them; @doubt: one of those that count comes or goes, or has since the look began.
 */
static u32 signalled(const struct smcg_world *w, const struct smcg_group *g, u32 level, u64 *levels,
		     bool *doubt)
{
	u64 since = g->pressure->listens;
	u32 nr = 0, up, i;

	*levels = 0;
	/* The root hears of it, too. */
	for (up = 0; g; g = smcg_group_find(w, g->parent_css), up++) {
		const struct smcg_pressure *p = g->pressure;
		u64 passed = *levels;

		for (i = 0; p && i < p->nr_listeners; i++) {
			const struct smcg_listener *l = &p->listener[i];

			if ((up && l->mode == SMCG_LISTEN_LOCAL) || level < l->level ||
			    (passed && l->mode == SMCG_LISTEN_DEFAULT))
				continue;
			*doubt |= !l->steady || l->since > since;
			if (!l->steady && !l->going)
				continue;
			*levels |= 1ULL << min_t(u32, up, MOST_LEVELS);
			nr++;
		}
		*doubt |= p && (p->crowded || has_left(p, level, since));
	}
	return nr;
}

void smcg_pressure_looked(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_group *g = smcg_group_find(w, e->group);
	struct smcg_pressure *p = g ? g->pressure : NULL;
	u64 scanned, reclaimed, levels;
	struct smcg_mark m;
	bool doubt;
	u32 level;

	if (!g || !w->legacy) {
		w->stats.errors++;
		return;
	}
	if (!p || !p->looks)
		return;
	take(p, &scanned, &reclaimed);
	if (!scanned)
		return;
	level = level_of(scanned, reclaimed);
	smcg_mark_event(w, &m, e, SMCG_KIND_PRESSURE_LEVEL);
	m.nr = (u32)scanned;
	m.arg = reclaimed << 32 | level;
	if (p->unknown)
		m.flags |= SMCG_DEC_UNSETTLED;
	if (p->unsure && !m.flags)
		m.flags |= SMCG_DEC_AMBIGUOUS;
	smcg_say(w, c, &m);
	m.kind = SMCG_KIND_PRESSURE_SIGNAL;
	doubt = false;
	if (p->unsure && signalled(w, g, SMCG_LEVEL_CRITICAL, &levels, &doubt))
		doubt = true;	/* another level may be another signal */
	m.nr = signalled(w, g, level, &levels, &doubt);
	m.arg = levels;
	if (doubt && !m.flags)
		m.flags |= SMCG_DEC_AMBIGUOUS;
	if (m.nr || doubt)
		smcg_say(w, c, &m);
}
