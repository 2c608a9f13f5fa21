# `make` alone lists what there is. Everything below sets itself up: Python 3.11 or newer and make are all it needs.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Passed on to pytest, and to machiya run: make test ARGS="-k shards -x", make run ARGS="-p algorithm=popularity"
ARGS ?=

COMPONENTS := $(patsubst %/pyproject.toml,%,$(wildcard components/*/pyproject.toml))
PARTS := platform/kit platform/machiya $(COMPONENTS)
TEMPLATE := platform/machiya/machiya/templates/component/template
INSTALLED := $(VENV)/installed

# Our sources are installed in place: without kept bytecode every process of every test and step would compile them again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install run test check style types format lock screenshots bench bench-full bench-quality clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: install ## run the workflow on the sample log and say where the report is
	@$(BIN)/machiya run recommend $(ARGS)
	@command -v machiya >/dev/null || echo "To type machiya as it stands here: . $(BIN)/activate"

test: install ## run the tests of all parts; those of containers too where an engine answers
	@$(BIN)/pytest $(ARGS)

check: style ## check style, types, the direction of imports, and the documents
	@$(BIN)/pytest -q tests/architecture tests/docs

style: install types
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

# One run per part: every part may have its own `tests` and `sample`, as if the others were not there.
types: install
	@for part in $(PARTS) .; do \
	    if [ $$part = . ]; then files="conftest.py tests workflows"; else files=$$part; fi; \
	    echo "mypy $$files"; \
	    MYPYPATH=$$part $(BIN)/mypy $$files || failed=1; \
	done; [ -z "$$failed" ]

format: install ## rewrite the code in the one format
	@$(BIN)/ruff check --fix-only --quiet
	@$(BIN)/ruff format

install: $(INSTALLED)

$(INSTALLED): requirements.lock $(PARTS:%=%/pyproject.toml)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "make: Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) --version 2>&1). Name another: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	    echo "make: $(PYTHON) cannot make virtual environments. On Debian or Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@test -x $(BIN)/python || { echo "Making $(VENV) (a few minutes, once)"; $(PYTHON) -m venv $(VENV); }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation $(PARTS:%=-e ./%)
	@touch $@

screenshots: install ## take the pictures of the viewer anew (components/viewer/docs); needs chromium and fonts-noto-cjk
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || { \
	    echo "make: the pictures are taken with Chromium: apt-get install chromium fonts-noto-cjk" >&2; exit 1; }
	@VIEWER_SCREENSHOTS=1 $(BIN)/pytest -q components/viewer/tests/browser/test_screenshots.py $(ARGS)

# Beside ours what we compare with: it changes no version, or it has an environment of its own.
BENCHMARKS := tests/benchmarks
APART := $(VENV)/apart
COMPARED := $(VENV)/compared

bench: $(COMPARED) ## measure against other libraries, on 200,000 events (ARGS="predict --write": one stage, kept in docs/benchmarks.md)
	@$(BIN)/python -m tests.benchmarks $(ARGS)

bench-full: $(COMPARED) ## the same on 20 million events: most of an hour
	@$(BIN)/python -m tests.benchmarks --full $(ARGS)

bench-quality: install ## tune popularity, ALS and EASE on a real log, and say how good they are (DATA=ml-20m.zip)
	@test -n "$(DATA)" || { echo "make: name a log: make bench-quality DATA=ml-20m.zip (docs/benchmarks.md says which)" >&2; exit 1; }
	@$(BIN)/python -m tests.benchmarks.quality "$(DATA)" $(ARGS)

$(COMPARED): $(INSTALLED) $(BENCHMARKS)/requirements.lock $(BENCHMARKS)/apart/requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(BENCHMARKS)/requirements.lock
	@test -x $(APART)/bin/python || $(BIN)/python -m venv $(APART)
	@$(APART)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(BENCHMARKS)/apart/requirements.lock
	@touch $@

# Versions and hashes for every platform, without addresses. Our own distributions come from this folder or, in an image, as
# a wheel, so they are left out; what they need is in. A component's lock agrees with that of the whole, and its header says
# how to make it where there is no whole.
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate $(UPGRADE)
OURS := $(foreach name,machiya $(PARTS:components/%=machiya-%) machiya-component,--no-emit-package $(notdir $(name)))
ALONE := uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-package machiya-component \
    --find-links wheels pyproject.toml -o requirements.lock
GROUPS = $(foreach file,$(shell grep -l '^\[dependency-groups\]' $(PARTS:%=%/pyproject.toml)),--group $(file):test)

lock: install ## resolve anew what everything, and each component alone, is installed with (UPGRADE=--upgrade: newer versions)
	@$(COMPILE) --custom-compile-command "make lock" $(OURS) $(GROUPS) requirements.in -o requirements.lock
	@for part in $(COMPONENTS) $(TEMPLATE); do \
	    own=$$part/pyproject.toml; if [ $$part = $(TEMPLATE) ]; then own=platform/kit/pyproject.toml; fi; \
	    echo ./platform/kit | $(COMPILE) --custom-compile-command "$(ALONE)" --no-emit-package machiya-component \
	        -c requirements.lock - $$own -o $$part/requirements.lock >/dev/null || exit 1; \
	done
	@$(COMPILE) --custom-compile-command "make lock" -c requirements.lock $(BENCHMARKS)/requirements.in -o $(BENCHMARKS)/requirements.lock >/dev/null
	@$(COMPILE) --custom-compile-command "make lock" $(BENCHMARKS)/apart/requirements.in -o $(BENCHMARKS)/apart/requirements.lock >/dev/null

clean: ## remove what make made: the environment, runs, caches
	rm -rf $(VENV) .machiya .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
