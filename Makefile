# Short verbs for daily acts; CI calls the same ones.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test check fix docs site bench fuzz sbom oldest env system models oracle clean

BIN := .venv/bin
STAMP := .venv/firsthand.stamp
# Two workers at most: a file's tests stay together and in order, so runs are repeatable.
WORKERS ?= 2
PYTEST_ARGS ?=
SECONDS ?= 600

help: ## say what each verb does
	@grep -hE '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## (.*)/\1\t\2/' | expand -t 10

demo: system env ## show all eight systems at work, in one page: demo-out/index.html
	@$(BIN)/firsthand demo

test: system env models oracle ## run every test this machine can run
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(PYTEST_ARGS)

check: env ## format, lint, types, import directions, figures in the docs
	@failed=; run() { "$$@" || failed="$$failed $$1"; }; \
	run $(BIN)/ruff format --check --quiet .; \
	run $(BIN)/ruff check --quiet .; \
	run $(BIN)/mypy --no-error-summary; \
	run $(BIN)/lint-imports --no-logo --no-cache; \
	run $(BIN)/python docs/figures.py --check; \
	run $(BIN)/python docs/licences.py --check; \
	if [ -n "$$failed" ]; then echo "make check: failed:$$failed" >&2; exit 1; fi
	@echo "make check: all is well"

fix: env ## format, and repair what ruff can repair
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

docs: env models ## redraw the pictures, refill the figures, execute every example
	@for script in docs/images/*.py; do echo "$$script"; $(BIN)/python $$script || exit 1; done
	@$(BIN)/python docs/figures.py
	@$(BIN)/python docs/licences.py
	@$(BIN)/python -m pytest --quiet tests/test_docs.py

site: env ## build the documentation as a site, in site/
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet && echo "site/index.html"

bench: env models ## measure everything again (QUICK=1: less work)
	@for script in benchmarks/*.py; do \
	    $(BIN)/python $$script $(if $(QUICK),--quick) || exit 1; done
	@$(BIN)/python docs/figures.py

fuzz: env ## search every reader of bytes from outside for ten minutes (SECONDS=600)
	@$(BIN)/python benchmarks/robustness_fuzz.py --seconds $(SECONDS)

sbom: env ## write dist/sbom.json: the packages of the base install, versions, licences
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && mkdir -p dist && \
	$(BIN)/python system/wheel.py "$$folder" --no-compile && \
	$(BIN)/cyclonedx-py environment --output-reproducible --output-file dist/sbom.json \
	    "$$folder/venv/bin/python"

oldest: env ## test the base install with the oldest packages that pyproject.toml allows
	@system/oldest

env: $(STAMP) ## make .venv with the package and its tools

$(STAMP): pyproject.toml system/environment
	@PYTHON="$(PYTHON)" system/environment
	@touch $(STAMP)

system: ## install what comes from Debian, as root on Debian
	@system/install

models: env ## pull the published models (without a network: tests of them are skipped)
	@$(BIN)/firsthand models pull all >/dev/null || echo "make models: going on without them"

oracle: env ## make the environment of MediaPipe 0.10.21, which tests compare with
	@$(BIN)/python system/peer.py mediapipe || echo "make oracle: going on without it"

clean: ## remove what these verbs made, but not the models
	rm -rf .venv .peers .cache demo-out .mypy_cache .pytest_cache .ruff_cache .hypothesis
