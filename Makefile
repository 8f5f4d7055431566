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

# A PBX writes its own database at each registration, and answers when the disk has it: memory, where there is room,
# keeps a busy disk out of what is measured.
IN_MEMORY = $(shell df -k --output=avail /dev/shm 2>/dev/null | awk 'NR > 1 && $$1 > 2000000 { print "PYTEST_DEBUG_TEMPROOT=/dev/shm" }')

# Real calls run in real time: they come after the others, which keep the processors busy. Most of it is people
# talking, so two files of them are played side by side; what is held to the instant comes last, by itself.
test:  ## every test, on real parts (PostgreSQL, Asterisk, browser); PYTEST_ARGS=tests/unit for some
	@$(PYTHON) scripts/setup.py --dev
	@$(PYTHON) scripts/test_parts.py
ifdef PYTEST_ARGS
	@$(BIN)/python -m pytest $(PYTEST_ARGS)
else
	@status=0; \
	(cd frontend && npm test --silent) || status=1; \
	$(BIN)/python -m pytest --numprocesses=auto --dist=worksteal --ignore=tests/asterisk || status=1; \
	$(IN_MEMORY) $(BIN)/python -m pytest tests/asterisk -m 'not soak and not alone' --numprocesses=2 --dist=loadfile || status=1; \
	$(IN_MEMORY) $(BIN)/python -m pytest tests/asterisk -m 'not soak and alone' || status=1; \
	exit $$status
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

soak:  ## real and simulated calls, random kills and cuts, and how the journal agrees; MINUTES=20 SEED= EVERY=60 CALLS=150
	@$(PYTHON) scripts/setup.py --dev
	@$(PYTHON) scripts/test_parts.py
	@PYTHONPATH=tests:. $(BIN)/python -m support.soak

format:  ## put the code in shape
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix . && cd frontend && npm run --silent format
