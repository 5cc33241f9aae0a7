# otterd - firmware for devices that outlive their certificates
#
#   make            build build/release/otterd
#   make run        install what is missing, make throwaway keys, serve
#   make test       install what is missing, build, run every test
#   make install    DESTDIR= PREFIX= SYSCONFDIR= UNITDIR=
#   make bench      figures beside nginx, in one run
#   make fuzz       build the fuzz targets and run each for FUZZ_SECONDS
#   make lint       formatting, cppcheck, the order of the rooms
#   make format     let clang-format mend the formatting
#   make clean
#
# MODE=release|asan|tsan|fuzz|cov chooses the object tree build/$(MODE).

MODE      ?= release
CFLAGS    ?= -O2 -g
CPPFLAGS  ?=
LDFLAGS   ?=
PREFIX    ?= /usr
SYSCONFDIR ?= /etc
UNITDIR   ?= $(PREFIX)/lib/systemd/system
DESTDIR   ?=
PYTHON    ?= /usr/bin/python3
FUZZ_SECONDS ?= 20

BUILD     := build/$(MODE)
LIBS      := libmicrohttpd libssl libcrypto sqlite3 libcyaml yaml-0.1 jansson \
	     libsystemd

PACKAGES_BUILD := gcc libc6-dev make pkg-config libmicrohttpd-dev libssl-dev \
	libsqlite3-dev libyaml-dev libcyaml-dev libjansson-dev libsystemd-dev
PACKAGES_RUN   := openssl curl ca-certificates
PACKAGES_TEST  := libcmocka-dev libmbedtls-dev libbearssl-dev libwolfssl-dev \
	python3 python3-pytest curl wget aria2 openssl sqlite3 procps systemd \
	strace
PACKAGES_LINT  := clang-format cppcheck python3
PACKAGES_BENCH := nginx-light wrk openssl python3 procps
PACKAGES_FUZZ  := clang libclang-rt-14-dev

ifeq ($(origin CC),default)
CC := gcc
endif

our_cppflags := -Iinclude -I$(BUILD)/gen -D_GNU_SOURCE
our_cflags   := -std=c11 -Wall -Wextra -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wpointer-arith -Wwrite-strings -Wvla \
	-fno-strict-aliasing -fstack-protector-strong -pthread -MMD -MP
our_ldflags  := -pthread -Wl,-z,relro,-z,now

ifeq ($(MODE),release)
our_cppflags += -D_FORTIFY_SOURCE=2
else ifeq ($(MODE),asan)
our_cflags  += -O1 -fno-omit-frame-pointer -fsanitize=address,undefined \
	-fno-sanitize-recover=undefined
our_ldflags += -fsanitize=address,undefined
else ifeq ($(MODE),tsan)
our_cflags  += -O1 -fsanitize=thread
our_ldflags += -fsanitize=thread
else ifeq ($(MODE),fuzz)
CC          := clang
our_cflags  += -O1 -fno-omit-frame-pointer \
	-fsanitize=address,undefined,fuzzer-no-link
our_ldflags += -fsanitize=address,undefined
else ifeq ($(MODE),cov)
our_cflags  += -O0 --coverage
our_ldflags += --coverage
else
$(error MODE=$(MODE): expected release, asan, tsan, fuzz or cov)
endif

# Asked only when a rule needs it, so that `make run` can install it first.
pkg_cflags = $(shell pkg-config --cflags $(LIBS))
pkg_libs   = $(shell pkg-config --libs $(LIBS))

compile = $(CC) $(CPPFLAGS) $(our_cppflags) $(pkg_cflags) $(CFLAGS) \
	$(our_cflags)

sources := $(sort $(shell find server -name '*.c'))
objects := $(sources:%.c=$(BUILD)/%.o)
archive := $(BUILD)/libotterd.a
main    := $(BUILD)/server/main.o

.PHONY: all
all: $(BUILD)/otterd

$(BUILD)/otterd: $(main) $(archive)
	$(CC) $(LDFLAGS) $(our_ldflags) -o $@ $^ $(pkg_libs)

$(archive): $(filter-out $(main),$(objects))
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/server/%.o: server/%.c Makefile
	@mkdir -p $(@D)
	$(compile) -c -o $@ $<

