.DEFAULT_GOAL := help
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
WORKERS ?= auto

.PHONY: help run doctor test check format bench api-docs lock clean

help:  ## list these targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# The test for pip begins again an environment whose making was cut short.
.venv/run.stamp: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Artel needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Installing Artel into .venv (once) …"
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev.stamp: .venv/run.stamp requirements-dev.txt
	@echo "Installing the development tools into .venv (once) …"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

.venv/bench.stamp: .venv/dev.stamp requirements-bench.txt
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-bench.txt
	@touch $@

run: .venv/run.stamp  ## install and start the sandbox (Ctrl-C stops it)
	@exec $(BIN)/python -m artel sandbox

doctor: .venv/run.stamp  ## check the installation, line by line
	@$(BIN)/python -m artel doctor

test: .venv/dev.stamp  ## run the tests
	@$(BIN)/python -m pytest -n $(WORKERS)

check: .venv/dev.stamp  ## format, lint, types, tests: what CI runs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n $(WORKERS)

format: .venv/dev.stamp  ## format and fix what can be fixed by itself
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: .venv/bench.stamp  ## measure; figures and ratios of one run
	@$(BIN)/python -m bench

api-docs: .venv/dev.stamp  ## write docs/api anew: OpenAPI, Postman, pages with replies of this code
	@ARTEL_RECORD_EXAMPLES=1 $(BIN)/python -m pytest -q tests/api/test_api_files.py tests/api/time/test_api_files.py -k examples_are_replies
	@$(BIN)/python -m artel api export docs/api

lock:  ## write the requirements files anew from pyproject.toml (needs uv)
	uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --no-annotate --python-version 3.11 pyproject.toml -o requirements.txt
	uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --no-annotate --python-version 3.11 --extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt
	uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --no-annotate --python-version 3.11 --extra dev --extra bench -c requirements-dev.txt pyproject.toml -o requirements-bench.txt

clean:  ## remove .venv and caches; leaves the sandbox's data alone
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
