# Two commands do everything: `make run` serves the page, `make test` passes the tests.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help run test lint eval bench check fuzz audit clean

help:
	@echo "make run    set up, build the index and serve the page at http://127.0.0.1:7860"
	@echo "make test   set up and run the linters, the type checker and the tests"
	@echo "make lint   ruff and mypy only"
	@echo "make eval   answer quality, kind by kind, on the question sets; a report in build/evals"
	@echo "make bench  cost of an answer, of a growing corpus and of many users, as ratios"
	@echo "make check  prove that the clauses hold the whole text and every figure its words"
	@echo "make fuzz   guided by coverage, look for input that breaks reading it; SECONDS=60 each"
	@echo "make audit  compare the pinned packages with the published advisories (needs a network)"
	@echo "make clean  remove what the commands made"

run: $(VENV)/.ready
	@echo "==> building the index (nothing to do when it is up to date)"
	@$(BIN)/assistant index
	@echo "==> serving"
	@$(BIN)/python app.py

test: $(VENV)/.ready-dev lint
	@echo "==> tests"
	@$(BIN)/python -m pytest

lint: $(VENV)/.ready-dev
	@echo "==> ruff"
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@echo "==> mypy"
	@$(BIN)/mypy

eval: $(VENV)/.ready-dev
	@echo "==> beside a stock pipeline"
	@$(BIN)/python -m evals.peers --split test
	@echo "==> retrieval alone"
	@$(BIN)/python -m evals.retrieval
	@echo "==> every question, against the thresholds"
	@$(BIN)/python -m evals.run --check
	@echo "==> the same with a hostile language model"
	@$(BIN)/python -m evals.models

bench: $(VENV)/.ready
	@$(BIN)/python -m evals.bench
	@$(BIN)/python -m evals.costs
	@$(BIN)/python -m evals.growth --most 10000
	@$(BIN)/python -m evals.load
	@$(BIN)/python -m evals.load --page --reading 0 --users 1 20

check: $(VENV)/.ready
	@$(BIN)/assistant check

fuzz: $(VENV)/.ready-dev
	@for target in $$($(BIN)/python -m tests.fuzz); do \
	  echo "==> $$target"; $(BIN)/python -m tests.fuzz $$target -max_total_time=$(or $(SECONDS),60) || exit 1; done

audit: $(VENV)/.ready
	@$(PYTHON) -m venv $(VENV)-audit && $(VENV)-audit/bin/python -m pip install --quiet pip-audit
	@$(VENV)-audit/bin/pip-audit --no-deps --disable-pip --requirement constraints.txt

clean:
	rm -rf $(VENV) $(VENV)-audit build *.egg-info
	find indexes -mindepth 1 ! -name README.md -exec rm -rf {} +

$(VENV)/.ready: pyproject.toml constraints.txt
	@echo "==> creating $(VENV) and installing (once; some minutes)"
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Python 3.11 or newer is needed, this is ' + sys.version.split()[0])"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.ready-dev: $(VENV)/.ready
	@echo "==> installing what the tests need"
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@
