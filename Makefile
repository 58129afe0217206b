# make demo: sets up, runs the Yueyang forest fire at full population, compares two plans, shows the scorecard.
# make test: sets up and runs the tests. Both make the environment in .venv themselves, with Python 3.11 to 3.13.

SHELL := /bin/sh
VENV ?= .venv
BIN := $(VENV)/bin
DEMO := runs/demo
FIRE := county=yueyang scenario=forest_fire

.PHONY: help env test-env dev-env demo test lint clean

help:
	@sed -n '1,2s/^# //p' Makefile
	@echo "make lint: ruff and mypy. make clean: takes .venv and runs/demo away."

# The newest Python from 3.11 to 3.13 that really starts; PYTHON=... chooses another.
define find_python
for p in $(PYTHON) python3.13 python3.12 python3.11 python3 python; do \
  if "$$p" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' >/dev/null 2>&1; then \
    echo "$$p"; exit 0; fi; done; \
echo "Sandtable needs Python 3.11, 3.12 or 3.13; none was found. Install one, or: make PYTHON=/path/to/python3" >&2; \
exit 1
endef

# A comma parts the arguments of a call: extras take it from here.
comma := ,

# uv where there is one (it is quicker), pip otherwise.
define install
if command -v uv >/dev/null 2>&1; then uv pip install --quiet --python $(BIN)/python -e '$(1)'; \
else $(BIN)/python -m pip install --quiet --disable-pip-version-check -e '$(1)'; fi
endef

$(BIN)/python:
	@python=$$($(find_python)) && echo "making $(VENV) with $$($$python --version)" && $$python -m venv $(VENV)

$(VENV)/.runs: pyproject.toml | $(BIN)/python
	@echo "installing Sandtable and what it needs into $(VENV)"
	@$(call install,.)
	@touch $@

$(VENV)/.tests: pyproject.toml | $(BIN)/python
	@echo "installing Sandtable and what its tests need into $(VENV)"
	@$(call install,.[test])
	@touch $@ $(VENV)/.runs

$(VENV)/.lints: pyproject.toml | $(BIN)/python
	@$(call install,.[test$(comma)dev])
	@touch $@ $(VENV)/.tests $(VENV)/.runs

env: $(VENV)/.runs
test-env: $(VENV)/.tests
dev-env: $(VENV)/.lints

demo: env
	@rm -rf $(DEMO)
	@echo "1. a forest fire in Yueyang County, every resident an agent, under today's plan"
	$(BIN)/sandtable run $(FIRE) plan=baseline seed=1 out=$(DEMO)/baseline
	@echo "2. today's plan against the five-year plan, the same luck for both"
	$(BIN)/sandtable compare $(FIRE) plans=[baseline,five_year] replications=4 out=$(DEMO)/compare
	@echo "3. the first run against the plan's targets, with its report and replay"
	$(BIN)/sandtable report $(DEMO)/baseline
	$(BIN)/sandtable replay $(DEMO)/baseline

test: test-env
	$(BIN)/python -m pytest $(PYTEST_ARGS)

lint: dev-env
	$(BIN)/ruff check .
	$(BIN)/mypy

clean:
	rm -rf $(VENV) $(DEMO)
