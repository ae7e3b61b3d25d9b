// SPDX-License-Identifier: GPL-2.0
/*
 * The proof: in charge_memcg(), or in whatever it was inlined into,
 * - "mov %rdi,%rbp" stands before any branch or call, so it is always run, and
 * - nothing else writes rbp but the pops of the epilogue,
 * so at the one call of try_charge_memcg() rbp is the first argument. Whatever is not known
 * to leave rbp alone counts as writing it.
 */
#include <linux/kernel.h>
#include <linux/string.h>
#include <asm/insn.h>

#include "compat/folio_reg.h"
#include "compat/kallsyms.h"

#define REG_BP 5

SMCG_KERNEL_CALL(insn_decode, insn_decode);

struct proof {
	unsigned long callee;
	bool moved;		/* the move was seen */
	bool branched;
	unsigned int calls;	/* of callee */
};

static bool one_of(u8 opcode, const u8 *list, size_t nr)
{
	return memchr(list, opcode, nr);
}

/* One-byte opcodes with ModRM that do not write the register in its rm field. */
static const u8 rm_is_read[] = { 0x38, 0x39, 0x3a, 0x3b, 0x84, 0x85, 0x8a, 0x8b, 0x63, 0x03, 0x0b,
				 0x23, 0x2b, 0x33 };
/* ... that do not write the one in its reg field. */
static const u8 reg_is_read[] = { 0x00, 0x01, 0x08, 0x09, 0x20, 0x21, 0x28, 0x29, 0x30, 0x31, 0x38,
				  0x39, 0x3a, 0x3b, 0x84, 0x85, 0x88, 0x89 };
/* ... whose reg field is no register. */
static const u8 reg_is_opcode[] = { 0x80, 0x81, 0x83, 0x8f, 0xc0, 0xc1, 0xc6, 0xc7, 0xd0, 0xd1,
				    0xd2, 0xd3, 0xf6, 0xf7, 0xfe, 0xff };
/* Two-byte opcodes that move rm, zero- or sign-extended, to reg. */
static const u8 extends[] = { 0xb6, 0xb7, 0xbe, 0xbf };

static bool is_the_move(const struct insn *insn)
{
	static const u8 bytes[] = { 0x48, 0x89, 0xfd };

	return insn->length == sizeof(bytes) && !memcmp(insn->kaddr, bytes, sizeof(bytes));
}

static bool modrm_writes_bp(const struct insn *insn, bool two_byte, u8 opcode)
{
	u8 rex = insn->rex_prefix.nbytes ? insn->rex_prefix.bytes[0] : 0, modrm = insn->modrm.value;
	u8 reg = X86_MODRM_REG(modrm) | (X86_REX_R(rex) ? 8 : 0);
	u8 rm = X86_MODRM_RM(modrm) | (X86_REX_B(rex) ? 8 : 0);
	bool rm_is_reg = X86_MODRM_MOD(modrm) == 3;

	if (two_byte) {
		/* long nops and conditional moves to elsewhere are fine */
		if (opcode == 0x1f)
			return false;
		if (rm_is_reg && rm == REG_BP && !one_of(opcode, extends, sizeof(extends)))
			return true;
		return reg == REG_BP;
	}
	if (rm_is_reg && rm == REG_BP && !one_of(opcode, rm_is_read, sizeof(rm_is_read)))
		return true;
	return reg == REG_BP && !one_of(opcode, reg_is_read, sizeof(reg_is_read)) &&
	       !one_of(opcode, reg_is_opcode, sizeof(reg_is_opcode));
}

static bool writes_bp(const struct insn *insn)
{
	u8 rex = insn->rex_prefix.nbytes ? insn->rex_prefix.bytes[0] : 0;
	u8 opcode = insn->opcode.bytes[0];
	bool two_byte = opcode == 0x0f;

	if (insn->opcode.nbytes > 2 || insn->vex_prefix.nbytes)
		return true;
	if (two_byte)
		opcode = insn->opcode.bytes[1];
	if (insn->modrm.nbytes)
		return modrm_writes_bp(insn, two_byte, opcode);
	if (two_byte)
		return false;
	if (opcode == 0xc9)
		return true;
	/* xchg with rax, mov of a constant; pop is the epilogue's, push only reads */
	return !X86_REX_B(rex) && (opcode == 0x90 + REG_BP || opcode == 0xb8 + REG_BP);
}

static bool is_branch(const struct insn *insn)
{
	u8 opcode = insn->opcode.bytes[0];

	if (opcode == 0x0f)
		return (insn->opcode.bytes[1] & 0xf0) == 0x80;
	return (opcode & 0xf0) == 0x70 || opcode == 0xe8 || opcode == 0xe9 || opcode == 0xeb ||
	       opcode == 0xc3 || opcode == 0xff;
}

static bool look_at(struct proof *proof, const struct insn *insn, bool entry)
{
	if (is_the_move(insn)) {
		if (proof->moved || proof->branched)
			return false;
		proof->moved = true;
		return true;
	}
	if (writes_bp(insn))
		return false;
	if (!entry && is_branch(insn))
		proof->branched = true;
	if (insn->opcode.bytes[0] == 0xe8 &&
	    (unsigned long)insn->kaddr + insn->length + insn->immediate.value == proof->callee)
		proof->calls++;
	return true;
}

/* The first instructions, which are no part of the proof: a landing mark and ftrace's call. */
static bool is_entry(const struct insn *insn, unsigned long start)
{
	static const u8 endbr64[] = { 0xf3, 0x0f, 0x1e, 0xfa };
	unsigned long at = (unsigned long)insn->kaddr;

	if (at == start)
		return true;
	return at == start + sizeof(endbr64) && IS_ENABLED(CONFIG_X86_KERNEL_IBT);
}

bool smcg_folio_in_reg(const char *function)
{
	struct proof proof = { .callee = smcg_lookup("try_charge_memcg") };
	unsigned long start, end, at;
	struct insn insn;

	if (!smcg_find_call(insn_decode) || !proof.callee || smcg_lookup_range(function, &start, &end))
		return false;
	for (at = start; at < end; at += insn.length) {
		if (static_call(smcg_call_insn_decode)(&insn, (void *)at, min(end - at, 15ul),
						       INSN_MODE_64))
			return false;
		/* padding behind the function */
		if (insn.opcode.bytes[0] == 0xcc)
			break;
		if (!look_at(&proof, &insn, is_entry(&insn, start)))
			return false;
	}
	return proof.moved && proof.calls == 1;
}
