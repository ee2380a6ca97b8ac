# hexdesk: Python 3.11+ and make are enough; uv is used where it is at hand.
#   make demo PYTHON=python3.12      chooses the interpreter
#   make test WORKERS=0              runs one test at a time, not a file for each core and one more

DEMO_MEMBERS := src/core src/app src/adapters/journal src/adapters/replay src/adapters/sim \
                src/plugins/ema_cross src/plugins/market_making

UV  := $(shell uv cache dir >/dev/null 2>&1 && echo uv || echo .venv-uv/bin/uv)
RUN := $(UV) run --no-sync
ifdef PYTHON
export PYTHON
export UV_PYTHON := $(PYTHON)
endif

# Images often set it; each of the many processes of the tests would compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE

# One more than cores: tests of whole processes wait for each other.
WORKERS := $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)

CHECKS       := pyright mypy ruff imports coverage
SIDE_BY_SIDE := $(MAKE) --jobs --no-print-directory \
                $(if $(filter output-sync,$(.FEATURES)),--output-sync)

.DEFAULT_GOAL := help
.PHONY: help demo test check members sync lowest lock clean $(CHECKS)

help:  ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: .venv-demo/ready  ## a paper desk on recorded market data; offline once installed
	@.venv-demo/bin/hexdesk demo

test:  ## everything: check, each member alone, the whole test suite
	@$(SIDE_BY_SIDE) $(CHECKS) members
	@$(RUN) pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --durations=15 || { \
	    echo; echo "Once more, alone: what fails again is broken; what passes is unsteady: mend it, too."; \
	    $(RUN) pytest --last-failed --last-failed-no-failures=none --maxfail=3 -rA --show-capture=no; }

check:  ## lint, types, import contracts, lock
	@$(SIDE_BY_SIDE) $(CHECKS)

pyright mypy: sync
	$(RUN) $@

ruff: sync
	$(RUN) ruff check
	$(RUN) ruff format --check

imports: sync
	$(RUN) lint-imports --no-logo

coverage: sync
	$(RUN) python -m scripts.check_coverage

members: sync  ## test each member with only the dependencies it declares
	$(RUN) python -m scripts.test_members $(UV)

sync: $(filter .venv-uv/%,$(UV))  ## fill .venv with every member, extra and tool
	$(UV) sync --locked --all-packages --all-extras --quiet

lowest: $(filter .venv-uv/%,$(UV))  ## the test suite on the oldest versions that the members allow
	$(UV) venv --quiet --clear .venv-lowest
	$(UV) pip install --quiet --python .venv-lowest --resolution lowest-direct --all-extras \
	    --group dev $(addprefix -r ,$(wildcard pyproject.toml src/*/pyproject.toml src/*/*/pyproject.toml))
	.venv-lowest/bin/python -m pytest -m "not container"

lock: $(filter .venv-uv/%,$(UV))  ## take the newest versions that fit
	$(UV) lock --upgrade

clean:  ## remove environments, builds and caches
	rm -rf .venv* build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find src tests scripts -name __pycache__ -prune -exec rm -rf {} +

.venv-demo/ready: $(DEMO_MEMBERS:=/pyproject.toml)
	@scripts/venv .venv-demo
	@echo "Installing the demo (once) ..."
	@.venv-demo/bin/python -m pip install --quiet --disable-pip-version-check $(DEMO_MEMBERS:%=--editable %)
	@touch $@

.venv-uv/bin/uv:
	@scripts/venv .venv-uv
	.venv-uv/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9'
