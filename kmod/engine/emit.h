/* SPDX-License-Identifier: GPL-2.0 */
/* emit.h - the digest, for the two places where every decision passes. */
#ifndef SMCG_EMIT_H
#define SMCG_EMIT_H

#include "queue.h"

#define SMCG_DIGEST_PRIME	0x100000001b3ULL

/* The eight words by independent multiplications, then one step of FNV-1a. */
static inline u64 smcg_digest_words(u64 digest, const u64 *word)
{
	u64 mix;

	mix = word[0] * 0x9e3779b97f4a7c15ULL;
	mix ^= word[1] * 0xc2b2ae3d27d4eb4fULL;
	mix += word[2] * 0x165667b19e3779f9ULL;
	mix ^= word[3] * 0x27d4eb2f165667c5ULL;
	mix += word[4] * 0xd6e8feb86659fd93ULL;
	mix ^= word[5] * 0xa0761d6478bd642fULL;
	mix += word[6] * 0xe7037ed1a0b428dbULL;
	mix ^= word[7] * 0x8ebc6af09c88c6e3ULL;
	return (digest ^ mix ^ mix >> 32) * SMCG_DIGEST_PRIME;
}

static inline u64 smcg_digest_step(u64 digest, const struct smcg_decision *d)
{
	u64 word[8];

	memcpy(word, d, sizeof(word));
	return smcg_digest_words(digest, word);
}

/*
 * Put a decision together as the words that the digest takes: reading them
 * back from narrower stores would stall.  Little endian, as all records.
 */
static inline u64 smcg_emit_words(struct smcg_decision *d, u64 digest, u64 seq, u64 time,
				  const struct smcg_mark *m)
{
	u64 word[8] = {
		seq,
		time,
		m->kind | (u64)m->ctx << 16 | (u64)m->flags << 24 | (u64)m->cpu << 32 |
			(u64)(u16)m->result << 48,
		m->tid | (u64)m->nr << 32,
		m->group,
		m->over,
		m->arg,
		m->event,
	};

	memcpy(d, word, sizeof(word));
	return smcg_digest_words(digest, word);
}

#endif
