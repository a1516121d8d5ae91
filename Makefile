# From an empty machine with Python 3.11+ and make to a running dashboard: `make dashboard`; to its tests: `make test`.
PYTHON ?= python3
PORT ?= 8501
HOST ?= 127.0.0.1
WORKERS ?= 4
KILLS ?= 200
ROUNDS ?= 10

BIN := .venv/bin
INSTALLED := .venv/.installed
WORKSPACE := $${LOYALTY_WORKSPACE:-workspace}
IS_EMPTY := import sys; from data.workspace import Workspace; sys.exit(Workspace.open(sys.argv[1]).latest() is not None)

.DEFAULT_GOAL := help
.PHONY: help setup dashboard test suite lint types format docs soak pin clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' Makefile

setup: $(INSTALLED) ## virtual environment with pinned packages and the command .venv/bin/loyalty

$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "loyalty needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.12 ..." >&2; exit 1; }
	@echo "Setting up .venv; the first time takes a few minutes."
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --upgrade -c constraints.txt pip setuptools
	$(BIN)/python -m pip install --no-build-isolation -c constraints.txt -e '.[dev,postgres,samples,cluster]'
	@touch $@

dashboard: setup ## the dashboard on http://127.0.0.1:8501, with a demo programme if the workspace is empty
	@if $(BIN)/python -c '$(IS_EMPTY)' "$(WORKSPACE)"; then $(BIN)/loyalty demo --workspace "$(WORKSPACE)"; fi
	@$(BIN)/loyalty dashboard --port $(PORT) --workspace "$(WORKSPACE)"

test: setup ## lint, types and all tests at once; uses Chromium and PostgreSQL where they can be had
	@$(MAKE) --no-print-directory --jobs=3 lint types suite

suite: setup # its workers use the cores already, threads of theirs would only wait for each other
	OPENBLAS_NUM_THREADS=1 $(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

lint: setup ## ruff, both lint and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup ## mypy, strict on the core and the simulator
	$(BIN)/mypy

format: setup ## put the code into shape
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

docs: setup ## write the generated pages of docs/ and the glossary anew
	$(BIN)/python docs/reference.py

soak: setup ## kill imports and writers many times, and draw new examples again and again; KILLS=200 ROUNDS=10
	LOYALTY_KILLS=$(KILLS) $(BIN)/pytest tests/data/test_kill.py tests/data/test_crash.py
	for round in $$(seq $(ROUNDS)); do CI= $(BIN)/pytest -q -n $(WORKERS) -m hypothesis || exit 1; done

pin: setup ## write constraints.txt from what is installed
	@echo '# Pinned versions of everything in use; written by `make pin`.' > constraints.txt
	$(BIN)/python -m pip freeze --all --exclude-editable >> constraints.txt

clean: ## remove what setup made
	rm -rf .venv build *.egg-info
