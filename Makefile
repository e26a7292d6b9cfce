# Thin on purpose: everything of substance is in pyproject.toml or in Python.
PYTHON := $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
BIN := .venv/bin
# Kept even where the environment says otherwise: a test run starts hundreds of processes, which would all compile everything anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run test check lint format bench screenshots lock clean
.DEFAULT_GOAL := run

run: .venv/ready          ## start everything on this machine; without a token, against the sandbox
	@$(BIN)/alerting up

test: .venv/ready         ## lint, contracts, then every test, types among them; collecting compiles the tests once, for all workers
	@$(BIN)/python -m compileall -q alerting worker
	@$(BIN)/python -m pytest --collect-only -qq > /dev/null 2>&1 & $(MAKE) --no-print-directory lint && wait
	@$(BIN)/python -m pytest -n 6 --dist loadgroup --durations=25 --end-with-parent

check: lint               ## what pre-commit runs
	@$(BIN)/mypy

lint: .venv/ready
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports

format: .venv/ready
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: .venv/ready        ## measure, in one run, and print the tables
	@$(BIN)/python -m tests.benchmarks

screenshots: .venv/ready  ## take the README's pictures anew (needs Chromium and its driver)
	@$(BIN)/python -m tests.pictures

lock:                     ## resolve pyproject.toml anew (needs uv on the PATH)
	uv pip compile -q --universal --python-version 3.11 --all-extras --group dev --generate-hashes --no-annotate --no-header pyproject.toml -o requirements.lock

.venv/ready: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed and was not found on the PATH."; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; $(PYTHON) is older."; exit 2; }
	@echo "Setting up .venv (once; a minute or so)…"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@

clean:
	rm -rf .venv var
