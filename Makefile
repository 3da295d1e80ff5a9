# Two commands: `make run` and `make test`. Nothing to install by hand but Python 3.11+ and make.

PYTHON ?= python3
BIN := .venv/bin
DATABASES ?= sqlite,postgresql

.PHONY: run test lint fmt bench detection-report likeness messages compile migrations-check clean

run: .venv/installed
	@HAVRE_DEMO=$${HAVRE_DEMO-1} exec $(BIN)/python manage.py run

test: .venv/installed-dev
	@sh tests/tools/install.sh
	@$(BIN)/python -m tests.run --databases $(DATABASES) $(ARGS)

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	DEBUG=1 $(BIN)/mypy
	git ls-files -z '*.html' | xargs -0r $(BIN)/djade --target-version 5.2 --check
	$(BIN)/python -m pytest -q tests/test_architecture.py

fmt: .venv/installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	git ls-files -z '*.html' | xargs -0r $(BIN)/djade --target-version 5.2

bench: .venv/installed-dev
	@DEBUG=1 $(BIN)/python -m tests.bench $(ARGS)

detection-report: .venv/installed
	@$(BIN)/python -m benchmarks.detection $(ARGS)

# The weights of talk that is like risky talk, anew from the written pairs, in a quarter of an hour; ARGS=--measure says
# what they are worth. One thread, so that the same pairs give the same files.
likeness: .venv/installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-training.txt
	@OPENBLAS_NUM_THREADS=1 $(BIN)/python -m benchmarks.likeness $(ARGS)

# The README's pictures and every main page, light and dark, narrow and wide, into var/screenshots/.
screenshots: .venv/installed-dev
	@$(BIN)/python -m tests.tools.screenshots $(ARGS)

messages: .venv/installed
	@DEBUG=1 $(BIN)/python manage.py messages

compile: .venv/installed
	@DEBUG=1 $(BIN)/python manage.py messages --compile-only

migrations-check: .venv/installed
	@DEBUG=1 $(BIN)/python manage.py makemigrations --check --dry-run

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis

# The stamps say which pins stand in .venv: nothing is installed twice.
.venv/installed: requirements.txt | .venv/bin/python
	@echo "installing what Havre runs on (a minute, the first time)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/installed-dev: requirements-dev.txt requirements-zk.txt requirements.txt | .venv/bin/python
	@echo "installing what the tests need"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@ .venv/installed

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Havre needs Python 3.11 or newer (PYTHON=... names another)"; exit 1; }
	@$(PYTHON) -m venv .venv
