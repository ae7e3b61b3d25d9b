// SPDX-License-Identifier: GPL-2.0
#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/nodemask.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "compat/profile.h"
#include "report/stream.h"

#define RECORD_BYTES	64

static unsigned int stream_records = 1 << 18;
module_param(stream_records, uint, 0644);
MODULE_PARM_DESC(stream_records, "records that a binary file holds for its reader");

struct record {
	u64 words[RECORD_BYTES / sizeof(u64)];
};

struct smcg_stream_ring {
	struct smcg_stream *stream;
	struct record *records;
	u64 size;
	u64 head;		/* written by the producer */
	u64 tail;		/* written by the reader */
	struct mutex reading;	/* read() by several threads of the reader */
	bool header_read;
};

void smcg_stream_put(struct smcg_stream *stream, const void *record)
{
	struct smcg_stream_ring *ring = stream->ring;

	if (!ring)
		return;
	/* pairs with read_records(): what was read may be overwritten */
	if (ring->head - smp_load_acquire(&ring->tail) == ring->size) {
		WRITE_ONCE(stream->lost, stream->lost + 1);
		return;
	}
	ring->records[ring->head & (ring->size - 1)] = *(const struct record *)record;
	/* pairs with read_records() and has_records() */
	smp_store_release(&ring->head, ring->head + 1);
}

void smcg_stream_flush(struct smcg_stream *stream)
{
	if (wq_has_sleeper(&stream->wait))
		wake_up_interruptible(&stream->wait);
}

static struct smcg_stream_ring *make_ring(struct smcg_stream *stream)
{
	struct smcg_stream_ring *ring = kzalloc(sizeof(*ring), GFP_KERNEL);

	if (!ring)
		return NULL;
	ring->size = roundup_pow_of_two(clamp(stream_records, 64u, 1u << 24));
	ring->records = vmalloc(array_size(ring->size, sizeof(*ring->records)));
	if (!ring->records) {
		kfree(ring);
		return NULL;
	}
	ring->stream = stream;
	mutex_init(&ring->reading);
	return ring;
}

static void free_ring(struct smcg_stream_ring *ring)
{
	vfree(ring->records);
	kfree(ring);
}

static int open_stream(struct inode *inode, struct file *file)
{
	struct smcg_stream *stream = inode->i_private;
	struct smcg_stream_ring *ring = make_ring(stream);
	bool busy;

	if (!ring)
		return -ENOMEM;
	stream->ops->world_get();
	busy = stream->ring;
	if (!busy)
		stream->ring = ring;
	stream->ops->world_put();
	if (busy) {
		free_ring(ring);
		return -EBUSY;
	}
	file->private_data = ring;
	return nonseekable_open(inode, file);
}

static int release_stream(struct inode *inode, struct file *file)
{
	struct smcg_stream_ring *ring = file->private_data;
	struct smcg_stream *stream = ring->stream;

	stream->ops->world_get();
	stream->ring = NULL;
	stream->ops->world_put();
	free_ring(ring);
	return 0;
}

static ssize_t read_header(struct smcg_stream_ring *ring, char __user *buf, size_t count)
{
	struct smcg_file_header header = {
		.magic = SMCG_MAGIC,
		.abi = SMCG_ABI,
		.schema = SMCG_SCHEMA,
		.record_size = RECORD_BYTES,
		.record_kind = ring->stream->kind,
		.nr_cpus = nr_cpu_ids,
		.nr_nodes = nr_node_ids,
		.profile = SMCG_KERNEL_PROFILE,
		.mode = SMCG_MODE_FOLLOW,
		.frames_per_node = ring->stream->ops->frames_per_node,
		.start_time = ktime_get_ns(),
	};

	if (copy_to_user(buf, &header, sizeof(header)))
		return -EFAULT;
	ring->header_read = true;
	return sizeof(header);
}

static ssize_t read_records(struct smcg_stream_ring *ring, char __user *buf, size_t count)
{
	/* pairs with smcg_stream_put() */
	u64 tail = ring->tail, nr = smp_load_acquire(&ring->head) - tail;
	size_t done = 0;

	nr = min_t(u64, nr, count / RECORD_BYTES);
	while (nr) {
		/* up to the end of the array at once */
		u64 start = tail & (ring->size - 1), run = min(nr, ring->size - start);

		if (copy_to_user(buf + done, &ring->records[start], run * RECORD_BYTES))
			break;
		done += run * RECORD_BYTES;
		tail += run;
		nr -= run;
	}
	/* pairs with smcg_stream_put() */
	smp_store_release(&ring->tail, tail);
	return done || !nr ? done : -EFAULT;
}

static bool has_records(const struct smcg_stream_ring *ring)
{
	/* pairs with smcg_stream_put() */
	return smp_load_acquire(&ring->head) != READ_ONCE(ring->tail);
}

static ssize_t read_stream(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	struct smcg_stream_ring *ring = file->private_data;
	ssize_t done = 0, got;

	if (count < RECORD_BYTES)
		return -EINVAL;
	if (mutex_lock_interruptible(&ring->reading))
		return -ERESTARTSYS;
	if (!ring->header_read) {
		done = read_header(ring, buf, count);
		if (done < 0)
			goto unlock;
	} else if (!has_records(ring)) {
		done = -EAGAIN;
		if (file->f_flags & O_NONBLOCK)
			goto unlock;
		done = wait_event_interruptible(ring->stream->wait, has_records(ring));
		if (done)
			goto unlock;
	}
	got = read_records(ring, buf + done, count - done);
	done = got < 0 && !done ? got : done + max_t(ssize_t, got, 0);
unlock:
	mutex_unlock(&ring->reading);
	return done;
}

static __poll_t poll_stream(struct file *file, poll_table *table)
{
	struct smcg_stream_ring *ring = file->private_data;

	poll_wait(file, &ring->stream->wait, table);
	return !ring->header_read || has_records(ring) ? EPOLLIN | EPOLLRDNORM : 0;
}

const struct file_operations smcg_stream_fops = {
	.owner = THIS_MODULE,
	.open = open_stream,
	.release = release_stream,
	.read = read_stream,
	.poll = poll_stream,
};
