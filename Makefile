# Two commands do everything: make run, make test.
SHELL := /bin/bash
PY := .venv/bin/python
BOT := .venv/bin/bot
BOOTSTRAP := $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 8))' 2>/dev/null && echo $$p && break; done)
export RASA_TELEMETRY_ENABLED := false

.PHONY: help setup run stop test lint types train evaluate bench format

help: ## Show this help
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: ## Make both Python environments (again only when the lock files changed)
	@test -n "$(BOOTSTRAP)" || { echo "no working Python was found: install Python 3.11 or newer, then run make again"; exit 1; }
	@$(BOOTSTRAP) bot/bootstrap.py

run: setup ## Set up, train what changed, start everything and print the addresses; Ctrl-C stops it
	@exec $(BOT) up

stop: ## Stop what make run started, from another terminal
	@$(BOT) stop

test: setup lint types ## Lint, type-check, train what changed and run every test
	@$(BOT) train
	@$(PY) -m pytest

lint: setup ## Formatting, style, and the arrows between the layers
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check .
	@.venv/bin/lint-imports

format: setup ## Format the code
	@$(PY) -m ruff format .
	@$(PY) -m ruff check --fix .

types: setup ## mypy, strict, for both interpreters
	@$(PY) -m mypy
	@$(PY) -m mypy --config-file .mypy-rasa.ini

train: setup ## Build the encoder and train Rasa, as far as anything changed
	@$(BOT) train

evaluate: setup train ## Measure understanding on tests/evaluation and write docs/evaluation.md
	@$(BOT) evaluate all --write

bench: setup ## Measure understanding side by side with stock Rasa and others, then turns a second of the whole system
	@$(PY) -m benchmarks.understanding
	@$(PY) -m benchmarks.turns
