# Eventrail. The two commands a new user needs: `make demo` and `make test`.
PYTHON := .venv/bin/python
.DEFAULT_GOAL := help

.PHONY: help setup servers demo live stop test test-fast lint types fmt bench lock

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | column -t -s "$$(printf '\t')"

setup:  ## .venv with everything pinned and eventrail in it
	@./scripts/setup.sh

servers: setup  ## install the real servers that the tests and `make live` use (Debian packages, Maven Central)
	@./stack/install.sh

demo: setup  ## the dashboard on the shipped recording; no server needed
	@.venv/bin/eventrail dashboard --source recording:recordings/hung-consumer.eventrail

live: servers  ## the real servers, the simulated bank, and the dashboard on them
	@$(PYTHON) -m stack live

stop:  ## end what `make live` started, and nothing else
	@$(PYTHON) -m stack stop

lint: setup  ## ruff: rules and format
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .

fmt: setup  ## ruff: repair what can be repaired
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

types: setup  ## mypy, strict
	@.venv/bin/mypy
	@cd instrumentation && ../.venv/bin/mypy --config-file ../pyproject.toml -p eventrail_instrumentation

test-fast: lint types  ## the inner loop: below a minute, no servers
	@.venv/bin/pytest -q -n auto --dist worksteal -m "not servers and not bank and not browser and not slow"

test: servers  ## everything: fast tests first, then the real servers, the bank and the browser
	@./scripts/test.sh

bench: servers  ## the benchmarks of docs/benchmarks.md
	@$(PYTHON) -m benchmarks

lock: setup  ## make requirements.lock anew, with hashes and without addresses
	@.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-emit-find-links --no-header --group dev pyproject.toml instrumentation/pyproject.toml --extra grpc -o requirements.lock
