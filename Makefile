# Two commands matter: `make run` and `make test`. Bare `make` prints this list.
PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help setup run test check bench soak format

help:  ## what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 14

setup:  ## make .venv, install everything, build the page
	@$(PYTHON) scripts/setup.py

run: setup  ## the floor at http://127.0.0.1:8070, from a simulated PBX (or CALLFLOOR_PBX_URL)
	@$(BIN)/callfloor serve --simulate-if-no-pbx

test:  ## every test, on real parts (PostgreSQL, Asterisk, browser); PYTEST_ARGS=tests/unit for some
	@$(PYTHON) scripts/setup.py --dev
	@$(PYTHON) scripts/test_parts.py
ifdef PYTEST_ARGS
	@$(BIN)/python -m pytest $(PYTEST_ARGS)
else
	@$(BIN)/python scripts/suite.py
endif

check:  ## format, lint, strict types, import rules; the page's too
	@$(PYTHON) scripts/setup.py --dev
	@status=0; run() { "$$@" || { echo "check: $$* failed" >&2; status=1; }; }; \
	run ruff format --check .; \
	run ruff check --quiet .; \
	run mypy; \
	run lint-imports --no-logo; \
	run python -m scripts.check_house; \
	run npm --prefix frontend run --silent lint; \
	run npm --prefix frontend run --silent check; \
	exit $$status

bench:  ## speed, as ratios against a peer in the same run
	@$(PYTHON) scripts/setup.py --dev
	@$(BIN)/python -m bench

soak:  ## real and simulated calls, random kills, cuts and restarts, and how the journal agrees; MINUTES=20 SEED= EVERY=60 CALLS=150 RESTARTS=1 LONG=0
	@$(PYTHON) scripts/setup.py --dev
	@$(PYTHON) scripts/test_parts.py
	@PYTHONPATH=tests:. $(BIN)/python -m support.soak

format:  ## put the code in shape
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix . && cd frontend && npm run --silent format
