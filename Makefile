# Makefile - one non-recursive build; objects live in build/PROFILE/. `make list` explains targets.
#
# PROFILE=release (default) | asan (address and undefined) | tsan | cov | fuzz; WERROR=1 in CI.

PROFILE ?= release
CC ?= cc
PREFIX ?= /usr/local
DESTDIR ?=
B := build/$(PROFILE)
PKGS := libcurl libcjson libpcre2-8 sqlite3 libcrypto libmicrohttpd libgit2 zlib
ifeq ($(shell uname -s),Darwin)
BREW := $(shell brew --prefix 2>/dev/null)
export PKG_CONFIG_PATH := $(BREW)/opt/curl/lib/pkgconfig:$(BREW)/opt/sqlite/lib/pkgconfig:$(BREW)/opt/openssl@3/lib/pkgconfig:$(PKG_CONFIG_PATH)
PKG_CONFIG := PKG_CONFIG_PATH=$(PKG_CONFIG_PATH) pkg-config
else
PKG_CONFIG := pkg-config
endif
PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null)
PKG_LIBS := $(shell $(PKG_CONFIG) --libs $(PKGS) 2>/dev/null)

# Whatever compiles stops here, in words, when a library is not there.
ifneq ($(filter-out list clean format arch-check size uninstall,$(or $(MAKECMDGOALS),all)),)
MISSING := $(if $(PKG_LIBS),,$(shell for p in $(PKGS); do $(PKG_CONFIG) --exists $$p 2>/dev/null || echo $$p; done))
ifneq ($(strip $(MISSING)),)
$(error $(if $(shell command -v pkg-config),these libraries are missing: $(MISSING),pkg-config is missing). Run scripts/install-deps.sh)
endif
endif

WARN := -Wall -Wextra -Wshadow -Wformat=2 -Wvla -Wmissing-prototypes -Wstrict-prototypes \
	-Wwrite-strings -Wold-style-definition -Wpointer-arith -Wconversion -Wno-sign-conversion
WARN += $(if $(WERROR),-Werror)
flags_release := -O2 -g
flags_asan := -O1 -g -fsanitize=address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=all
flags_tsan := -O1 -g -fsanitize=thread
flags_cov := -O0 -g --coverage
flags_fuzz := -O1 -g -fsanitize=fuzzer-no-link,address,undefined
ifeq ($(PROFILE),fuzz)
CC := clang
endif
CPPFLAGS_ALL := -I. -D_GNU_SOURCE $(PKG_CFLAGS) -include harness/base/banned.h $(CPPFLAGS)
CFLAGS_ALL := -std=c11 -pthread $(WARN) $(flags_$(PROFILE)) $(CFLAGS)
LDFLAGS_ALL := -pthread $(flags_$(PROFILE)) $(LDFLAGS)
LIBS := $(PKG_LIBS) -lm

ROOMS := harness/base harness/config harness/net datasets splitters harness/plan harness/provider \
	harness/store harness/run metrics harness/phantom plots harness/view harness/cli
