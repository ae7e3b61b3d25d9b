# ctl.mk - the tool, its BPF witness and its tests; included by the top Makefile.
#
# Needs BUILD.  VMLINUX_BTF: a file with the BTF of the kernel that the witness is written for;
# asked for in the recipe only, because finding it may download a kernel.

CTL_BUILD    := $(BUILD)/ctl
CTL_CLANG    ?= clang
CTL_CXX      ?= g++
CTL_CXXFLAGS := -std=c++20 -O2 -g -Wall -Wextra -Werror -Ictl -Iuapi -Ikmod -I$(CTL_BUILD) $(CTL_EXTRA)
CTL_LIBS     := -lbpf -lelf -lz
CTL_VERSION  := 0.1

CTL_SOURCES  := $(wildcard ctl/*.cpp ctl/*/*.cpp)
CTL_OBJECTS  := $(CTL_SOURCES:ctl/%.cpp=$(CTL_BUILD)/%.o)
# What the tests link: everything that needs neither BPF nor main().
CTL_TESTED   := $(filter-out $(CTL_BUILD)/main.o $(CTL_BUILD)/witness/% $(CTL_BUILD)/cmd/%,$(CTL_OBJECTS))
CTL_TESTS    := $(wildcard selftests/tool/*.cpp)

$(BUILD)/vmlinux.h:
	@mkdir -p $(@D)
	@bpftool btf dump file "$(VMLINUX_BTF)" format c > $@.tmp && mv $@.tmp $@

$(CTL_BUILD)/witness.bpf.o: ctl/witness/witness.bpf.c $(wildcard ctl/witness/*.h) uapi/shadow_memcg.h $(BUILD)/vmlinux.h
	@mkdir -p $(@D)
	$(CTL_CLANG) -target bpf -mcpu=v3 -O2 -g -Wall -Wextra -Werror -Wno-unused-parameter -D__TARGET_ARCH_x86 \
		-I$(BUILD) -Ictl -Iuapi -c $< -o $@.tmp
	@bpftool gen object $@ $@.tmp && rm $@.tmp

$(CTL_BUILD)/witness.skel.h: $(CTL_BUILD)/witness.bpf.o
	@bpftool gen skeleton $< name witness > $@.tmp && mv $@.tmp $@

$(CTL_BUILD)/witness/witness.o: $(CTL_BUILD)/witness.skel.h

$(CTL_BUILD)/%.o: ctl/%.cpp
	@mkdir -p $(@D)
	$(CTL_CXX) $(CTL_CXXFLAGS) -MMD -MP -c $< -o $@

$(CTL_BUILD)/main.o: CTL_CXXFLAGS += -DSMCG_VERSION='"$(CTL_VERSION)"'

# replay alone uses the engine library (selftests/engine.mk builds it).
$(CTL_BUILD)/cmd/replay.o $(CTL_BUILD)/cmd/replay_profile.o: CTL_CXXFLAGS += -include selftests/env/env.h

$(BUILD)/smcg: $(CTL_OBJECTS) $(BUILD)/libsmcg_engine.a
	$(CTL_CXX) $(CTL_CXXFLAGS) $^ $(CTL_LIBS) -o $@

# Pages for all verbs, from what the tool itself says.
$(BUILD)/man/smcg.8: $(BUILD)/smcg scripts/man
	@scripts/man $(BUILD)/smcg $(@D)

$(CTL_BUILD)/tests/%.o: selftests/tool/%.cpp
	@mkdir -p $(@D)
	$(CTL_CXX) $(CTL_CXXFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/tool-tests: $(CTL_TESTS:selftests/tool/%.cpp=$(CTL_BUILD)/tests/%.o) $(CTL_TESTED)
	$(CTL_CXX) $(CTL_CXXFLAGS) $^ -lgtest -lgtest_main -o $@

-include $(CTL_OBJECTS:.o=.d) $(CTL_TESTS:selftests/tool/%.cpp=$(CTL_BUILD)/tests/%.d)