# The migrations are plain SQL in db/, compiled in as one table.
migrations := $(sort $(wildcard db/*.sql))
$(BUILD)/server/store/schema.o: $(BUILD)/gen/migrations.inc
$(BUILD)/gen/migrations.inc: $(migrations) Makefile
	@mkdir -p $(@D)
	@for f in $(migrations); do \
		printf '{"%s",\n' "$$(basename $$f .sql)"; \
		sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/"/' \
			-e 's/$$/\\n"/' $$f; \
		echo '},'; \
	done >$@

# ---- tests -----------------------------------------------------------------

unit_sources := $(sort $(shell find tests/unit -name '*.c'))
unit_tests   := $(unit_sources:tests/unit/%.c=$(BUILD)/unit/%)

$(BUILD)/unit/%: tests/unit/%.c $(archive)
	@mkdir -p $(@D)
	$(compile) -Iserver -o $@ $< $(archive) $(LDFLAGS) $(our_ldflags) \
		-lcmocka $(pkg_libs)

device_sources := $(sort $(wildcard tests/device/*.c))
$(BUILD)/device: $(device_sources)
	@mkdir -p $(@D)
	$(compile) -o $@ $^ $(LDFLAGS) $(our_ldflags) \
		-lmbedtls -lmbedx509 -lmbedcrypto -ljansson

# One client for each TLS stack that devices are built on.
clients := $(addprefix $(BUILD)/clients/client-,mbedtls bearssl wolfssl openssl)
client_libs_mbedtls := -lmbedtls -lmbedx509 -lmbedcrypto
client_libs_bearssl := -lbearssl
client_libs_wolfssl := -lwolfssl
client_libs_openssl := -lssl -lcrypto
$(BUILD)/clients/client-%: tests/clients/%.c tests/clients/main.c \
		tests/clients/wire.c $(wildcard tests/clients/*.h)
	@mkdir -p $(@D)
	$(compile) -o $@ $(filter %.c,$^) $(LDFLAGS) $(our_ldflags) \
		$(client_libs_$*)

.PHONY: test-build test-run test
test-build: $(BUILD)/otterd $(unit_tests) $(BUILD)/device $(clients)

test-run: test-build
	@PYTHON=$(PYTHON) tests/run $(BUILD)

test:
	@config/install-packages $(PACKAGES_BUILD) $(PACKAGES_TEST)
	@$(MAKE) --no-print-directory MODE=$(MODE) test-run

# ---- run, bench, fuzz, lint ------------------------------------------------

.PHONY: run bench fuzz lint format
run:
	@config/install-packages $(PACKAGES_BUILD) $(PACKAGES_RUN)
	@$(MAKE) --no-print-directory MODE=release all
	@config/run-demo build/release/otterd build/run

bench:
	@config/install-packages $(PACKAGES_BUILD) $(PACKAGES_BENCH)
	@$(MAKE) --no-print-directory MODE=release bench-build
	@$(PYTHON) tests/bench/bench.py build/release/otterd build/release/choose

.PHONY: bench-build
bench-build: all $(BUILD)/choose

$(BUILD)/choose: tests/bench/choose.c $(archive)
	$(compile) -o $@ $< $(archive) $(LDFLAGS) $(our_ldflags) $(pkg_libs)

fuzz_sources := $(sort $(wildcard tests/fuzz/*.c))
fuzz_targets := $(fuzz_sources:tests/fuzz/%.c=$(BUILD)/fuzz/%)

$(BUILD)/fuzz/%: tests/fuzz/%.c $(archive)
	@mkdir -p $(@D)
	$(compile) -fsanitize=fuzzer -o $@ $< $(archive) $(LDFLAGS) \
		$(our_ldflags) $(pkg_libs)

.PHONY: fuzz-build
fuzz-build: $(fuzz_targets)

fuzz:
	@config/install-packages $(PACKAGES_BUILD) $(PACKAGES_FUZZ)
	@$(MAKE) --no-print-directory MODE=fuzz fuzz-build
	@tests/fuzz/run build/fuzz/fuzz $(FUZZ_SECONDS)

lint:
	@config/install-packages $(PACKAGES_BUILD) $(PACKAGES_LINT)
	@tests/lint/run

format:
	@config/install-packages $(PACKAGES_LINT)
	@git ls-files -co --exclude-standard '*.c' '*.h' | \
		xargs clang-format -i

# ---- install ---------------------------------------------------------------

.PHONY: install
install: all
	install -D -m 755 $(BUILD)/otterd $(DESTDIR)$(PREFIX)/bin/otterd
	install -D -m 640 config/otterd.yaml \
		$(DESTDIR)$(SYSCONFDIR)/otterd/otterd.yaml.example
	install -D -m 644 systemd/otterd.service \
		$(DESTDIR)$(UNITDIR)/otterd.service
	sed -i -e 's|/usr/bin/otterd|$(PREFIX)/bin/otterd|' \
		-e 's|/etc/otterd|$(SYSCONFDIR)/otterd|' \
		$(DESTDIR)$(UNITDIR)/otterd.service
	install -D -m 644 systemd/otterd.socket \
		$(DESTDIR)$(UNITDIR)/otterd.socket
	install -D -m 644 systemd/otterd.sysusers \
		$(DESTDIR)$(PREFIX)/lib/sysusers.d/otterd.conf
	install -D -m 644 systemd/otterd.tmpfiles \
		$(DESTDIR)$(PREFIX)/lib/tmpfiles.d/otterd.conf

.PHONY: clean
clean:
	rm -rf build

-include $(objects:.o=.d)
