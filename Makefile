# Everything a contributor runs. `make` alone lists the targets.

PYTHON ?= python3
BIN := .venv/bin
SERVERS ?=

.DEFAULT_GOAL := help
# By hand, not in the list above: `python scripts/picture.py` takes the picture of the README anew.
.PHONY: help venv demo test lint types docs docs-check viewer viewer-check bench servers neo4j lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "%-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/uv: locks/uv.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "siloscope needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || \
	  { echo "$(PYTHON) cannot make environments: on Debian, apt-get install python3-venv" >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r locks/uv.txt
	@touch $@

# Locked dependencies by hash; the project itself editable, built by the locked build backend.
.venv/.dev: $(BIN)/uv locks/dev.txt pyproject.toml
	$(BIN)/uv pip install --quiet -p .venv --require-hashes -r locks/dev.txt
	$(BIN)/uv pip install --quiet -p .venv --no-deps --no-build-isolation -e .
	@touch $@ .venv/.run

.venv/.run: $(BIN)/uv locks/run.txt pyproject.toml
	$(BIN)/uv pip install --quiet -p .venv --require-hashes -r locks/run.txt
	$(BIN)/uv pip install --quiet -p .venv --no-deps -e .
	@touch $@

venv: .venv/.dev ## .venv with the locked development requirements and siloscope, editable

demo: .venv/.run ## the example company, scanned from recordings: no account, no server
	$(BIN)/siloscope demo

test: venv lint types docs-check viewer-check servers ## everything that has to pass before a merge
	$(BIN)/python -m pytest

lint: venv ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: venv ## mypy, strict
	$(BIN)/mypy

docs: venv ## write the generated documentation anew
	$(BIN)/python scripts/docs.py

docs-check: venv ## fail when generated documentation is out of date
	$(BIN)/python scripts/docs.py --check

viewer/node_modules/.done: viewer/package-lock.json
	cd viewer && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

viewer: viewer/node_modules/.done ## build the map's viewer from viewer/src into the package
	cd viewer && node_modules/.bin/tsc --noEmit && node build.mjs

viewer-check: ## fail when the built viewer is not what its source builds (where npm is there)
	@if command -v npm > /dev/null; then \
	  $(MAKE) --no-print-directory viewer/node_modules/.done && cd viewer && node_modules/.bin/tsc --noEmit && node build.mjs --check; \
	else echo "no npm: the built viewer is not compared"; fi

bench: venv ## run every benchmark; each prints a ratio against a named peer
	@set -e; for file in benchmarks/*.py; do test -f "$$file" || continue; echo "== $$file"; $(BIN)/python "$$file"; done

servers: venv ## install the real servers that tests run against (SERVERS="moto neo4j" for some)
	$(BIN)/python -m tests.servers install $(SERVERS)

neo4j: venv ## a Neo4j in the foreground, for trying the Neo4j store
	$(BIN)/python -m tests.servers start neo4j

lock: venv ## compile the lock files anew from pyproject.toml and the .in files
	scripts/lock

clean: ## remove environments, caches and built files
	rm -rf .venv .cache dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis siloscope-demo test-report
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
