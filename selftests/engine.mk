# SPDX-License-Identifier: GPL-2.0
# The engine in user space: library, unit tests, replay, bench.
# Included by the top Makefile, or: make -f selftests/engine.mk BUILD=build unit-tests

BUILD ?= build
ENGINE_DIR ?= kmod/engine
include $(ENGINE_DIR)/Makefile.objs
ENGINE_SRCS := $(smcg-engine-objs:engine/%.o=$(ENGINE_DIR)/%.c)
ENGINE_HDRS := $(wildcard $(ENGINE_DIR)/*.h) selftests/env/env.h uapi/shadow_memcg.h
ENGINE_ENV := -include selftests/env/env.h -I$(ENGINE_DIR)
ENGINE_WARN := -Wall -Wextra -Werror
ENGINE_CFLAGS ?= -O2 -g
ENGINE_SAN := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
UNIT_SRCS := $(wildcard selftests/unit/*.cpp)
UNIT_HDRS := $(wildcard selftests/unit/*.h)
UNIT_CXX := $(CXX) -std=c++20 -O1 -g $(ENGINE_WARN) $(ENGINE_ENV)

ENGINE_OBJS := $(ENGINE_SRCS:$(ENGINE_DIR)/%.c=$(BUILD)/engine/%.o)
ENGINE_SAN_OBJS := $(ENGINE_SRCS:$(ENGINE_DIR)/%.c=$(BUILD)/engine-san/%.o)
UNIT_OBJS := $(UNIT_SRCS:selftests/unit/%.cpp=$(BUILD)/unit/%.o)

# -fwrapv as the kernel has it: a hostile stream may overflow a sum, not the language.
$(BUILD)/engine/%.o: $(ENGINE_DIR)/%.c $(ENGINE_HDRS)
	@mkdir -p $(@D)
	$(CC) -std=gnu11 $(ENGINE_CFLAGS) -fwrapv $(ENGINE_WARN) $(ENGINE_ENV) -c $< -o $@

$(BUILD)/engine-san/%.o: $(ENGINE_DIR)/%.c $(ENGINE_HDRS)
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -O1 -g $(ENGINE_SAN) $(ENGINE_WARN) $(ENGINE_ENV) -c $< -o $@

$(BUILD)/libsmcg_engine.a: $(ENGINE_OBJS)
	rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/unit/%.o: selftests/unit/%.cpp $(UNIT_HDRS) $(ENGINE_HDRS)
	@mkdir -p $(@D)
	$(UNIT_CXX) $(ENGINE_SAN) -c $< -o $@

$(BUILD)/unit-tests: $(UNIT_OBJS) $(ENGINE_SAN_OBJS)
	$(CXX) $(ENGINE_SAN) $^ -lgtest -lgtest_main -lpthread -o $@

$(BUILD)/bench-engine: selftests/bench/engine_bench.cpp $(BUILD)/libsmcg_engine.a
	$(CXX) -std=c++20 -O2 $(ENGINE_WARN) $(ENGINE_ENV) $^ -lbenchmark -lpthread -o $@

$(BUILD)/smcg-replay-digest: selftests/replay/replay_digest.cpp $(BUILD)/libsmcg_engine.a
	$(CXX) -std=c++20 -O2 $(ENGINE_WARN) $(ENGINE_ENV) $^ -o $@

.PHONY: unit-tests bench-engine engine-mutants
unit-tests: $(BUILD)/unit-tests
	$<
bench-engine: $(BUILD)/bench-engine
	$<
engine-mutants: $(BUILD)/unit-tests
	selftests/mutants/check $(BUILD)
