# The habits of this house, one target each. `make help` lists them.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMPS := .make
OHIF   ?= 3.13.2

CODE   := imaging archive dicomweb dimse worker viewer community conformance telemetry ops migrations wsgi.py celery_app.py
PYTEST := $(BIN)/pytest
# Files of unit tests share nothing, so every core takes some.
UNIT   := $(PYTEST) tests/unit -n auto --dist loadfile
# Files of the others start servers, products and browsers of their own; so many run side by side.
JOBS   ?= 2
BESIDE := -n $(JOBS) --dist loadfile -m 'not alone'

.DEFAULT_GOAL := help
.PHONY: help run demo test check format unit integration e2e alone bench profile crash big-study soak-syntaxes deidentified-all viewer-all conformance prove-conformance messages lock clean system

help: ## this list
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# ---- using it
run: $(STAMPS)/runtime ## install what is missing, then start web, worker, DIMSE and broker; Ctrl-C stops all
	@exec $(BIN)/python -m ops run

demo: $(STAMPS)/runtime $(STAMPS)/demo ## push public studies to a running server and print links that open them
	@$(BIN)/python -m ops demo

# ---- working on it
test: system check integration e2e alone ## everything: install what the tests need, then all of them

check: $(STAMPS)/test ## quick: lint, types, import contracts, unit tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(UNIT)

format: $(STAMPS)/test ## put the code in shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

unit: $(STAMPS)/test ## unit tests only
	$(UNIT)

integration: system $(STAMPS)/test ## against real PostgreSQL, S3, Valkey, DCMTK and public clients
	$(PYTEST) tests/integration $(BESIDE)

e2e: system $(STAMPS)/test ## the whole product as processes, and every page in a browser
	$(PYTEST) tests/e2e $(BESIDE)

alone: $(STAMPS)/test ## memory and kill -9: what the others would disturb
	$(PYTEST) tests/integration tests/e2e -m alone

# ---- the same proofs at full size
crash: $(STAMPS)/test ## 50 random kill -9 while instances are pushed
	DICOMTUBE_TEST_KILLS=50 $(PYTEST) tests/e2e/test_crash.py -s --timeout=3600

big-study: $(STAMPS)/test ## a 2 GiB study stored and retrieved within 300 MiB of memory
	DICOMTUBE_TEST_STUDY_MIB=2048 $(PYTEST) tests/e2e/test_big_study.py -s --timeout=3600

soak-syntaxes: $(STAMPS)/test ## 1,000 requests for any syntax of any instance, in random order under load
	DICOMTUBE_TEST_SYNTAX_REQUESTS=1000 $(PYTEST) tests/e2e/test_any_syntax.py -s --timeout=3600

deidentified-all: system $(STAMPS)/test ## every file of the test data de-identified, before a validator
	DICOMTUBE_TEST_ALL_FILES=1 $(PYTEST) tests/integration/test_deidentified_conformance.py -s --timeout=3600

viewer-all: system $(STAMPS)/test ## every study of the test data opened in OHIF
	DICOMTUBE_TEST_ALL_STUDIES=1 $(PYTEST) tests/e2e/test_viewer_all_data.py -s --timeout=5400

conformance: system $(STAMPS)/test ## our own server before the conformance runner, all of its checks
	$(PYTEST) tests/e2e/test_conformance.py -s --timeout=1200

prove-conformance: $(STAMPS)/test ## every defect of the mock, each with all checks of the conformance runner
	DICOMTUBE_TEST_ALL_DEFECTS=1 $(PYTEST) tests/unit/conformance/test_defects.py -n auto --timeout=3600

messages: $(STAMPS)/runtime ## collect what the pages say into messages.pot, for translators
	$(BIN)/pybabel -q extract -F community/look/babel.cfg -k _ -k N_ -k ngettext:1,2 -o messages.pot community

bench: system $(STAMPS)/test ## the promises, measured beside Orthanc (see benchmarks/README.md)
	$(BIN)/python -m benchmarks

profile: system $(STAMPS)/test ## flame graphs of the frame, metadata, STOW and C-STORE paths
	$(BIN)/python -m benchmarks.profiling

lock: ## resolve the ranges of setup.cfg anew into the two lock files
	@command -v $(BIN)/pip-compile >/dev/null || $(BIN)/pip install -q pip-tools
	$(BIN)/pip-compile -q --upgrade $(LOCKFLAGS) -o requirements.lock setup.cfg
	$(BIN)/pip-compile -q --upgrade $(LOCKFLAGS) --extra test --extra bench -c requirements.lock -o requirements-test.lock setup.cfg

clean: ## remove the environment and caches (not ./var, which holds your data)
	rm -rf $(VENV) $(STAMPS) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache test-results

LOCKFLAGS := --generate-hashes --strip-extras --no-emit-index-url --no-emit-find-links \
             --no-emit-trusted-host --no-header

# ---- set-up, done once and again when its inputs change
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "DicomTube needs Python 3.11 or newer; 'make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)' names one."; exit 1; }
	@echo "Making a Python environment in $(VENV) …"
	@$(PYTHON) -m venv $(VENV) || \
	  { echo "Python's venv module is missing: 'apt-get install python3-venv' (Debian, Ubuntu), then try again."; exit 1; }

$(STAMPS)/runtime: requirements.lock | $(BIN)/python
	@echo "Installing what the server needs (a minute or two the first time) …"
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/demo: requirements-test.lock | $(STAMPS)/runtime
	@echo "Fetching public example studies (58 MB) …"
	@grep -A3 '^pydicom-data==' requirements-test.lock > $(STAMPS)/demo.lock
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes --no-deps -r $(STAMPS)/demo.lock
	@touch $@

$(STAMPS)/test: requirements-test.lock $(STAMPS)/runtime
	@echo "Installing what the tests need …"
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements-test.lock
	@touch $@ $(STAMPS)/demo

system: ## system packages the tests need (Chromium, DCMTK, ffmpeg, nginx, Orthanc, wrk), through apt
	@sh ops/system-packages.sh chromium:chromium storescu:dcmtk dciodvfy:dicom3tools ffmpeg:ffmpeg \
	  /usr/sbin/nginx:nginx wrk:wrk \
	  /usr/sbin/Orthanc:orthanc /usr/share/orthanc/plugins/libOrthancDicomWeb.so:orthanc-dicomweb
