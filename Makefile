# make demo | test | faults | coverage | check | bench | bench-small | bench-large | bench-databases: each sets up .venv by itself; Python 3.11 or newer, make and git are all it takes.

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PYTHON ?=
WORKERS ?= auto
ROWS ?= 1000000
SEED ?= 1
KILLS ?= 200
WORKER_KILLS ?= 20

# Without compiled files every one of the many processes of the tests and the demo would parse all its imports again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test coverage check faults bench bench-small bench-large bench-databases format lock upgrade clean

demo: $(READY)
	@$(BIN)/python examples/flights/fetch_data.py
	$(BIN)/weirflow plan examples/flights/flights.yaml
	$(BIN)/weirflow run examples/flights/flights.yaml --out out/demo

# Real servers are part of the tests: what is missing gets installed where we may (apt-get, and root or sudo).
test: $(READY)
	@$(BIN)/python -m tests.servers.install
	$(BIN)/python -m pytest -n $(WORKERS)

# The same, counting which lines ran, which nearly doubles the time.
coverage: $(READY)
	@$(BIN)/python -m tests.servers.install
	$(BIN)/python -m pytest -n $(WORKERS) --cov --cov-report=term:skip-covered

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Runs that are killed at moments drawn from SEED and gone on with, on every kind of step: ten minutes. Then workers of a
# service are killed and frozen while many runs are under way, on SQLite and on PostgreSQL: five minutes.
faults: $(READY)
	@$(BIN)/python -m tests.servers.install
	$(BIN)/python -m tests.faults --seed $(SEED) --kills $(KILLS)
	$(BIN)/python -m tests.faults.services --seed $(SEED) --kills $(WORKER_KILLS)

bench: $(READY)
	@$(BIN)/python examples/flights/fetch_data.py
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.queries --rows $(ROWS)
	$(BIN)/python -m benchmarks.suite --scale 0.2
	$(BIN)/python -m pytest benchmarks --benchmark-only --benchmark-columns=min,median,max,rounds

# What CI measures with every change, in a minute; the figures are kept in out/bench-small.json.
bench-small: $(READY)
	@mkdir -p out
	$(BIN)/python -m pytest benchmarks/test_compile_time.py benchmarks/test_writers.py --benchmark-only \
		--benchmark-max-time=0.5 --benchmark-timer=time.process_time --benchmark-columns=min,median,max,rounds \
		--benchmark-group-by=func --benchmark-json=out/bench-small.json

# Peak memory over 20 and 100 million rows, made for it in the folder for temporary files: 6 GB of disk, half an hour.
bench-large: $(READY)
	$(BIN)/python -m benchmarks.large

# Reading from and writing to private servers of PostgreSQL and MariaDB and files of SQLite, a quarter of an hour.
bench-databases: $(READY)
	$(BIN)/python -m tests.servers.install
	$(BIN)/python -m benchmarks.databases --rows $(ROWS)

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

COMPILE = $(BIN)/pip-compile --quiet --all-extras --generate-hashes --allow-unsafe --strip-extras \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --output-file requirements.lock pyproject.toml

# The header that pip-compile writes repeats its command line; ours says it without paths.
lock: $(READY)
	CUSTOM_COMPILE_COMMAND="make lock" $(COMPILE)

upgrade: $(READY)
	CUSTOM_COMPILE_COMMAND="make lock" $(COMPILE) --upgrade

clean:
	rm -rf $(VENV) out build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .coverage*

# A Python whose venv can install pip: on Debian that is a package of its own (python3-venv), and a name that pyenv
# only pretends to have fails the try as well.
USABLE = import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))

# --no-deps: the lock is the whole tree, and a pip that resolves again asks for the newest coverage[toml] beside the
# locked coverage, which --require-hashes refuses as soon as one is published.
$(READY): requirements.lock pyproject.toml Makefile
	@if ! $(BIN)/python -c '$(USABLE)' 2>/dev/null; then \
		found=; \
		for each in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11 python; do \
			if $$each -c '$(USABLE)' 2>/dev/null; then found=$$each; break; fi; \
		done; \
		if [ -z "$$found" ]; then \
			echo "weirflow needs Python 3.11 or newer with its venv module (on Debian and Ubuntu: the package python3-venv)" >&2; \
			exit 1; \
		fi; \
		echo "making $(VENV) with $$($$found --version)" >&2; \
		$$found -m venv --clear $(VENV); \
	fi
	@echo "installing what requirements.lock names into $(VENV)" >&2
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-compile --require-hashes --no-deps -r requirements.lock
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)
