// SPDX-License-Identifier: GPL-2.0
// kernel_model_objects.cpp - kernel memory by bytes and pages.
#include "kernel_model.h"

#include <utility>

namespace model {

Call<int> Machine::kmem_uncharge(Objcg *o, unsigned nr, unsigned caller)
{
	event(SMCG_EV_KMEM_UNCHARGE, o->group->css, nr, caller, o->id);
	o->group->kmem -= nr;
	if (caller == SMCG_BY_OBJ && watched(o->group))
		step_seen(SMCG_KIND_KMEM_UNCHARGE, o->group, nr);
	co_await step();
	co_await refill(o->group, nr, SMCG_BY_OTHER);
	co_return 0;
}

Call<int> Machine::obj_charge(Objcg *o, unsigned bytes)
{
	event(SMCG_EV_OBJ_CHARGE, o->group->css, told(o), 0, o->id, bytes);
	co_await step();
	Stock &s = stocks_[current->cpu];
	bool hit = s.objcg == o && s.bytes >= bytes;
	if (slots())
		hit = co_await consume_bytes(o, bytes);
	else if (hit)
		s.bytes -= bytes;
	if (hit) {
		if (watched(o->group))
			step_seen(SMCG_KIND_OBJ_HIT, o->group, 0, 0, nullptr, bytes);
		co_return 0;
	}
	unsigned nr = (bytes + kPage - 1) / kPage;
	if (watched(o->group))
		step_seen(SMCG_KIND_OBJ_MISS, o->group, nr, 0, nullptr, bytes);
	co_await step();
	unsigned gfp = current->ctx == SMCG_CTX_TASK ? SMCG_GFP_BLOCKING : SMCG_GFP_HIGH;
	int err = co_await try_charge(o->group, gfp, nr, SMCG_BY_OBJ);
	if (!err)
		kmem_charged(o->group, nr);
	if (!err && bytes % kPage)
		co_await obj_refill(o, kPage - bytes % kPage, false);
	co_return err;
}

Call<int> Machine::obj_refill(Objcg *o, unsigned bytes, bool allow)
{
	unsigned pages = 0, flushed;

	if (slots()) {
		co_await obj_refill_slots(o, bytes, allow);
		co_return 0;
	}
	event(SMCG_EV_OBJ_REFILL, o->group->css, told(o), 0, o->id, bytes, allow);
	co_await step();
	Cpu &cpu = cpus_[current->cpu];
	Stock &s = stocks_[current->cpu];
	cpu.irq_off = true;
	if (s.objcg != o) {
		co_await put_back_bytes(&flushed);
		co_await step();
		s.objcg = o;
		s.bytes = std::exchange(o->charged, 0);
		allow = true;
	}
	s.bytes += bytes;
	if (allow && s.bytes > kPage) {
		pages = s.bytes / kPage;
		s.bytes %= kPage;
	}
	cpu.irq_off = false;
	co_await step();
	if (pages)
		co_await kmem_uncharge(o, pages, SMCG_BY_OBJ);
	co_return 0;
}

Call<int> Machine::obj_state(Objcg *o)
{
	unsigned flushed;

	if (slots())
		co_return 0;	// statistics touch no bytes there
	event(SMCG_EV_OBJ_STATE, o->group->css, told(o), 0, o->id);
	co_await step();
	Cpu &cpu = cpus_[current->cpu];
	Stock &s = stocks_[current->cpu];
	cpu.irq_off = true;
	if (s.objcg != o) {
		co_await put_back_bytes(&flushed);
		co_await step();
		s.objcg = o;
		s.bytes = std::exchange(o->charged, 0);
	}
	cpu.irq_off = false;
	co_return 0;
}

}  // namespace model
