PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin

FUZZ_SECONDS ?= 60

.PHONY: demo kiosk test test-long test-system test-power cluster-test fuzz lint deb wheel sbom lock licences audit guide venv venv-dev clean

venv: $(VENV)/.demo
venv-dev: $(VENV)/.dev

# An environment that was interrupted while it was made, or moved, is made anew.
MAKE_VENV = @$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
INSTALL   = $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable

$(VENV)/.demo: pyproject.toml
	$(MAKE_VENV)
	@echo "Installing into $(VENV): about 400 MB from PyPI or its mirror, once; nothing is fetched afterwards."
	@$(INSTALL) '.[demo]'
	@touch $@

$(VENV)/.dev: pyproject.toml
	$(MAKE_VENV)
	@echo "Installing into $(VENV): about 600 MB from PyPI or its mirror, once; nothing is fetched afterwards."
	@$(INSTALL) '.[dev]'
	@touch $@ $(VENV)/.demo

export SUBJECT OUT

demo: venv
	@$(BIN)/python -m agent.cli demo --once $${SUBJECT:+--subject "$$SUBJECT"} $${OUT:+--out "$$OUT"}

kiosk: venv
	@$(BIN)/python -m agent.cli kiosk $${SUBJECT:+--subject "$$SUBJECT"}

test: venv-dev
	$(BIN)/python -m pytest -n auto --dist loadgroup -m 'not long' $(PYTEST_ARGS)

test-long: venv-dev
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m 'long and not emulated' --timeout 1800 $(PYTEST_ARGS)

# A real systemd, booted in a container: about nine minutes, as root. Debian packages: mmdebstrap, systemd-container.
test-system: venv-dev
	$(BIN)/python -m pytest -m long --timeout 900 -s tests/system/test_package.py tests/system/test_releases.py tests/system/test_walls.py tests/system/test_decode_unit.py tests/system/test_credentials.py tests/system/test_training_unit.py $(PYTEST_ARGS)

# A booted station in QEMU without hardware help: a scanner plugged in, power cuts. Six minutes on a free machine, an hour on a busy one; as root.
test-power: venv-dev
	$(BIN)/python -m pytest -m emulated --timeout 3000 -s tests/system/test_power.py $(PYTEST_ARGS)

cluster-test: venv-dev
	$(BIN)/python -m pytest -m long --timeout 900 -s tests/cluster $(PYTEST_ARGS)

fuzz: venv-dev
	@mkdir -p build/fuzz/nist
	$(BIN)/python -m tests.fuzz.nist_fuzz -max_total_time=$(FUZZ_SECONDS) -max_len=4096 -timeout=20 -artifact_prefix=build/fuzz/ \
		build/fuzz/nist tests/fuzz/nist_corpus

# DEB_COMPRESS=xz for a release: a third smaller, four times as long.
deb: venv-dev
	@$(BIN)/python systemd/build_deb.py --compress $(or $(DEB_COMPRESS),zstd)

wheel: venv-dev
	@$(BIN)/python systemd/build_deb.py --wheel

# Bills of materials of package and wheel (CycloneDX) in dist/.
sbom: venv-dev
	@$(BIN)/python systemd/build_deb.py --bills

lock: venv-dev
	$(BIN)/python systemd/lock.py

licences: venv-dev
	$(BIN)/python systemd/licences.py

# What it says and how it ends: docs/supply-chain.md.
audit: venv-dev
	@$(BIN)/python systemd/audit.py

# The officer's guide's pictures, anew, of the pages as they are. Debian package: chromium.
guide: venv-dev
	LIVESCAN_GUIDE=1 $(BIN)/python -m pytest -q tests/kiosk/test_guide.py

lint: venv-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

clean:
	rm -rf $(VENV) dist build
