# The only door: what CI, a newcomer and a maintainer run is here. `make` lists it.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

VENV := .venv
BIN := $(VENV)/bin
# What builds a distribution from source must come from the hashed requirements too, hence no isolation.
PIP := $(BIN)/python -m pip --disable-pip-version-check
HASHED := $(PIP) install --quiet --require-hashes --no-deps --no-build-isolation --use-pep517
# One lost connection is no reason to begin anew: pip itself tries again only until a download has begun.
again = for pause in 5 30 0; do $(1) && exit; sleep $$pause; done; exit 1
COMPILE := $(BIN)/uv pip compile --quiet --no-config --universal --python-version 3.11 \
	--generate-hashes --no-header --no-annotate $(COMPILE_OPTIONS)

# The first of these that runs and is new enough makes .venv; `make install PYTHON=…` chooses another.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$python; break; }; done)

# pytest's own options: `make test PYTEST="-k merge"` runs some of the tests.
PYTEST ?=

.PHONY: help
help: ## list what there is to make
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 24

.PHONY: install
install: $(VENV)/.installed ## make .venv with what the ledger needs to run, once

.PHONY: install-dev
install-dev: $(VENV)/.installed-dev ## add to .venv what tests and checks it, once

$(VENV)/.made:
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or newer is on the PATH: install one, or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV) || { echo "$(PYTHON) cannot make a virtual environment: on Debian, apt-get install python3-venv" >&2; exit 1; }
	@touch $@

$(VENV)/.installed: $(VENV)/.made requirements/build.txt requirements/run.txt pyproject.toml
	@echo "installing what the ledger needs into $(VENV) …" >&2
	@$(call again,$(HASHED) -r requirements/build.txt)
	@$(call again,$(HASHED) -r requirements/run.txt)
	@$(PIP) install --quiet --no-deps --no-build-isolation --no-index --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements/dev.txt
	@echo "installing what tests the ledger into $(VENV) …" >&2
	@$(call again,$(HASHED) -r requirements/dev.txt)
	@touch $@

.PHONY: demo
demo: install ## simulate customers into a new ledger and show what it answers
	@$(BIN)/customer-ledger demo

.PHONY: test
test: lint types test-only ## everything a change must pass: lint, types, import contracts, all tests

.PHONY: test-only
test-only: install-dev ## the tests alone
	@$(BIN)/python -m pytest --numprocesses logical --maxprocesses 8 --dist loadfile -m "not alone" $(PYTEST)
	@$(BIN)/python -m pytest -m alone $(PYTEST) || test $$? -eq 5 # 5: no such test

.PHONY: truth
truth: install-dev ## write docs/simulated-truth.md: every figure of 10,000 simulated customers beside its truth
	@$(BIN)/python -m tests.truth.page > docs/simulated-truth.md.new
	@mv docs/simulated-truth.md.new docs/simulated-truth.md

.PHONY: faults
faults: install-dev ## every fault at full length: kills, power loss, failing calls, full disks, cut links (an hour or more)
	@LEDGER_FAULTS=full $(BIN)/python -m pytest --numprocesses logical --dist loadfile tests/faults $(PYTEST)

.PHONY: lint
lint: install-dev ## style, complexity, formatting, and which room may import which
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet . || { echo "Not formatted as the house does: run make format" >&2; exit 1; }
	@$(BIN)/lint-imports --no-logo

.PHONY: types
types: install-dev ## mypy, strictly
	@$(BIN)/mypy cli.py ledger tests $(wildcard benchmarks/*.py)

.PHONY: format
format: install-dev ## format the code and mend what can be mended
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format --quiet .

.PHONY: docs
docs: install ## write the generated reference pages anew
	@for page in ledger/*/reference.py; do room=$$(basename $$(dirname $$page)); \
		case $$room in schemas) name=events;; *) name=$$room;; esac; \
		$(BIN)/python -m ledger.$$room.reference > docs/reference/$$name.md; done

.PHONY: bench
bench: install-dev ## measure against the peers, in the same run
	@for benchmark in $$(grep -l __main__ benchmarks/*.py); do $(BIN)/python -m benchmarks.$$(basename $$benchmark .py); done

.PHONY: requirements
requirements: install-dev ## pin anew, with hashes: COMPILE_OPTIONS=--upgrade takes newer releases
	@$(COMPILE) requirements/build.in --output-file requirements/build.txt
	@$(COMPILE) pyproject.toml --output-file requirements/run.txt
	@$(COMPILE) requirements/dev.in --constraints requirements/run.txt --constraints requirements/build.txt --output-file requirements/dev.txt

.PHONY: clean
clean: ## remove .venv, caches and what was built
	@rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
