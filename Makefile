PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin

.PHONY: demo test test-long lint venv venv-dev clean

venv: $(VENV)/.demo
venv-dev: $(VENV)/.dev

$(VENV)/.demo: pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[demo]'
	@touch $@

$(VENV)/.dev: pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/.demo

demo: venv
	@$(BIN)/livescan demo --once $(if $(SUBJECT),--subject '$(SUBJECT)') $(if $(OUT),--out '$(OUT)')

test: venv-dev
	$(BIN)/python -m pytest -n auto --dist loadgroup -m 'not long' $(PYTEST_ARGS)

test-long: venv-dev
	$(BIN)/python -m pytest -m long --timeout 1800 $(PYTEST_ARGS)

lint: venv-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

clean:
	rm -rf $(VENV) dist build
