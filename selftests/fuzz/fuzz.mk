# SPDX-License-Identifier: GPL-2.0
# fuzz.mk - one libFuzzer program per target, all of it under ASan and UBSan; included by the top Makefile.

FUZZ_DIR     := selftests/fuzz
FUZZ_BUILD   := $(BUILD)/fuzz
FUZZ_TARGETS := events model file command options
FUZZ_CC      ?= clang
FUZZ_CXX     ?= clang++
# -fwrapv as the kernel has it, and as the engine is built everywhere else.
FUZZ_FLAGS   := -O1 -g -fwrapv -fno-omit-frame-pointer -Wall -Wextra -Werror \
	-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
FUZZ_INCLUDE := -include selftests/env/env.h -Ikmod -I$(ENGINE_DIR) -Iselftests/env/kernel -Ictl -Iuapi
FUZZ_HDRS    := $(wildcard $(FUZZ_DIR)/*.h ctl/*/*.hpp kmod/report/command.h) selftests/unit/world.h $(ENGINE_HDRS)

FUZZ_ENGINE  := $(ENGINE_SRCS:$(ENGINE_DIR)/%.c=$(FUZZ_BUILD)/engine/%.o) $(FUZZ_BUILD)/invariants.o
FUZZ_TOOL    := $(patsubst %,$(FUZZ_BUILD)/ctl/%.o,base/args base/file source/event_file source/group source/shadow \
	cmd/compare_options cmd/run_options model/kinds)
FUZZ_MODEL   := $(patsubst selftests/unit/%.cpp,$(FUZZ_BUILD)/%.o,$(wildcard selftests/unit/kernel_model*.cpp))

$(FUZZ_BUILD)/engine/%.o: $(ENGINE_DIR)/%.c $(ENGINE_HDRS)
	@mkdir -p $(@D)
	$(FUZZ_CC) -std=gnu11 $(FUZZ_FLAGS) $(FUZZ_INCLUDE) -c $< -o $@

$(FUZZ_BUILD)/report/%.o: kmod/report/%.c $(FUZZ_HDRS) $(wildcard selftests/env/kernel/linux/*.h)
	@mkdir -p $(@D)
	$(FUZZ_CC) -std=gnu11 $(FUZZ_FLAGS) $(FUZZ_INCLUDE) -c $< -o $@

$(FUZZ_BUILD)/ctl/%.o: ctl/%.cpp $(FUZZ_HDRS)
	@mkdir -p $(@D)
	$(FUZZ_CXX) -std=c++20 $(FUZZ_FLAGS) -Ictl -Iuapi -c $< -o $@

$(FUZZ_BUILD)/%.o: $(FUZZ_DIR)/%.c $(FUZZ_HDRS)
	@mkdir -p $(@D)
	$(FUZZ_CC) -std=gnu11 $(FUZZ_FLAGS) $(FUZZ_INCLUDE) -c $< -o $@

$(FUZZ_BUILD)/%.o: $(FUZZ_DIR)/%.cpp $(FUZZ_HDRS)
	@mkdir -p $(@D)
	$(FUZZ_CXX) -std=c++20 $(FUZZ_FLAGS) $(FUZZ_INCLUDE) -c $< -o $@

$(FUZZ_BUILD)/%.o: selftests/unit/%.cpp $(wildcard selftests/unit/*.h) $(ENGINE_HDRS)
	@mkdir -p $(@D)
	$(FUZZ_CXX) -std=c++20 $(FUZZ_FLAGS) $(ENGINE_ENV) -c $< -o $@

$(FUZZ_BUILD)/fuzz-events: $(FUZZ_ENGINE)
$(FUZZ_BUILD)/fuzz-model: $(FUZZ_ENGINE) $(FUZZ_MODEL) $(FUZZ_BUILD)/agreement.o
$(FUZZ_BUILD)/fuzz-file: $(FUZZ_ENGINE) $(FUZZ_TOOL)
$(FUZZ_BUILD)/fuzz-command: $(FUZZ_BUILD)/report/command.o
$(FUZZ_BUILD)/fuzz-options: $(FUZZ_TOOL)
$(FUZZ_TARGETS:%=$(FUZZ_BUILD)/fuzz-%): $(FUZZ_BUILD)/fuzz-%: $(FUZZ_BUILD)/%.o
	$(FUZZ_CXX) $(FUZZ_FLAGS) -fsanitize=fuzzer $^ -o $@

$(FUZZ_BUILD)/seeds: $(FUZZ_BUILD)/seeds.o $(FUZZ_MODEL)
	$(FUZZ_CXX) -fsanitize=address,undefined $^ -o $@

.PHONY: fuzz-targets
fuzz-targets: $(FUZZ_TARGETS:%=$(FUZZ_BUILD)/fuzz-%) $(FUZZ_BUILD)/seeds
