// SPDX-License-Identifier: GPL-2.0
#include "witness/witness.hpp"

#include "base/fd.hpp"
#include "witness/let_go.hpp"
#include "witness/record.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include <fcntl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <string_view>

#include "witness.skel.h"

namespace smcg {

namespace {

#define WITNESS_NAME(name) #name,
// By enum witness_hook: the first program of each function.
constexpr std::array<const char *, WITNESS_HOOKS> functions = {WITNESS_FUNCTIONS(WITNESS_NAME)};
#undef WITNESS_NAME

// Interrupts enter these functions too, but only what tasks do in them is a step, and a task's
// own call is never the nested one, unless it is preempted.
constexpr std::array<std::string_view, 1> tasks_only = {"counter_sub"};

// libbpf tells why only through its log.
thread_local std::string last_warning;

int keep_warning(libbpf_print_level level, const char *format, va_list args)
{
	if (level != LIBBPF_WARN)
		return 0;
	std::array<char, 512> line;
	va_list again;
	va_copy(again, args);
	std::vsnprintf(line.data(), line.size(), format, args);
	if (std::getenv("SMCG_WITNESS_LOG")) // the verifier's whole log, for who changes the programs
		std::vfprintf(stderr, format, again);
	va_end(again);
	std::string text(line.data());
	if (text.starts_with("libbpf: "))
		text.erase(0, 8);
	while (!text.empty() && text.back() == '\n')
		text.pop_back();
	// The first complaint is the cause, later ones follow from it.
	if (last_warning.empty() && text.find("BEGIN PROG LOAD LOG") == std::string::npos)
		last_warning = text.substr(0, text.find('\n'));
	return 0;
}

struct SkeletonDeleter {
	void operator()(witness *skeleton) const { witness::destroy(skeleton); }
};
struct RingDeleter {
	void operator()(ring_buffer *ring) const { ring_buffer__free(ring); }
};
struct LinkDeleter {
	void operator()(bpf_link *link) const { bpf_link__destroy(link); }
};

uint64_t recursion_misses(const bpf_program *program)
{
	bpf_prog_info info = {};
	__u32 size = sizeof(info);
	if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size))
		return 0;
	return info.recursion_misses;
}

struct BtfDeleter {
	void operator()(btf *types) const { btf__free(types); }
};

// Programs that are off in their source are not for every host: by their names those of the legacy hierarchy, then those
// of a stock of one slot, ...
constexpr std::array<std::string_view, 6> single_slot = {"refill", "refill_ret", "drain", "drain_here", "file_notify",
							 "queue_work"};
// ... those for kernels whose migrations take charges along (6.7 on), and, the rest, stocks with slots (7.2).
constexpr std::array<std::string_view, 3> moving = {"migrate_moves", "replace", "replace_ret"};

template <size_t N>
bool is_one_of(const std::array<std::string_view, N> &names, std::string_view name)
{
	return std::ranges::find(names, name) != names.end();
}

// Programs of one function take turns: "name" is the first, the last two are for kernels that preempt tasks.
constexpr std::array<std::string_view, 4> turns = {"", "_b", "_c", "_d"};
constexpr size_t first_of_preemption = 2;

size_t turn_of(std::string_view name)
{
	for (size_t turn = turns.size(); --turn > 0;)
		if (name.ends_with(turns[turn]))
			return turn;
	return 0;
}

// Can a task lose its CPU inside the kernel?  Some kernels let that be chosen as they boot.
bool host_preempts()
{
	std::ifstream chosen("/sys/kernel/debug/sched/preempt");
	std::string modes;
	if (std::getline(chosen, modes))
		return modes.find("(full)") != std::string::npos || modes.find("(lazy)") != std::string::npos;
	utsname host = {};
	return !::uname(&host) && std::strstr(host.version, "PREEMPT");
}

