/* SPDX-License-Identifier: GPL-2.0 */
/*
 * stream.h - binary files of 64-byte records that one reader empties.
 *
 * The feeder is the only producer. A ring exists while its file is open; the pointer to it is
 * changed with the world locked, which the producer holds too.
 */
#ifndef SMCG_REPORT_STREAM_H
#define SMCG_REPORT_STREAM_H

#include <linux/fs.h>
#include <linux/mutex.h>
#include <linux/wait.h>

#include "report/entry.h"

struct smcg_stream_ring;

struct smcg_stream {
	struct smcg_stream_ring *ring;	/* NULL while nobody reads */
	u16 kind;			/* enum smcg_record_kind */
	u64 lost;			/* records that found the ring full, ever */
	wait_queue_head_t wait;
	const struct smcg_report_ops *ops;
};

/* Producer: append a record, or count it as lost. World locked. */
void smcg_stream_put(struct smcg_stream *stream, const void *record);
void smcg_stream_flush(struct smcg_stream *stream);

extern const struct file_operations smcg_stream_fops;

#endif
