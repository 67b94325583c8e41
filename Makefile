# make run     opens the chat on http://127.0.0.1:7860
# make test    runs the tests
# make nightly runs them with many more crashes, broken files and generated drafts
# make check   format, lint, types, tests, offline evaluations against the baseline
# make eval    the offline evaluations alone, and whether they may ship
# make bless   makes the run of `make eval` the baseline: make bless BY="who" WHY="why"
# make bench   the benchmarks, with tables and plots under bench/out (on a machine that does nothing else)
# make train   builds the local model again from corpus/training and corpus/facts
# make lock    resolves the versions again (needs uv)

PYTHON ?= python3
PORT ?= 7860
VENV := .venv
RUN := var/eval
EVAL_DATA := ASSISTANT_DATA_DIR=var/eval-data
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes

.PHONY: run test nightly check eval bless format bench train lock clean

run: $(VENV)/.run
	@$(PY) -m assistant serve --port $(PORT)

test: $(VENV)/.test
	@$(PY) -m pytest -n auto --dist loadfile

nightly: $(VENV)/.test
	@KILL_ROUNDS=200 AUDIT_EDITS=1000 API_EXAMPLES=100 CONCURRENT_CHANGES=10000 MUTATIONS=1500 EXPORTED_DRAFTS=2000 \
	  EVAL_KILLS=200 EVAL_PLANTED=all LOAD=1 MACHINES=1 SESSIONS=10000 SIMULATED_PAIRS=200 HOSTILE_REPLIES=10000 \
	  HOSTILE_SEED=$$(date +%j%H%M) FAILING_TURNS=80 FAULTS_IN_EVERY_LANGUAGE=1 ALL_SCREENS=1 $(PY) -m pytest -n auto --dist loadfile

check: $(VENV)/.test
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check .
	@$(PY) -m mypy
	@$(PY) -m pytest -n auto --dist loadfile
	@$(PY) -m assistant eval gate
	@$(MAKE) --no-print-directory eval

eval: $(VENV)/.test
	@rm -rf $(RUN)
	@$(EVAL_DATA) $(PY) -m assistant index build
	@$(EVAL_DATA) $(PY) -m assistant eval run --out $(RUN)
	@$(PY) -m assistant eval gate $(RUN)

bless: $(VENV)/.test
	@$(PY) -m assistant eval bless $(RUN) --by "$(BY)" --why "$(WHY)"

format: $(VENV)/.test
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

bench: $(VENV)/.test
	@$(EVAL_DATA) $(PY) -m assistant index build
	@for part in speed turns answers eval_runner eval_replay index load; do \
	  echo "bench: $$part"; $(EVAL_DATA) OPENBLAS_NUM_THREADS=1 $(PY) -m bench.$$part || exit $$?; done

train: $(VENV)/.train
	@$(VENV)/train/bin/python -m training.heads
	@$(VENV)/train/bin/python -m training.city

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "error: Python 3.11 or newer is needed, and $(PYTHON) is older or missing"; \
	  echo "fix: install it, or name it: make run PYTHON=/path/to/python3.12"; exit 2; }
	@echo "making the environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV) || { \
	  echo "error: $(PYTHON) cannot make an environment"; \
	  echo "fix: install its venv module (on Debian: apt install python3-venv)"; exit 2; }
	@touch $@

$(VENV)/.run: requirements.lock | $(VENV)/.python
	@echo "installing what the assistant needs (about a minute, once)"
	@$(PIP) -r requirements.lock
	@touch $@

$(VENV)/.test: requirements-test.lock | $(VENV)/.python
	@echo "installing what the assistant and its tests need (about a minute and a half, once)"
	@$(PIP) -r requirements-test.lock
	@touch $@ $(VENV)/.run

$(VENV)/.train: pyproject.toml | $(VENV)/.python
	@echo "installing what training needs (PyTorch, some minutes, once)"
	@$(PYTHON) -m venv $(VENV)/train
	@$(VENV)/train/bin/python -m pip install --quiet ".[train]"
	@touch $@

lock:
	@uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --no-emit-index-url --no-emit-find-links pyproject.toml -o requirements.lock
	@uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --no-emit-index-url --no-emit-find-links --extra test -c requirements.lock pyproject.toml \
	  -o requirements-test.lock

clean:
	@rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