void choose_programs(bpf_object *object, bool legacy, bool preempts)
{
	const std::unique_ptr<btf, BtfDeleter> types(btf__load_vmlinux_btf());
	const auto has = [&](const char *name, unsigned kind) {
		return types && btf__find_by_name_kind(types.get(), name, kind) > 0;
	};
	const bool moves = has("mem_cgroup_replace_folio", BTF_KIND_FUNC);
	const bool slots = has("obj_stock_pcp", BTF_KIND_STRUCT);
	const bool renamed = has("__mem_cgroup_handle_over_high", BTF_KIND_FUNC); // the old name is inlined
	bpf_program *program;
	bpf_object__for_each_program(program, object) {
		std::string_view name = bpf_program__name(program);
		const size_t turn = turn_of(name);
		name.remove_suffix(turns[turn].size());
		const bool wanted = bpf_program__autoload(program) ? true
				    : name.starts_with("legacy_")  ? legacy
				    : is_one_of(moving, name)	   ? moves
				    : is_one_of(single_slot, name) ? !slots
								   : slots;
		if (renamed && (name == "over" || name == "over_ret"))
			bpf_program__set_attach_target(program, 0, "__mem_cgroup_handle_over_high");
		bpf_program__set_autoload(program, wanted && (turn < first_of_preemption || preempts));
	}
}

// Those are run by hand.
bool is_iterator(const bpf_program *program)
{
	return std::string_view(bpf_program__section_name(program)).starts_with("iter/");
}

} // namespace

// What the programs missed or took over, by function, since they were loaded.
struct Runs {
	std::map<std::string, uint64_t> missed; // of first and lone programs, by section
	std::map<std::string, uint64_t> covered;
	bool operator==(const Runs &) const = default;
};

struct Witness::State {
	std::unique_ptr<witness, SkeletonDeleter> skeleton;
	std::unique_ptr<ring_buffer, RingDeleter> ring;
	std::vector<std::unique_ptr<bpf_link, LinkDeleter>> links;
	const std::function<void(const Step &)> *take = nullptr;
	size_t left = 0, taken = 0;
	Runs before, after;
	bool preempts = false;

	Status attach(size_t turn);
	Runs read_runs() const;
	Runs runs() const;
	static int on_step(void *self, void *data, size_t size);
};

Witness::Witness(std::unique_ptr<State> state) : state_(std::move(state)) {}
Witness::Witness(Witness &&) noexcept = default;
Witness &Witness::operator=(Witness &&) noexcept = default;
Witness::~Witness()
{
	if (state_)
		detach();
}

int Witness::State::on_step(void *self, void *data, size_t size)
{
	auto &state = *static_cast<State *>(self);
	witness_step raw;
	if (size < sizeof(raw))
		return 0;
	std::memcpy(&raw, data, sizeof(raw));
	Step step;
	step.time = raw.time;
	step.began = raw.began;
	step.group = raw.group;
	step.over = raw.over;
	step.arg = raw.arg;
	step.tid = raw.tid;
	step.nr = raw.nr;
	step.kind = raw.kind;
	step.cpu = raw.cpu;
	step.result = raw.result;
	step.ctx = raw.ctx;
	step.untold = raw.untold;
	(*state.take)(step);
	state.taken++;
	return --state.left ? 0 : -ECANCELED; // a negative value ends the round
}

// Programs of one function run in the reverse order of their attachment: the last turn goes first.
Status Witness::State::attach(size_t turn)
{
	bpf_program *program;
	bpf_object__for_each_program(program, skeleton->obj) {
		if (turn_of(bpf_program__name(program)) != turn || !bpf_program__autoload(program) || is_iterator(program) ||
		    bpf_program__type(program) == BPF_PROG_TYPE_SYSCALL)
			continue;
		bpf_link *link = bpf_program__attach(program);
		if (!link)
			return system_error("cannot attach the witness to " +
					    std::string(bpf_program__section_name(program)) +
					    " (is another tracer on it, or does this kernel lack it?)");
		links.emplace_back(link);
	}
	return {};
}