SRC := $(sort $(foreach r,$(ROOMS),$(wildcard $(r)/*.c)))
HDR := $(sort $(foreach r,$(ROOMS),$(wildcard $(r)/*.h)))
OBJ := $(SRC:%.c=$(B)/%.o) $(B)/embedded.o
LIB := $(B)/libsleepbench.a
BIN := $(B)/sleepbench
DATA := $(sort $(wildcard configs/*.json configs/prompts/*/* datasets/*.json datasets/*.jsonl \
	datasets/worlds/*.json datasets/words/*.json datasets/competition/*.json plots/*.gp plots/*.json))
UNIT := $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(sort $(wildcard tests/unit/test_*.c)))
TOOLS := $(patsubst tests/%.c,$(B)/tests/%,$(sort $(wildcard tests/mock/*.c tests/bench/*.c)))
CONFORM := $(B)/tests/conformance/conform
CONFORM_UNIT := $(addprefix $(B)/tests/unit/,$(sort $(shell sed -n 's|^unit: \([a-z_0-9]*\)/.*|\1|p' tests/conformance/cases/*.case)))
FUZZ := $(patsubst tests/fuzz/%.c,$(B)/tests/fuzz/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
REVISION := $(shell git describe --always --dirty --abbrev=12 2>/dev/null || echo unknown)

.PHONY: all list tools check check-long unit cli conformance bench lint format hdr-check arch-check size cov \
	fuzz fuzz-targets install uninstall clean demo results FORCE

all: $(BIN)  ## build the program (default)

list:  ## explain all targets
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

$(BIN): $(B)/main.o $(LIB)
	$(CC) $(LDFLAGS_ALL) -o $@ $< $(LIB) $(LIBS)

$(LIB): $(OBJ)
	@rm -f $@
	$(AR) rcs $@ $(OBJ)

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

$(B)/embed: scripts/embed.c
	@mkdir -p $(@D)
	$(CC) -O1 -o $@ $<

# The revision changes without a source changing, so it is kept in a stamp of its own.
$(B)/revision: FORCE
	@mkdir -p $(@D)
	@echo "$(REVISION)" | cmp -s - $@ || echo "$(REVISION)" > $@

$(B)/datalist: FORCE
	@mkdir -p $(@D)
	@echo "$(DATA)" | cmp -s - $@ || echo "$(DATA)" > $@

$(B)/embedded.c: $(B)/embed $(B)/revision $(B)/datalist $(DATA)
	$(B)/embed "$(REVISION)" $(DATA) > $@

$(B)/embedded.o: $(B)/embedded.c harness/base/embedded.h
	$(CC) -I. -std=c11 -O1 -c -o $@ $<

$(B)/main.o: harness/main.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

$(B)/tests/unit/%: tests/unit/%.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -o $@ $< $(LDFLAGS_ALL) $(LIB) $(LIBS) -lcmocka

$(TOOLS): $(B)/tests/%: tests/%.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -o $@ $< $(LDFLAGS_ALL) $(LIB) $(LIBS)

$(CONFORM): $(patsubst %.c,$(B)/%.o,$(sort $(wildcard tests/conformance/*.c))) $(LIB)
	$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS) $(shell $(PKG_CONFIG) --libs libssl 2>/dev/null)

$(B)/tests/fuzz/%: tests/fuzz/%.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -fsanitize=fuzzer -o $@ $< $(LDFLAGS_ALL) $(LIB) $(LIBS)

tools: $(TOOLS) $(CONFORM)

check: $(BIN) $(UNIT) $(TOOLS) $(CONFORM)  ## unit and command-line tests (under 60 s)
	@B=$(B) scripts/run-tests.sh unit cli

check-long: $(BIN) $(UNIT) $(TOOLS) $(CONFORM)  ## check, and the slow tests: kills, real rows, foreign peers
	@B=$(B) scripts/run-tests.sh unit cli long

unit: $(UNIT)  ## unit tests only
	@B=$(B) scripts/run-tests.sh unit

cli: $(BIN) $(TOOLS) $(CONFORM) $(CONFORM_UNIT)  ## command-line tests only
	@B=$(B) scripts/run-tests.sh cli

conformance: $(BIN) $(CONFORM_UNIT) $(CONFORM)  ## play a misbehaving server's cases, write docs/CONFORMANCE.md
	@B=$(B) scripts/conformance.sh

bench: $(BIN) $(TOOLS)  ## run loop against a bare libcurl loop and wrk, as ratios
	@B=$(B) scripts/bench.sh

demo: $(BIN)  ## the demo run: figures and report under runs/demo/
	$(BIN) demo

results: $(BIN)  ## regenerate RESULTS.md from the demo run
	@B=$(B) scripts/results.sh

lint:  ## clang-format, cppcheck and clang-tidy (LINT_CHANGED=1: only files changed since HEAD)
	@scripts/lint.sh "$(CPPFLAGS_ALL) -std=c11" $(SRC) $(HDR) harness/main.c scripts/embed.c \
		$(wildcard tests/*/*.[ch])

format:  ## rewrite all sources with clang-format
	clang-format -i $(SRC) $(HDR) harness/main.c scripts/embed.c $(wildcard tests/*/*.[ch])

hdr-check:  ## every header compiles alone
	@for h in $(HDR); do echo "#include \"$$h\"" | \
	$(CC) $(CPPFLAGS_ALL) -std=c11 -Wall -Wextra -Werror -fsyntax-only -x c - || exit 1; done
	@echo "hdr-check: $(words $(HDR)) headers compile alone"

arch-check:  ## includes follow the ladder of docs/ARCHITECTURE.md
	@scripts/arch-check.sh

size:  ## function length and complexity (pmccabe), file length
	@scripts/size.sh $(SRC) $(HDR) harness/main.c scripts/embed.c $(wildcard tests/*/*.[ch])

cov:  ## line coverage of the unit and command-line tests
	@scripts/cov.sh

fuzz-targets: $(FUZZ)

fuzz:  ## short fuzzing runs of every target (clang)
	@scripts/fuzz.sh

install: $(BIN)  ## install under DESTDIR/PREFIX
	install -d "$(DESTDIR)$(PREFIX)/bin" "$(DESTDIR)$(PREFIX)/share/doc/sleepbench"
	install -m 755 $(BIN) "$(DESTDIR)$(PREFIX)/bin/sleepbench"
	install -m 644 LICENSE README.md "$(DESTDIR)$(PREFIX)/share/doc/sleepbench"

uninstall:  ## remove what install put there
	rm -f "$(DESTDIR)$(PREFIX)/bin/sleepbench"
	rm -rf "$(DESTDIR)$(PREFIX)/share/doc/sleepbench"

clean:  ## remove build/
	rm -rf build

-include $(shell find $(B) -name '*.d' 2>/dev/null)
