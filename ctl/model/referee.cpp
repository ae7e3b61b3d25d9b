// SPDX-License-Identifier: GPL-2.0
#include "model/referee.hpp"

#include "model/align.hpp"
#include "model/sync.hpp"

#include <algorithm>

namespace smcg {

namespace {

KindTally &of(Tally &tally, const Step &step)
{
	return tally.kinds[step.kind < nr_kinds ? step.kind : 0];
}

std::vector<Step> first_few(const std::deque<Step> &steps, size_t skip, size_t most)
{
	const size_t start = std::min(skip, steps.size()), end = std::min(skip + most, steps.size());
	return {steps.begin() + static_cast<std::ptrdiff_t>(start), steps.begin() + static_cast<std::ptrdiff_t>(end)};
}

} // namespace

Referee::Sequence &Referee::sequence_of(const Step &step)
{
	const auto [it, fresh] = sequences_.try_emplace(key_of(step));
	// What was born after the watch began is known in whole by both sides.
	if (fresh)
		it->second.synced = step.time >= config_.begin_ns + config_.begin_tolerance_ns;
	return it->second;
}

void Referee::real(const Step &step)
{
	if (step.began < config_.begin_ns) {
		tally_.before_real++;
		if (config_.begin_tolerance_ns)
			sequences_.try_emplace(key_of(step));
		return;
	}
	Sequence &sequence = sequence_of(step);
	sequence.real.push_back(step);
	waiting_++;
	settle(sequence, false);
}

void Referee::shadow(const Step &step)
{
	if (step.time < config_.begin_ns) {
		tally_.before_shadow++;
		if (config_.begin_tolerance_ns)
			sequences_.try_emplace(key_of(step));
		return;
	}
	Sequence &sequence = sequence_of(step);
	sequence.shadow.push_back(step);
	waiting_++;
	settle(sequence, false);
}

void Referee::finish(uint64_t end_ns)
{
	end_ns_ = end_ns;
	for (auto &[key, sequence] : sequences_)
		settle(sequence, true);
}

// Whether the heads of an old sequence are at the same place now.
bool Referee::meet(Sequence &sequence, bool complete)
{
	const size_t both = std::min(sequence.real.size(), sequence.shadow.size());
	if (!complete && (sequence.real.size() + sequence.shadow.size()) % 32)
		return false; // looking is dear
	const auto meeting = find_meeting(sequence.real, sequence.shadow, complete);
	if (!meeting && !complete && both < meeting_window)
		return false;
	if (!meeting && both >= meeting_window) {
		sequence.synced = true; // so many steps that nowhere meet: judge them as they are
		return true;
	}
	// Without one nothing can be said of it.
	size_t real = meeting ? meeting->real : sequence.real.size();
	size_t shadow = meeting ? meeting->shadow : sequence.shadow.size();
	tally_.boundary_real += real;
	tally_.boundary_shadow += shadow;
	waiting_ -= real + shadow;
	sequence.real.erase(sequence.real.begin(), sequence.real.begin() + static_cast<std::ptrdiff_t>(real));
	sequence.shadow.erase(sequence.shadow.begin(), sequence.shadow.begin() + static_cast<std::ptrdiff_t>(shadow));
	sequence.synced = true;
	return true;
}

// Takes from the heads what can be judged now.
void Referee::settle(Sequence &sequence, bool complete)
{
	if (!sequence.synced && !meet(sequence, complete))
		return;
	while (!sequence.real.empty() && !sequence.shadow.empty()) {
		if (same_step(sequence.real.front(), sequence.shadow.front())) {
			apply_pair(sequence);
			continue;
		}
		if (!complete && std::min(sequence.real.size(), sequence.shadow.size()) < config_.look_ahead)
			return;
		switch (next_move(sequence.real, sequence.shadow, config_.look_ahead, complete)) {
		case Move::pair:
			apply_pair(sequence);
			break;
		case Move::drop_real:
			drop(sequence, true);
			break;
		case Move::drop_shadow:
			drop(sequence, false);
			break;
		}
	}
	while (complete && !sequence.real.empty())
		drop(sequence, true);
	while (complete && !sequence.shadow.empty())
		drop(sequence, false);
}

void Referee::apply_pair(Sequence &sequence)
{
	const Step real = sequence.real.front(), shadow = sequence.shadow.front();
	sequence.real.pop_front();
	sequence.shadow.pop_front();
	waiting_ -= 2;
	if (not_judged(shadow)) {
		of(tally_, shadow).unjudged++;
		return;
	}
	const bool same = same_step(real, shadow);
	if (!same && real.time >= end_ns_) {
		tally_.boundary_real++;
		tally_.boundary_shadow++;
		return;
	}
	of(tally_, real).real++;
	of(tally_, shadow).shadow++;
	if (shadow.flags & SMCG_DEC_ADOPTED)
		of(tally_, shadow).adopted++;
	if (same) {
		agree(sequence, real, shadow);
		return;
	}
	of(tally_, real).mismatch++;
	keep(Difference::What::mismatch, sequence, real, shadow);
}

void Referee::agree(Sequence &sequence, const Step &real, const Step &shadow)
{
	if (shadow.flags & SMCG_DEC_AMBIGUOUS)
		of(tally_, real).ambiguous++;
	else
		of(tally_, real).agree++;
	if (sequence.agreed.size() >= config_.neighbours) {
		if (sequence.agreed.empty())
			return;
		sequence.agreed.pop_front();
	}
	sequence.agreed.push_back(real);
}

void Referee::drop(Sequence &sequence, bool real_side)
{
	std::deque<Step> &side = real_side ? sequence.real : sequence.shadow;
	const Step step = side.front();
	side.pop_front();
	waiting_--;
	if (!real_side && not_judged(step)) {
		of(tally_, step).unjudged++;
		return;
	}
	if (step.time >= end_ns_) {
		(real_side ? tally_.boundary_real : tally_.boundary_shadow)++;
		return;
	}
	KindTally &kind = of(tally_, step);
	if (real_side) {
		kind.real++;
		kind.unmatched_real++;
		keep(Difference::What::unmatched_real, sequence, step, {});
	} else {
		kind.shadow++;
		kind.unmatched_shadow++;
		kind.adopted += (step.flags & SMCG_DEC_ADOPTED) != 0;
		keep(Difference::What::unmatched_shadow, sequence, {}, step);
	}
}

void Referee::keep(Difference::What what, const Sequence &sequence, const Step &real, const Step &shadow)
{
	const Step &named = what == Difference::What::unmatched_shadow ? shadow : real;
	size_t &kept = kept_[named.kind < nr_kinds ? named.kind : 0];
	if (kept >= config_.examples_per_kind)
		return;
	kept++;
	differences_.push_back({what, real, shadow, {sequence.agreed.begin(), sequence.agreed.end()},
				first_few(sequence.real, 0, config_.neighbours),
				first_few(sequence.shadow, 0, config_.neighbours)});
}

} // namespace smcg
