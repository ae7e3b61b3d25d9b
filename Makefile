# shadow-memcg: targets only; `make help` lists them.
#
# KVER=6.1   module for the newest Debian kernel of that series (6.1, 6.12, 7.2; default 6.1), or a full release
# KDIR=DIR   module for the kernel whose headers are in DIR
# V=1        show the compiler's command lines

BUILD   ?= build
KVER    ?= 6.1
PREFIX  ?= /usr/local
JOBS    ?= $(shell nproc)
FUZZ_SECONDS ?= 3600
SHELL   := /bin/bash

# Asked for once, and only by targets that need them: it may download a kernel. What a module calls its
# kernel stands in utsrelease.h; Debian's kernel.release has the upstream version.
ifdef KDIR
KHEADERS   := $(or $(lastword $(sort $(wildcard $(KDIR)))),$(KDIR))
ask_release = sed -n 's/^.define UTS_RELEASE "\(.*\)"$$/\1/p' $(KHEADERS)/include/generated/utsrelease.h 2>/dev/null
else
ask_release = scripts/kernels release $(KVER)
KHEADERS    = $(if $(RELEASE),$(eval KHEADERS := $(shell scripts/kernels headers $(RELEASE)))$(KHEADERS))
endif
RELEASE  = $(eval RELEASE := $(shell $(ask_release)))$(RELEASE)
MODULE   = $(BUILD)/$(RELEASE)/shadow_memcg.ko
VMLINUX_BTF = $(shell scripts/kernels vmlinux 6.1)

.DEFAULT_GOAL := all
.PHONY: all help deps tool module demo check check-style check-user check-vm check-mutants check-many check-v1 check-more check-kselftest check-kernels check-debug fuzz bench install uninstall clean

all: tool module		## build the tool and the module

-include selftests/engine.mk
-include ctl/ctl.mk
-include selftests/fuzz/fuzz.mk

help:				## this list
	@awk -F '##' '/^[a-z0-9-]+:.*##/ { split($$1, t, ":"); printf "  %-16s %s\n", t[1], $$2 }' Makefile
	@echo "  variables: KVER=6.1|6.12|7.2|RELEASE  KDIR=DIR  BUILD=$(BUILD)  PREFIX=$(PREFIX)  DESTDIR=  FUZZ_SECONDS=$(FUZZ_SECONDS)  V=1"

deps:				## install what is missing, by apt
	@scripts/deps

tool: deps			## build/smcg and its man pages
	@echo "building $(BUILD)/smcg"
	@$(MAKE) --no-print-directory $(if $(V),,-s) $(if $(findstring -j,$(MAKEFLAGS)),,-j$(JOBS)) $(BUILD)/smcg $(BUILD)/man/smcg.8

module: deps			## build/KERNELRELEASE/shadow_memcg.ko
	@scripts/build-module "$(BUILD)" "$(RELEASE)" "$(KHEADERS)"

demo: all			## boot the machine, exceed a limit, judge the mirror
	@scripts/demo

check-style:			## layer, style and documentation rules
	@scripts/checks

check-user: tool		## tests that need no kernel
	@selftests/run user

check-vm: all			## tests in the virtual machine
	@selftests/run vm

check-kernels: tool		## tests with the other kernels, one after the other, on 1, 2 and 4 CPUs (long)
	@selftests/run kernels

check: all			## every test; ends with `N passed, N failed`
	@selftests/run all

check-v1: all			## programs on cgroup v1, one and two CPUs (some minutes)
	@selftests/agreement/run --v1

check-many: all			## hundreds of thousands of files and sockets, judged on one CPU (some minutes)
	@SMCG_TIMEOUT=600 SMCG_TABLE=selftests/agreement/many.tsv selftests/agreement/run 1

check-debug: tool $(BUILD)/fail_nth	## tests on a kernel with KASAN, lockdep, kmemleak and injected failures, built once
	@$(MAKE) --no-print-directory KVER=debug module
	@selftests/debug/run

$(BUILD)/fail_nth: selftests/debug/fail_nth.cpp
	@mkdir -p $(@D)
	$(CXX) -std=c++20 -O1 -Wall -Wextra -o $@ $<

check-mutants: deps		## wrong engines, one for each row of the specification: the unit tests catch every one
	@$(MAKE) --no-print-directory -s $(BUILD)/unit-tests && selftests/mutants/rows $(BUILD)

check-more: all			## ten thousand groups; programs of several groups and of rarer memory on 1, 2 and 4 CPUs
	@selftests/vm/lives.sh
	@SMCG_TIMEOUT=180 SMCG_TABLE=selftests/agreement/more.tsv selftests/agreement/run 1 2 4

check-kselftest: all		## the kernel's own cgroup memory selftests, with the module and without
	@selftests/vm/kselftest.sh

fuzz: deps			## fuzz files, events, commands and options for FUZZ_SECONDS
	@SMCG_FUZZ_SEED=0 nice -n 19 selftests/fuzz/run $(FUZZ_SECONDS)

bench: all			## cost per fault and engine speed, as ratios
	@selftests/run bench

install: all			## tool, man pages, completion to PREFIX, module to /lib/modules/KERNELRELEASE
	install -D -m 755 $(BUILD)/smcg $(DESTDIR)$(PREFIX)/sbin/smcg
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man8 $(BUILD)/man/*.8
	install -D -m 644 ctl/completion.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/smcg
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/doc/shadow-memcg README.md
	install -D -m 644 $(MODULE) $(DESTDIR)/lib/modules/$(RELEASE)/updates/shadow_memcg.ko
	@if [ -z "$(DESTDIR)" ] && [ -e /lib/modules/$(RELEASE)/modules.order ]; then depmod $(RELEASE); fi

uninstall:			## take all of that away again
	rm -f $(DESTDIR)$(PREFIX)/sbin/smcg $(DESTDIR)$(PREFIX)/share/man/man8/smcg{,-*}.8
	rm -f $(DESTDIR)$(PREFIX)/share/bash-completion/completions/smcg
	rm -rf $(DESTDIR)$(PREFIX)/share/doc/shadow-memcg
	rm -f $(DESTDIR)/lib/modules/$(RELEASE)/updates/shadow_memcg.ko
	@if [ -z "$(DESTDIR)" ] && [ -e /lib/modules/$(RELEASE)/modules.order ]; then depmod $(RELEASE); fi

clean:				## remove build/ (kernels stay in the cache)
	rm -rf $(BUILD)
