# shadow-memcg: targets only; `make help` lists them.
#
# KVER=6.1   module for the newest Debian kernel of that series (default), or a full release
# KDIR=DIR   module for the kernel whose headers are in DIR

BUILD   ?= build
KVER    ?= 6.1
PREFIX  ?= /usr/local
JOBS    ?= $(shell nproc)
SHELL   := /bin/bash

ifdef KDIR
RELEASE  = $(shell cat $(KDIR)/include/config/kernel.release 2>/dev/null)
KHEADERS = $(KDIR)
else
RELEASE  = $(shell scripts/kernels release $(KVER))
KHEADERS = $(shell scripts/kernels headers $(KVER))
endif
MODULE   = $(BUILD)/$(RELEASE)/shadow_memcg.ko
VMLINUX_BTF = $(shell scripts/kernels vmlinux 6.1)

.DEFAULT_GOAL := all
.PHONY: all tool module demo check check-user check-vm check-style bench install uninstall clean help deps fuzz

all: tool module		## build the tool and the module

-include selftests/engine.mk
-include ctl/ctl.mk

help:				## this list
	@awk -F '##' '/^[a-z-]+:.*##/ { split($$1, t, ":"); printf "  %-14s %s\n", t[1], $$2 }' Makefile
	@echo "  variables: KVER=6.1|RELEASE  KDIR=DIR  BUILD=$(BUILD)  PREFIX=$(PREFIX)"

deps:				## install what is missing, by apt
	@scripts/deps

tool: deps			## build/smcg
	@$(MAKE) --no-print-directory -j$(JOBS) $(BUILD)/smcg

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

check: all			## every test; ends with `N passed, N failed`
	@selftests/run all

bench: all			## cost per fault and engine speed, as ratios
	@selftests/run bench

install: all			## tool to PREFIX, module to /lib/modules/KERNELRELEASE
	install -D -m 755 $(BUILD)/smcg $(DESTDIR)$(PREFIX)/sbin/smcg
	install -D -m 644 $(MODULE) $(DESTDIR)/lib/modules/$(RELEASE)/updates/shadow_memcg.ko
	@if [ -z "$(DESTDIR)" ] && [ -e /lib/modules/$(RELEASE)/modules.order ]; then depmod $(RELEASE); fi

uninstall:			## take both away again
	rm -f $(DESTDIR)$(PREFIX)/sbin/smcg $(DESTDIR)/lib/modules/$(RELEASE)/updates/shadow_memcg.ko

clean:				## remove build/ (kernels stay in the cache)
	rm -rf $(BUILD)
