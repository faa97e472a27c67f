# What a newcomer types, and what CI runs. `make help` lists it.
# Needs a Rust toolchain; a C linker and libpcap are installed where they are missing (scripts/setup.sh).

SHELL := /bin/sh
CARGO ?= cargo
# A shell that has not read rustup's profile finds cargo all the same.
PATH := $(PATH):$(HOME)/.cargo/bin
export PATH

# What `make demo` hands on: make demo ARGS='--list'
ARGS ?=
# How long `make fuzz` runs each target: make fuzz TIME=1200
TIME ?= 60
FUZZ = -max_total_time=$(TIME) -max_len=16384 -rss_limit_mb=512 -timeout=10 -print_final_stats=1
TARGET_DIR = $(or $(CARGO_TARGET_DIR),target)
# The recordings of the textbook's own exchange, which fixtures/real/expectations.txt speaks of.
ORDERLY = message.pcap late-close.pcap ipv6.pcap
WASM = wasm32-unknown-unknown

.DEFAULT_GOAL := help
# The order of `test` is its meaning: quick checks first, the tests' own results last.
.NOTPARALLEL:
.PHONY: help demo test fmt lint doc portable check fuzz-check fuzz-lock unit peers fixtures record bench criterion fuzz install setup

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# Built as the caller, run with the right to capture: nothing in target/ ends up owned by root.
demo: setup ## build, then watch one TCP connection open and close (ARGS='...' is handed on)
	$(CARGO) build --release --locked
	@scripts/as-root.sh $(TARGET_DIR)/release/tcpshake demo $(ARGS)

test: setup fmt lint doc portable check fuzz-check unit ## everything that CI checks; the tests come last

fmt: ## formatting
	@scripts/setup.sh component fmt rustfmt
	$(CARGO) fmt --check

lint: setup ## clippy, warnings are errors
	@scripts/setup.sh component clippy clippy
	$(CARGO) clippy --locked --all-targets -- -D warnings

doc: setup ## rustdoc, warnings are errors
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --locked --no-deps

portable: setup ## the library without libpcap and sockets, on WebAssembly too; all of it without what Linux alone has
	$(CARGO) check --locked --lib --no-default-features
	@if [ -d "$$(rustc --print sysroot)/lib/rustlib/$(WASM)" ]; then \
	  echo "$(CARGO) check --locked --lib --no-default-features --target $(WASM)"; \
	  $(CARGO) check --locked --lib --no-default-features --target $(WASM); \
	else \
	  echo "skipped: the check for $(WASM) (to have it: rustup target add $(WASM))"; \
	fi
	@scripts/setup.sh component clippy clippy
	CARGO='$(CARGO)' scripts/elsewhere.sh

# Built as the tests are, so that nothing is built twice.
check: setup ## the captures of a real kernel held against what they must show
	$(CARGO) test --locked --no-run
	cd fixtures/real && $(abspath $(TARGET_DIR))/debug/tcpshake check --expect-file expectations.txt $(ORDERLY)

# What the targets do is run by tests/fuzz.rs; here only that they build, without building libFuzzer itself.
fuzz-check: setup
	CUSTOM_LIBFUZZER_PATH=/none/none $(CARGO) check --locked --manifest-path fuzz/Cargo.toml --target-dir $(TARGET_DIR) --all-targets

fuzz-lock: ## bring the fuzz workspace's Cargo.lock in line with the package's, after a dependency has changed
	cp Cargo.lock fuzz/Cargo.lock
	$(CARGO) metadata --format-version 1 --manifest-path fuzz/Cargo.toml >/dev/null

unit: setup ## the tests alone
	$(CARGO) test --locked

peers: setup ## the program held against tshark and tcptrace, which it installs; a part of `unit` where they are there
	@scripts/setup.sh compare
	TCPSHAKE_PEERS=required $(CARGO) test --locked --test peers

fixtures: setup record ## make the captures anew: from their scripts, and of every scenario played; and the snapshots from them
	TCPSHAKE_BLESS=1 $(CARGO) test --locked --test fixtures
	INSTA_UPDATE=always $(CARGO) test --locked --test golden
	TCPSHAKE_BLESS=1 $(CARGO) test --locked --test course

record: setup ## play every scenario and keep what was captured (ONLY='syn-lost fin-lost' records these)
	$(CARGO) build --locked
	scripts/record.sh $(TARGET_DIR)/debug/tcpshake fixtures/real $(ONLY)

bench: setup ## measure beside tcpdump, tshark and tcptrace, and write docs/benchmarks.md (some minutes, 2 GB of disk)
	$(CARGO) build --release --locked --bin tcpshake --example workload --example measure
	$(TARGET_DIR)/release/examples/measure $(TARGET_DIR)/bench docs/benchmarks.md

criterion: setup ## measure the stages alone
	$(CARGO) bench --locked

fuzz: setup ## fuzz each target for TIME seconds, from the fixtures on (TIME=60)
	@scripts/setup.sh fuzz
	$(CARGO) run --locked --manifest-path fuzz/Cargo.toml --example seed
	@for target in read_capture decode_frame track_segments; do \
	  echo "$(CARGO) fuzz run $$target"; \
	  $(CARGO) fuzz run --sanitizer none $$target -- $(FUZZ) || exit 1; \
	done

install: setup ## install the command for this user
	$(CARGO) install --locked --path .

setup: ## install what a bare machine lacks: a C linker and libpcap
	@scripts/setup.sh build