Result<Witness> Witness::attach(size_t ring_bytes, bool legacy)
{
	if (::access("/sys/kernel/btf/vmlinux", R_OK) < 0)
		return Error{"this kernel has no type information (/sys/kernel/btf/vmlinux), which the "
			     "witness needs: boot one with CONFIG_DEBUG_INFO_BTF"};
	if (libbpf_num_possible_cpus() > WITNESS_MAX_CPUS)
		return Error{"the witness knows at most " + std::to_string(WITNESS_MAX_CPUS) +
			     " CPUs, this machine has " + std::to_string(libbpf_num_possible_cpus())};
	last_warning.clear();
	libbpf_set_print(keep_warning);
	auto state = std::make_unique<State>();
	state->skeleton.reset(witness::open());
	if (!state->skeleton)
		return system_error("cannot open the witness programs");
	state->preempts = host_preempts();
	choose_programs(state->skeleton->obj, legacy, state->preempts);
	state->skeleton->rodata->legacy = legacy;
	state->skeleton->rodata->preempts = state->preempts;
	if (!state->preempts)
		bpf_map__set_max_entries(state->skeleton->maps.task_notes, 1);
	bpf_map__set_max_entries(state->skeleton->maps.steps, static_cast<__u32>(std::bit_ceil(ring_bytes)));
	if (const int fault = witness::load(state->skeleton.get()))
		return system_error("this kernel does not take the witness programs (" + last_warning + ")",
				    -fault);
	for (size_t turn = turns.size(); turn-- > 0;)
		if (const Status attached = state->attach(turn); !attached)
			return attached.error();
	state->ring.reset(ring_buffer__new(bpf_map__fd(state->skeleton->maps.steps), State::on_step,
					   state.get(), nullptr));
	if (!state->ring)
		return system_error("cannot map the witness's ring");
	return Witness(std::move(state));
}

Runs Witness::State::read_runs() const
{
	Runs runs;
	bpf_program *program;
	bpf_object__for_each_program(program, skeleton->obj) {
		const std::string_view name = bpf_program__name(program);
		if (turn_of(name) || !bpf_program__autoload(program) || (is_one_of(tasks_only, name) && !preempts))
			continue;
		const std::string section = bpf_program__section_name(program);
		runs.missed[section] = recursion_misses(program);
		const auto function = std::ranges::find(functions, name);
		if (function == functions.end())
			continue;
		for (const auto &cpu : skeleton->bss->cpus)
			runs.covered[section] += cpu.covered[function - functions.begin()];
	}
	return runs;
}

// A call may be between two of its programs just now: read until two readings agree.
Runs Witness::State::runs() const
{
	Runs last = read_runs();
	for (int attempt = 0; attempt < 20; attempt++) {
		Runs next = read_runs();
		if (next == last)
			break;
		last = std::move(next);
	}
	return last;
}

void Witness::watch(uint64_t cgroup_id, unsigned level)
{
	auto &bss = *state_->skeleton->bss;
	state_->before = state_->runs();
	bss.target_level = level;
	__atomic_store_n(&bss.target_id, cgroup_id, __ATOMIC_RELEASE);
}

void Witness::stop()
{
	__atomic_store_n(&state_->skeleton->bss->target_id, 0, __ATOMIC_RELEASE);
	state_->after = state_->runs();
}

size_t Witness::drain(size_t most, const std::function<void(const Step &)> &take)
{
	state_->take = &take;
	state_->left = most;
	state_->taken = 0;
	if (most)
		ring_buffer__consume(state_->ring.get());
	return state_->taken;
}

