# Each target works as the first command on a fresh clone: what is missing is installed into .venv,
# by hash, from requirements/*.lock. Another Python: make test PYTHON=/path/to/python3.12

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test test-slow check format bench test-s3 test-lab picture lock clean

JOBS ?= auto
ARGS ?=
UV ?= uv

# What the caller's environment says about other Pythons must not leak into .venv.
unexport PYTHONHOME PYTHONPATH
export PIP_USER := 0

PIP_INSTALL := .venv/bin/python -m pip install -q --disable-pip-version-check
INSTALL_LOCKED := $(PIP_INSTALL) --require-hashes --only-binary :all:
PYTEST := .venv/bin/python -m pytest -q -n $(JOBS) --maxprocesses 8

help: ## print this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

demo: .venv/installed-run ## read a sample incident and print the verdict
	.venv/bin/triage scan samples/gpu-innocent

test: .venv/installed-dev ## run the tests (ARGS=... is handed to pytest)
	$(PYTEST) -m "not slow" $(ARGS)

test-slow: .venv/installed-dev ## run the tests that take minutes
	$(PYTEST) -m slow $(ARGS)

check: .venv/installed-dev ## format, lint, types and import contracts; changes nothing
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports

format: .venv/installed-dev ## format the code and mend what ruff can mend
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

bench: .venv/installed-run ## run the benchmarks
	.venv/bin/python -m benchmarks $(ARGS)

test-s3: .venv/installed-dev ## test object stores against OpenStack Swift (Debian's packages)
	.venv/bin/python tests/swift $(ARGS)

test-lab: .venv/installed-dev ## cause real incidents here and diagnose them (root, Linux)
	TRIAGE_LAB="$${TRIAGE_LAB:-$$HOME/.cache/triage-lab}" .venv/bin/python -m pytest -q tests/lab $(ARGS)

picture: .venv/installed-run ## paint the README's picture of the terminal UI
	.venv/bin/python -m triage.tui.picture samples/gpu-innocent docs/verdict.svg

# The development set is solved first: the others are parts of it and take its versions.
LOCK := $(UV) pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate
lock: ## renew requirements/*.lock (needs uv)
	@command -v "$(UV)" >/dev/null || { echo 'make lock needs uv: pip install uv' >&2; exit 1; }
	$(LOCK) pyproject.toml --all-extras --group dev -o requirements/dev.lock
	$(LOCK) pyproject.toml -c requirements/dev.lock -o requirements/run.lock
	$(LOCK) --group build -c requirements/dev.lock -o requirements/build.lock

clean: ## remove .venv, caches and build products
	rm -rf .venv build dist .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache \
		.ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# An environment of another checkout, or of a Python that is gone, is made anew.
ifneq ($(shell [ "$$(cat .venv/made-in 2>/dev/null)" = "$$(pwd -P)" ] && \
	.venv/bin/python -c 'print("usable")' 2>/dev/null),usable)
.PHONY: .venv/made-in
endif

.venv/made-in:
	@fit= ; bare= ; \
	for python in "$$PYTHON" python3.11 python3.12 python3.13 python3; do \
		"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
		if "$$python" -c 'import ensurepip, venv' 2>/dev/null; then fit=$$python; break; fi; \
		bare=$${bare:-$$python}; \
	done; \
	if [ -z "$$fit" ] && [ -n "$$bare" ]; then \
		echo "triage: $$bare cannot make virtual environments; install its venv module" \
			"(Debian, Ubuntu: apt install python3-venv) and run make again" >&2; exit 1; \
	elif [ -z "$$fit" ]; then \
		echo "triage needs Python 3.11 or newer: install it (Debian, Ubuntu: apt install python3" \
			"python3-venv) or name one with make PYTHON=/path/to/python3.11" >&2; exit 1; \
	fi; \
	echo "Making .venv with $$("$$fit" --version)"; \
	"$$fit" -m venv --clear .venv && pwd -P > $@

.venv/installed-run: .venv/made-in requirements/run.lock requirements/build.lock pyproject.toml
	@echo 'Installing triage and what it needs into .venv (a minute or two the first time)'
	@$(INSTALL_LOCKED) -r requirements/run.lock -r requirements/build.lock
	@$(PIP_INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

.venv/installed-dev: .venv/installed-run requirements/dev.lock
	@echo 'Installing the test and lint tools into .venv'
	@$(INSTALL_LOCKED) -r requirements/dev.lock
	@touch $@
