# Everything runs in .venv, made on first use. PYTHON may name another interpreter.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SOURCES := $(shell find csrc -type f) CMakeLists.txt pyproject.toml

.PHONY: demo benchmark test test-long fuzz lint format docs train clean

# The package as a user gets it: a wheel, with the real runtimes beside it.
demo: $(VENV)/.demo
	$(BIN)/python benchmarks/mnist.py

# Whole models beside LiteRT, kernels, scaling: docs/performance.md says how to read them.
benchmark: $(VENV)/.demo
	$(BIN)/python benchmarks/zoo.py $(if $(wildcard build/zoo),--models build/zoo)
	$(BIN)/python benchmarks/kernels.py
	$(BIN)/python benchmarks/scaling.py

test: $(VENV)/.dev
	$(BIN)/python -m pytest

# The wide comparison with the real runtimes: a million outputs per flavour and more,
# and models that TensorFlow converts; where it can't be installed, their tests are skipped.
test-long: $(VENV)/.dev
	-$(MAKE) --no-print-directory $(VENV)-train/.ready
	$(BIN)/python -m pytest -m long

# Mutants of model files for so many seconds; SEED makes others.
SECONDS ?= 60
SEED ?= 0
fuzz: $(VENV)/.dev
	$(BIN)/python -m tests.fuzz --seconds $(SECONDS) --seed $(SEED)

lint: $(VENV)/.lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/clang-format --dry-run --Werror $(shell find csrc -name '*.cc' -o -name '*.h')
	$(BIN)/mypy

format: $(VENV)/.lint
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/clang-format -i $(shell find csrc -name '*.cc' -o -name '*.h')

# The site, in build/site; a broken link is an error.
docs: $(VENV)/.docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet

# Trains the MNIST models anew: MNIST=folder with the IDX files, or it downloads them.
train: $(VENV)-train/.ready
	$(VENV)-train/bin/python models/train.py $(if $(MNIST),--data $(MNIST))

clean:
	rm -rf $(VENV) $(VENV)-train build dist

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

# TensorFlow, apart from the rest: it is large, and comes for fewer Pythons.
$(VENV)-train/.ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)-train
	$(VENV)-train/bin/python -m pip install --quiet ".[train]"
	touch $@

# An installed wheel; anything in the package is a reason to build it anew.
$(VENV)/.demo: $(BIN)/python $(SOURCES) $(shell find python -type f ! -name '*.pyc' ! -name '*.so')
	$(BIN)/python -m pip uninstall --quiet --yes intlite
	$(BIN)/python -m pip install --quiet ".[oracles]"
	rm -f $(VENV)/.dev
	touch $@

# Editable: Python files are used in place, native ones rebuilt when they change.
$(VENV)/.dev: $(BIN)/python $(SOURCES)
	$(BIN)/python -m pip install --quiet --group build
	$(BIN)/python -m pip install --quiet --no-build-isolation \
		-Cbuild-dir=build/dev -Ceditable.rebuild=true -Ceditable.verbose=false \
		$(if $(CI),-Ccmake.define.INTLITE_WERROR=ON) -e ".[test]"
	rm -f $(VENV)/.demo
	touch $@

# The API reference is read from the sources: nothing needs to be built.
$(VENV)/.docs: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --group docs
	touch $@

$(VENV)/.lint: $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --group lint
	touch $@
