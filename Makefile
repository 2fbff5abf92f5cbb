# One word per errand, the same here and in CI. `make` alone lists them.
.DEFAULT_GOAL := list
.PHONY: list setup run test lint format lock train eval eval-final docs crash sim sims mutants bench ci
MAKEFLAGS += --no-print-directory
# Compiled once, not at each start.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
# What `make ci` needs besides Python; the tests find Chromium by its Debian path.
DEBIAN_PACKAGES := chromium chromium-driver curl openssh-client openssh-server openssl redis-server wrk
PYTEST_WORKERS := 2
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header $(if $(UPGRADE),--upgrade)

list: ## this list
	@awk -F ': .*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## the virtual environment in .venv, with everything locked in requirements/
	@scripts/setup.sh dev

run: ## one node: the hotel's own when it is configured, else the demo hotel
	@scripts/setup.sh run
	@if [ -e nightporter.toml ] || [ -e .env ] || env | grep -qE '^(WHATSAPP|SPOKI)_[A-Z0-9_]+='; \
		then exec $(BIN)/nightporter up; \
		else exec $(BIN)/nightporter demo; \
	fi

test: setup ## the tests that need nothing but Python
	@$(BIN)/python -m pytest -n $(PYTEST_WORKERS) -m "not ci"

lint: setup ## format, style, types, who imports whom, spelling
	@failed=; \
	$(BIN)/ruff format --check --quiet || failed="$$failed format"; \
	$(BIN)/ruff check --quiet || failed="$$failed style"; \
	$(BIN)/basedpyright --level error || failed="$$failed types"; \
	$(BIN)/lint-imports --cache-dir .cache/import_linter --no-logo || failed="$$failed imports"; \
	git ls-files -z --cached --others --exclude-standard | xargs -0 $(BIN)/codespell || failed="$$failed spelling"; \
	if [ -n "$$failed" ]; then echo "make lint: not clean:$$failed" >&2; exit 1; fi

format: setup ## puts in order what a program can
	@$(BIN)/ruff check --fix --quiet || true
	@$(BIN)/ruff format --quiet

lock: setup ## writes requirements/ anew from pyproject.toml (UPGRADE=1: with the newest versions)
	@$(COMPILE) --group build --output-file requirements/build.txt
	@$(COMPILE) pyproject.toml --output-file requirements/run.txt
	@$(COMPILE) pyproject.toml --group dev --constraint requirements/build.txt \
		--constraint requirements/run.txt --output-file requirements/dev.txt

train: setup ## the recogniser's model, anew from the topics' examples
	@$(BIN)/python -m nightporter.desk.recogniser.train

eval: setup ## how well the desk answers guests it has never heard (EVAL=--wrong: with what was wrong)
	@$(BIN)/python -m tests.evaluation.score open $(EVAL)

eval-final: setup ## the same on the sealed third, which nobody looks at while tuning
	@$(BIN)/python -m tests.evaluation.score sealed

docs: setup ## docs/reference/ anew from the code, then the tests that hold all of docs/ to it
	@$(BIN)/python scripts/docs.py
	@$(BIN)/python -m pytest -q tests/docs -m "not ci"

crash: setup ## the real node under load, killed N=200 times; goes on where its results end (SEED=7: one stretch)
	@$(BIN)/python -m nightporter.testing.crash --kills $(or $(N),200) \
		$(if $(SEED),--seed $(SEED),--results crash-results.jsonl)

sim: setup ## one seed of the simulator, with its course (SEED=4711)
	@$(BIN)/python -m nightporter.testing.sim $(or $(SEED),0)

sims: setup ## N=1000 seeds, goes on where its results end; fails when a promise breaks or a fault never mattered
	@$(BIN)/python -m nightporter.testing.sim --seeds $(or $(N),1000) --results sim-results.jsonl

mutants: setup ## breaks each rule of the core on purpose, and sees that a test or a seed notices
	@$(BIN)/python scripts/mutants.py

bench: setup ## against the stack it replaces, in the same run; about 20 minutes (BENCH="--quick --rounds 1")
	@scripts/debian.sh redis-server wrk strace
	@$(BIN)/python bench/run.py $(BENCH)

ci: export NIGHTPORTER_CI := 1
ci: ## what CI runs: lint, `make test`, then what needs servers, Chromium or longer; a skip is a failure
	@scripts/debian.sh $(DEBIAN_PACKAGES)
	@$(MAKE) lint
	@$(MAKE) test
	@$(BIN)/python -m pytest -m ci
