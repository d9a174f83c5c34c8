# Every target installs what it needs first. PYTHON=python3.12 chooses an interpreter (3.11 to 3.13),
# CEX_STATE=directory another state, ARGS="..." adds words to the command.
PYTHON ?=
PY := .venv/bin/python
STAGE ?= staging
DOMAIN ?=
PARAMETERS ?=
STACK := $(PY) -m infra.local.stack

.DEFAULT_GOAL := help
.PHONY: help venv run demo local replay audit ops day bench package deploy test soak lint format types check clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

venv: ## install into .venv, if anything is missing
	@infra/local/install.sh $(PYTHON)

run: venv ## the whole exchange: start, trade through a demo day, then serve until Ctrl-C
	@$(STACK) up -- $(PY) -m infra.traders.demo --url {url} $(ARGS)

demo: venv ## start, trade through the demo day, stop; fails if any invariant does
	@$(STACK) run -- $(PY) -m infra.traders.demo --url {url} $(ARGS)

local: venv ## the exchange without the demo day
	@$(STACK) up

replay: venv ## replay recorded orders: make replay FILE=commands.csv LIMIT=1000
	@test -f "$(FILE)" || { echo "make replay FILE=commands.csv [LIMIT=1000]: no such file: $(FILE)"; exit 2; }
	@$(STACK) run -- $(PY) -m infra.traders.replay --url {url} --file "$(FILE)" $(if $(LIMIT),--limit $(LIMIT)) $(ARGS)

audit: venv ## check every invariant over the whole local store
	@$(STACK) run -- $(PY) -m infra.ops audit $(ARGS)

ops: venv ## what an operator can do: make ops ARGS="markets halt KTA/USDT --reason drill"
	@$(STACK) run -- $(PY) -m infra.ops $(ARGS)

day: venv ## the story of a bad operations day, with thieves and power cuts; one of the tests
	@$(PY) -m pytest -n 0 -s tests/operations $(ARGS)

bench: venv ## what things cost, how fast they are, and plots of it: make bench ARGS=costs for one part
	@$(PY) -m bench $(ARGS)

package: venv ## template and zip for AWS, in build/cloud: make package STAGE=prod
	@$(PY) -m infra.cloud package $(STAGE)

deploy: venv ## build them and deploy: make deploy STAGE=prod DOMAIN=exchange.example (see docs/deploy.md)
	@$(PY) -m infra.cloud deploy $(STAGE) --domain "$(DOMAIN)" $(PARAMETERS)

test: venv ## all tests, on every core: make test ARGS="-n 0 tests/engine" for some, on one
	@$(PY) -m pytest -n auto --dist loadfile $(ARGS)

soak: venv ## attack the exchange with as many seeds as wanted: make soak SEEDS=5000
	@$(PY) -m tests.simulator --seeds $(or $(SEEDS),1000) $(ARGS)

lint: venv ## style
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check --quiet .

format: venv ## make the style right
	@$(PY) -m ruff format .

types: venv ## types
	@$(PY) -m mypy

check: lint types test ## what CI runs

clean: ## forget the state: every account, order and balance on this machine
	@if [ -x $(PY) ]; then $(STACK) forget; else rm -rf .local; fi
