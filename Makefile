# What a newcomer types, and what CI runs. `make help` lists it.
# Needs a Rust toolchain; a C linker and libpcap are installed where they are missing (scripts/setup.sh).

SHELL := /bin/sh
CARGO ?= cargo
# A shell that has not read rustup's profile finds cargo all the same.
PATH := $(PATH):$(HOME)/.cargo/bin
export PATH

# What `make demo` hands on: make demo ARGS='--list'
ARGS ?=
TARGET_DIR = $(or $(CARGO_TARGET_DIR),target)
WASM = wasm32-unknown-unknown

.DEFAULT_GOAL := help
# The order of `test` is its meaning: quick checks first, the tests' own results last.
.NOTPARALLEL:
.PHONY: help demo test fmt lint doc portable check unit peers fixtures bench install setup

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# Built as the caller, run with the right to capture: nothing in target/ ends up owned by root.
demo: setup ## build, then watch one TCP connection open and close (ARGS='...' is handed on)
	$(CARGO) build --release --locked
	@scripts/as-root.sh $(TARGET_DIR)/release/tcpshake demo $(ARGS)

test: setup fmt lint doc portable check unit ## everything that CI checks; the tests come last

fmt: ## formatting
	@scripts/setup.sh component fmt rustfmt
	$(CARGO) fmt --check

lint: setup ## clippy, warnings are errors
	@scripts/setup.sh component clippy clippy
	$(CARGO) clippy --locked --all-targets -- -D warnings

doc: setup ## rustdoc, warnings are errors
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --locked --no-deps

portable: ## the library without libpcap and sockets, on WebAssembly too where that target is installed
	$(CARGO) check --locked --lib --no-default-features
	@if [ -d "$$(rustc --print sysroot)/lib/rustlib/$(WASM)" ]; then \
	  echo "$(CARGO) check --locked --lib --no-default-features --target $(WASM)"; \
	  $(CARGO) check --locked --lib --no-default-features --target $(WASM); \
	else \
	  echo "skipped: the check for $(WASM) (to have it: rustup target add $(WASM))"; \
	fi

# Built as the tests are, so that nothing is built twice.
check: setup ## the captures of a real kernel held against what they must show
	$(CARGO) test --locked --no-run
	$(TARGET_DIR)/debug/tcpshake check --expect-file fixtures/real/expectations.txt fixtures/real/*.pcap

unit: setup ## the tests alone
	$(CARGO) test --locked

peers: setup ## the program held against tshark and tcptrace, which it installs; a part of `unit` where they are there
	@scripts/setup.sh compare
	TCPSHAKE_PEERS=required $(CARGO) test --locked --test peers

fixtures: setup ## make the captures anew from their scripts, and the snapshots from them
	TCPSHAKE_BLESS=1 $(CARGO) test --locked --test fixtures
	INSTA_UPDATE=always $(CARGO) test --locked --test golden

bench: setup ## measure
	$(CARGO) bench --locked

install: setup ## install the command for this user
	$(CARGO) install --locked --path .

setup: ## install what a bare machine lacks: a C linker and libpcap
	@scripts/setup.sh build