std::vector<Witness::Removed> Witness::removed() const
{
	std::vector<Removed> groups;
	const int map = bpf_map__fd(state_->skeleton->maps.removed);
	const int program = bpf_program__fd(state_->skeleton->progs.read_removed);
	uint64_t at = 0, next = 0;
	for (bool first = true; !bpf_map_get_next_key(map, first ? nullptr : &at, &next); first = false) {
		at = next;
		uint64_t group = 0;
		witness_removed ask = {at, 0, 0, 0};
		LIBBPF_OPTS(bpf_test_run_opts, run, .ctx_in = &ask, .ctx_size_in = sizeof(ask));
		if (!bpf_map_lookup_elem(map, &at, &group) && !bpf_prog_test_run_opts(program, &run) && ask.there)
			groups.push_back({group, ask.memory, ask.swap});
	}
	std::ranges::sort(groups, {}, &Removed::group_id);
	return groups;
}

Result<std::vector<Protected>> Witness::protection(const std::string &path)
{
	const Fd group(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	if (!group)
		return system_error("cannot open " + path);
	bpf_iter_link_info info = {};
	info.cgroup.order = BPF_CGROUP_ITER_DESCENDANTS_PRE;
	info.cgroup.cgroup_fd = static_cast<__u32>(group.get());
	bpf_iter_attach_opts options = {};
	options.sz = sizeof(options);
	options.link_info = &info;
	options.link_info_len = sizeof(info);
	const std::unique_ptr<bpf_link, LinkDeleter> link(
		bpf_program__attach_iter(state_->skeleton->progs.counters_at_rest, &options));
	if (!link)
		return system_error("cannot read the counters of " + path + " through BPF");
	const Fd reader(bpf_iter_create(bpf_link__fd(link.get())));
	if (!reader)
		return system_error("cannot read the counters of " + path + " through BPF");
	std::vector<Protected> all;
	std::array<std::byte, 4096> buffer;
	size_t have = 0;
	for (ssize_t got; (got = ::read(reader.get(), buffer.data() + have, buffer.size() - have)) > 0;) {
		have += static_cast<size_t>(got);
		size_t used = 0;
		for (witness_rest rest; have - used >= sizeof(rest); used += sizeof(rest)) {
			std::memcpy(&rest, buffer.data() + used, sizeof(rest));
			all.push_back({rest.group, rest.min_usage, rest.low_usage, rest.children_min, rest.children_low,
				       rest.min_usage != std::min(rest.usage, rest.min) ||
					       rest.low_usage != std::min(rest.usage, rest.low)});
		}
		std::memmove(buffer.data(), buffer.data() + used, have - used);
		have -= used;
	}
	return all;
}

void Witness::detach()
{
	// A function that is let go costs a grace period, a tenth of a second: nobody waits for that.
	std::vector<int> descriptors;
	for (const auto &link : state_->links)
		descriptors.push_back(bpf_link__fd(link.get()));
	const Fd later = keep_for_later(std::move(descriptors));
	// In the order of attachment, here and there: a later one without its first would take every call.
	for (auto &link : state_->links)
		link.reset();
	state_->links.clear();
}

WitnessMisses Witness::misses() const
{
	WitnessMisses misses;
	for (const auto &cpu : state_->skeleton->bss->cpus) {
		misses.no_room += cpu.no_room;
		misses.no_slot += cpu.no_slot + cpu.too_deep;
	}
	const Runs now = state_->after.missed.empty() ? state_->runs() : state_->after;
	const auto since = [](const auto &later, const auto &earlier, const std::string &section) {
		const auto end = later.find(section), start = earlier.find(section);
		return (end == later.end() ? 0 : end->second) - (start == earlier.end() ? 0 : start->second);
	};
	for (const auto &[section, total] : now.missed) {
		const uint64_t missed = since(now.missed, state_->before.missed, section);
		const uint64_t taken = since(now.covered, state_->before.covered, section);
		misses.covered += taken;
		if (missed > taken) {
			misses.recursion += missed - taken;
			misses.where.push_back(section + ": " + std::to_string(missed - taken));
		} else {
			misses.broken += taken - missed;
		}
	}
	return misses;
}

} // namespace smcg
