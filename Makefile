PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin

FUZZ_SECONDS ?= 60

.PHONY: demo test test-long fuzz lint venv venv-dev clean

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

fuzz: venv-dev
	@mkdir -p build/fuzz/nist
	$(BIN)/python -m tests.fuzz.nist_fuzz -max_total_time=$(FUZZ_SECONDS) -max_len=4096 -timeout=20 -artifact_prefix=build/fuzz/ \
		build/fuzz/nist tests/fuzz/nist_corpus

lint: venv-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

clean:
	rm -rf $(VENV) dist build
