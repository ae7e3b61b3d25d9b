/* SPDX-License-Identifier: GPL-2.0 */
/*
 * btf_member.h - where a private structure of the kernel keeps what.
 *
 * The running kernel's own BTF tells, so no offset is ever guessed.
 */
#ifndef SMCG_COMPAT_BTF_MEMBER_H
#define SMCG_COMPAT_BTF_MEMBER_H

#include <linux/types.h>

struct smcg_member {
	u32 offset;	/* bytes */
	u32 size;	/* of an element, 0 when it is none of integer, enumeration, pointer, structure */
	u32 nr;		/* elements, 1 if it is no array */
};

/**
 * smcg_btf_open() - make smcg_btf_member() work.
 * Context: process.  Return: 0; a negative errno after saying why in the log.
 */
int smcg_btf_open(void);

/**
 * smcg_btf_member() - find a member of a structure.
 * Context: process.  Return: 0; a negative errno after saying in the log what is not there.
 */
int smcg_btf_member(const char *structure, const char *name, struct smcg_member *member);

#endif
