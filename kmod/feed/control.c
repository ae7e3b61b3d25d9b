// SPDX-License-Identifier: GPL-2.0
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>

#include "feed/feed.h"

#define RESYNC_DELAY_MS	200

static bool auto_resync = true;
module_param(auto_resync, bool, 0644);
MODULE_PARM_DESC(auto_resync, "take the state anew after a loss (default on)");

static const struct smcg_source *source;
static DEFINE_MUTEX(control_lock);
static u64 last_cookie;			/* under the lock */
static enum smcg_mode last_mode;
static u64 auto_resyncs;
static bool stopping;			/* with the world locked */

/* Everything recorded before this call has been applied when it returns. */
static int pass_barrier(void)
{
	u64 cookie = ++last_cookie;
	int err;

	lockdep_assert_held(&control_lock);
	err = source->put_barrier(cookie);
	return err ? err : smcg_feed_wait_barrier(cookie);
}

int smcg_feed_watch(u64 id, enum smcg_mode mode)
{
	int err;

	mutex_lock(&control_lock);
	err = source->watch(id);
	if (err)
		goto unlock;
	last_mode = mode;
	err = source->baseline(true, mode);
	if (!err)
		err = pass_barrier();
	if (!err)
		err = smcg_feed_world_error();
	if (err) {
		source->unwatch(id);
		if (!source->watched())
			smcg_feed_drop_world();
	}
unlock:
	mutex_unlock(&control_lock);
	return err;
}

int smcg_feed_unwatch(u64 id)
{
	int err;

	mutex_lock(&control_lock);
	err = pass_barrier();
	if (!err)
		err = source->unwatch(id);
	if (!err && !source->watched())
		smcg_feed_drop_world();
	mutex_unlock(&control_lock);
	return err;
}

int smcg_feed_barrier(void)
{
	int err;

	mutex_lock(&control_lock);
	err = pass_barrier();
	mutex_unlock(&control_lock);
	return err;
}

int smcg_feed_resync(void)
{
	int err = -ENOENT;

	mutex_lock(&control_lock);
	if (source->watched())
		err = source->baseline(false, last_mode);
	if (!err)
		err = pass_barrier();
	mutex_unlock(&control_lock);
	return err;
}

static void resync_after_gap(struct work_struct *work)
{
	if (!smcg_feed_resync())
		WRITE_ONCE(auto_resyncs, auto_resyncs + 1);
}

static DECLARE_DELAYED_WORK(resync_work, resync_after_gap);

/* The feeder met a gap.  Later gaps before the work runs are covered by it. */
void smcg_control_gap(void)
{
	if (READ_ONCE(auto_resync) && !stopping)
		schedule_delayed_work(&resync_work, msecs_to_jiffies(RESYNC_DELAY_MS));
}

u64 smcg_control_auto_resyncs(void)
{
	return READ_ONCE(auto_resyncs);
}

void smcg_control_init(const struct smcg_source *from)
{
	source = from;
	stopping = false;
}

void smcg_feed_stop_commands(void)
{
	smcg_feed_world_get();
	stopping = true;
	smcg_feed_world_put();
	cancel_delayed_work_sync(&resync_work);
}
