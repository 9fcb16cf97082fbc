# A machine needs Python 3.11 with pip, git and make; everything else is installed below this folder.
MAKEFLAGS += --no-builtin-rules
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= $(shell command -v python3.11 || command -v python3)
UV_VERSION := 0.13.9
UV := .tools/bin/uv
BIN := .venv/bin
STAMPS := .venv/stamps
LOCKS := requirements.txt requirements-dev.txt requirements-uv.txt package-lock.json

# Tests need more than the server does. An environment made for them also runs the server, so `make run` never takes
# anything away from it.
DEV := $(if $(filter check test lint bench prove tour,$(MAKECMDGOALS))$(wildcard $(STAMPS)/packages-dev),-dev)
PACKAGES := $(STAMPS)/packages$(DEV)
MODULES := $(STAMPS)/modules$(DEV)
BUNDLES := $(filter-out assets/build.mjs,$(wildcard assets/*.css assets/*.js assets/*/*))
CATALOGUES := $(wildcard src/concord/locale/*/LC_MESSAGES/*.po)
TEMPLATES := $(shell find src/concord -name '*.html' -o -name '*.jinja')
READY := $(PACKAGES) $(MODULES) $(STAMPS)/fonts $(if $(BUNDLES),$(STAMPS)/bundles) $(if $(CATALOGUES),$(STAMPS)/catalogues)

# The second round, on PostgreSQL, leaves out what reaches no database; here it need not even look.
PURE := tests/rules tests/proofs tests/conformance tests/fitness
# Neighbouring tests share what they begin with, so each worker takes a run of them.
PYTEST := $(BIN)/pytest --numprocesses=auto --maxprocesses=4 --dist=worksteal

# The environment's own Python and Node, not the machine's.
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PYTHONPATH :=
export PYTHONUTF8 := 1
# Whatever the machine says: without compiled modules each of the many processes spends seconds to start.
export PYTHONDONTWRITEBYTECODE :=
export UV_PYTHON_DOWNLOADS := never
# Offices put their own authority into the system's certificates; both tools look elsewhere unless told.
export UV_SYSTEM_CERTS := 1
export NODE_USE_SYSTEM_CA := 1

.PHONY: help run tamper check test lint bench prove tour lock clean

help: ## list what make can do
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-6s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: $(READY) ## install what is missing, set up the demonstration and serve it on http://127.0.0.1:8000
	CONCORD_DEMO=1 $(BIN)/python -m concord.entrypoints.manage up

tamper: $(READY) ## rewrite history as the owner of the host, and see nine witnesses object (a minute, on its own data)
	$(BIN)/python -m concord.entrypoints.tampering

check: lint ## lint, types, contracts, and the quick tests on SQLite (at most 3 minutes)
	$(PYTEST) -m 'not browser and not postgres and not slow'

test: lint ## what CI runs: all tests on SQLite and on a real PostgreSQL, with a real browser (at most 30 minutes)
	$(PYTEST) -m 'not postgres'
	CONCORD_TEST_DATABASE=postgres $(PYTEST) $(addprefix --ignore=,$(PURE))

lint: $(READY) ## only the checks that run nothing: style, types, imports, templates, lock files
	$(BIN)/ruff check --quiet --output-format=concise src tests bench verifier
	$(BIN)/ruff format --check --quiet src tests bench verifier
	$(BIN)/mypy --no-error-summary
	$(BIN)/lint-imports
	$(if $(TEMPLATES),$(BIN)/djlint --lint --quiet --profile=jinja $(TEMPLATES))
	@if grep -nE '://|file:' $(LOCKS) | grep -v '"url": "https://\(opencollective\.com\|github\.com/sponsors\)/'; then \
	  echo 'A lock file names a host or a folder; compile it with `make lock`.' >&2; exit 1; fi

bench: $(READY) ## measure against peers and limits, print ratios (NAMES="pages acts", WRITE=1 keeps the tables)
	$(BIN)/python -m bench $(NAMES) $(if $(WRITE),--write)

prove: $(READY) ## the large counts, by hand: examples, rounds, mutants (PARTS="floors mutants", SECONDS=600 for each command)
	$(BIN)/python -m bench.prove $(PARTS) $(if $(SECONDS),--seconds $(SECONDS))

tour: $(READY) ## take the pictures of the READMEs from a running demo
	$(BIN)/python -m tests.journeys.tour

lock: $(UV) ## compile the requirement files anew (UPGRADE=1 takes newer versions)
	$(UV) pip compile $(COMPILE) -o requirements.txt pyproject.toml
	$(UV) pip compile $(COMPILE) -o requirements-dev.txt -c requirements.txt --group dev pyproject.toml
	echo 'uv==$(UV_VERSION)' | $(UV) pip compile $(COMPILE) --no-annotate -o requirements-uv.txt -
lock: COMPILE := --quiet --universal --generate-hashes --no-header --python-version=3.11 $(if $(UPGRADE),--upgrade)

clean: ## remove what was installed and built; the data in var/ stays
	rm -rf .tools .venv node_modules build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	rm -rf src/concord/entrypoints/workspace/static/dist

$(UV): requirements-uv.txt
	@'$(PYTHON)' -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { \
	  echo 'Concord needs Python 3.11; name one with `make PYTHON=/path/to/python3.11 …`.' >&2; exit 1; }
	@rm -rf .tools
	'$(PYTHON)' -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --require-hashes \
	  --target .tools -r requirements-uv.txt
	@touch $@

$(BIN)/python: | $(UV)
	$(UV) venv --quiet --allow-existing --python '$(PYTHON)' .venv

# Syncing removes what the file does not name, Concord itself included: hence both in one recipe.
$(STAMPS)/packages: requirements.txt
$(STAMPS)/packages-dev: requirements-dev.txt
$(STAMPS)/packages $(STAMPS)/packages-dev: pyproject.toml | $(BIN)/python
	$(UV) pip sync --quiet --require-hashes --python $(BIN)/python $(filter requirements%,$^)
	$(UV) pip install --quiet --no-deps --python $(BIN)/python --editable .
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/modules: OMIT := --omit=dev
$(STAMPS)/modules $(STAMPS)/modules-dev: package.json package-lock.json .npmrc | $(PACKAGES)
	npm ci --loglevel=error $(OMIT)
	@touch $@

$(STAMPS)/bundles: assets/build.mjs $(BUNDLES) $(MODULES)
	node assets/build.mjs
	@touch $@

$(STAMPS)/fonts: assets/fonts.mjs $(MODULES)
	node assets/fonts.mjs
	@touch $@

$(STAMPS)/catalogues: $(CATALOGUES) | $(PACKAGES)
	$(BIN)/pybabel --quiet compile --domain=django --directory=src/concord/locale
	@touch $@
