// SPDX-License-Identifier: GPL-2.0
// smcg sysinfo - what works here, and why not.
#include "base/args.hpp"
#include "base/file.hpp"
#include "cmd/verbs.hpp"
#include "source/group.hpp"
#include "source/module_info.hpp"

#include <nlohmann/json.hpp>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <sstream>

namespace smcg {

namespace {

struct Item {
	std::string name;
	bool good;
	std::string text;	// what it is, or why it does not work and what to do
};

Item kernel()
{
	utsname name{};
	::uname(&name);
	const std::string release(name.release);
	if (!release.starts_with("6.1.") && !release.starts_with("6.12."))
		return {"kernel", false, release + ": module and witness know 6.1 and 6.12 only; scripts/vm boots one"};
	return {"kernel", true, release + ", " + std::to_string(::sysconf(_SC_NPROCESSORS_ONLN)) + " CPUs"};
}

Item root()
{
	const Status status = need_root();
	return {"root", static_cast<bool>(status), status ? "yes" : status.error().text};
}

Item type_information()
{
	const auto text = read_file("/sys/kernel/btf/vmlinux");
	if (text && text->starts_with("\x9f\xeb"))
		return {"BTF", true, "/sys/kernel/btf/vmlinux: the witness can be loaded"};
	return {"BTF", false, "no good /sys/kernel/btf/vmlinux, so no witness: boot a kernel with CONFIG_DEBUG_INFO_BTF"};
}

Item hierarchy()
{
	const auto group = find_group("/");
	if (!group)
		return {"cgroup", false, group.error().text};
	if (group->legacy)
		return {"cgroup", true, "v1's memory hierarchy"};
	const auto controllers = read_file(group->path + "/cgroup.controllers");
	const bool memory = controllers && (" " + *controllers).find(" memory") != std::string::npos;
	return {"cgroup", memory, memory ? "v2 with the memory controller"
					 : "v2, but the memory controller is not there: it is off or bound to v1"};
}

// Functions that the witness hooks, on all kernels that it knows.
Item functions()
{
	const auto text = read_file("/sys/kernel/tracing/available_filter_functions");
	if (!text)
		return {"functions", false, text.error().text + ": mount tracefs to see what can be hooked"};
	std::string missing;
	for (const char *name : {"try_charge_memcg", "page_counter_try_charge", "page_counter_charge", "uncharge_batch",
				 "__refill_stock", "drain_stock", "drain_local_stock", "drain_all_stock.part.0",
				 "try_to_free_mem_cgroup_pages", "mem_cgroup_out_of_memory", "reclaim_high",
				 "obj_cgroup_charge", "obj_cgroup_uncharge_pages", "mem_cgroup_migrate"})
		if (("\n" + *text).find("\n" + std::string(name) + "\n") == std::string::npos)
			missing += (missing.empty() ? "" : ", ") + std::string(name);
	return {"functions", missing.empty(),
		missing.empty() ? "all that the witness hooks are there" : "not traceable here: " + missing};
}

Item signing()
{
	const auto lockdown = read_file("/sys/kernel/security/lockdown");
	if (lockdown && lockdown->find("[none]") == std::string::npos)
		return {"signing", false, "the kernel is locked down: unsigned modules are refused"};
	const auto enforce = read_file("/sys/module/module/parameters/sig_enforce");
	if (enforce && trimmed(*enforce) == "Y")
		return {"signing", false, "module signatures are enforced: sign shadow_memcg.ko or boot without that"};
	return {"signing", true, "unsigned modules may be loaded"};
}

Item swap()
{
	const auto text = read_file("/proc/swaps");
	const bool any = text && std::count(text->begin(), text->end(), '\n') > 1;
	return {"swap", true, any ? "on" : "none: no decisions about swap"};
}

Item module_loaded()
{
	const auto shadow = Shadow::open();
	if (!shadow)
		return {"module", false, shadow.error().text};
	const auto info = read_module(*shadow);
	if (!info)
		return {"module", false, info.error().text};
	size_t attached = 0;
	std::string not_attached;
	for (const Hook &hook : info->hooks) {
		attached += hook.attached();
		if (!hook.attached())
			not_attached += "; " + hook.name + ": " + hook.state;
	}
	return {"module", true,
		"profile " + info->version.profile + ", clock " + info->version.clock + ", " + std::to_string(attached) + " of " +
			std::to_string(info->hooks.size()) + " hooks attached" + not_attached};
}

Result<Exit> run(Args args)
{
	bool as_json = false;
	const std::array table = {Option{"--json", "", false, set_flag(as_json)}};
	const auto parsed = parse_args("sysinfo", args, table);
	if (!parsed)
		return parsed.error();
	if (!parsed->operands.empty() || parsed->has_command)
		return usage_error("sysinfo", "takes no operand");
	const std::array items = {kernel(),    root(),	  hierarchy(), type_information(),
				  functions(), signing(), swap(),      module_loaded()};
	if (!as_json) {
		for (const Item &item : items)
			std::printf("%-10s %-3s %s\n", item.name.c_str(), item.good ? "ok" : "NO", item.text.c_str());
		return Exit::good;
	}
	nlohmann::ordered_json out;
	out["schema"] = 1;
	for (const Item &item : items)
		out["items"].push_back({{"name", item.name}, {"ok", item.good}, {"text", item.text}});
	std::printf("%s\n", out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
	return Exit::good;
}

} // namespace

const Verb sysinfo_verb = {
	"sysinfo", "kernel, type information, signing, module: what works here and why not",
	"usage: smcg sysinfo [--json]\n"
	"Says of kernel, root, cgroups, type information, hooks, module signing, swap and module whether they are\n"
	"as smcg needs them, and what to do if not.\n\n"
	"Options:\n"
	"  --json  as JSON\n\n"
	"Exit status: 0, 2 wrong usage.\n",
	run,
};

} // namespace smcg
