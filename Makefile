# Polka: what a person does with a checkout. `make help` lists it.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(or $(shell command -v python3.11),$(shell command -v python3))
READY := $(VENV)/.ready
CODE := pim channels importers exporters migrations tests wsgi.py
SIZE ?= 700000
FEEDS ?= 41
SERVE ?= 1
MOMENTS ?= 20
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help setup demo serve test test-slow test-server test-s3 browser bench lint format docs build clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## make the virtual environment .venv, again only when setup.cfg has changed

demo: $(READY) ## load the demo catalogue, publish every feed, serve it (SERVE=0: stop after publishing)
	$(BIN)/pim demo $(if $(filter 0,$(SERVE)),--no-serve,--serve)

serve: $(READY) ## serve what PIM_HOME holds on http://127.0.0.1:8000, with a worker
	$(BIN)/pim serve --with-worker

test: $(READY) browser ## run all tests but the slow ones
	$(BIN)/python -m pytest -n $(WORKERS)

test-slow: $(READY) ## run the slow tests: big files, constant memory
	$(BIN)/python -m pytest -n $(WORKERS) -m slow

test-server: $(READY) ## run the integration tests that may use PIM_TEST_DATABASE_URL, any PostgreSQL
	$(BIN)/python -m pytest -n $(WORKERS) -m "server and not slow" tests/integration

test-s3: $(READY) ## run the tests of several machines against PIM_TEST_S3_URL, an S3 server (default: moto)
	$(BIN)/python -m pytest -m "slow or not slow" tests/integration/storage tests/integration/machines

bench: $(READY) ## measure against the budgets: SIZE products, FEEDS feeds; writes bench/latest.json
	$(BIN)/python -m tests.bench --size $(SIZE) --feeds $(FEEDS) || [ $$? = 1 ]  # 1: a budget was missed

torture: $(READY) ## kill everything at MOMENTS moments of every operation at SIZE products; writes bench/torture.json
	$(BIN)/python -m tests.torture --size $(if $(filter file,$(origin SIZE)),100000,$(SIZE)) --moments $(MOMENTS)

lint: $(READY) ## check style, types, who imports whom, and templates
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy pim channels importers exporters migrations
	$(BIN)/lint-imports --config setup.cfg
	$(BIN)/djlint --check --lint --quiet templates

format: $(READY) ## rewrite code and templates in the house's style
	$(BIN)/ruff check --fix-only --quiet $(CODE)
	$(BIN)/ruff format $(CODE)
	$(BIN)/djlint --reformat --quiet templates

docs: $(READY) ## make the pages of commands, steps and exporters from the code again, the tables from bench/
	$(BIN)/python -m pim.cli.documentation
	$(BIN)/python -m channels.steps.documentation
	$(BIN)/python -m exporters.documentation
	$(BIN)/python -m tests.bench.table

build: $(READY) ## make the wheel in dist/
	rm -rf build dist
	$(BIN)/python -m build --wheel

clean: ## remove the virtual environment and all that was made from the code (not PIM_HOME)
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

# Debian keeps venv in a package of its own: root installs it, anybody else is told.
$(READY): setup.cfg pyproject.toml
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || $(call install,python3-venv,Python cannot make virtual environments)
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Polka needs Python 3.11 or newer.")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25"
	$(BIN)/python -m pip install -qq --editable ".[dev]"
	@touch $@

browser: # Chromium, for the tests that look at pages
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null \
	|| command -v google-chrome >/dev/null \
	|| $(call install,chromium,There is no Chromium) \
	|| echo "Tests marked 'browser' will be skipped." >&2

# $(call install,PACKAGE,COMPLAINT): install a system package when we may, else say what to do.
define install
{ if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(1) >/dev/null; \
else echo "$(2): install the package '$(1)'." >&2; false; fi; }
endef
