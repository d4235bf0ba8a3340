# Everything runs in .venv, made on first use. PYTHON may name another interpreter.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SOURCES := $(shell find csrc cmake -type f) CMakeLists.txt pyproject.toml
PACKAGE := $(shell find python -type f ! -name '*.pyc' ! -name '*.so')

.PHONY: demo benchmark test test-long fuzz fuzz-differential test-asan test-tsan soak lint \
	format docs dist requirements train clean

# The package as a user gets it: a wheel, with the real runtimes beside it.
demo: $(VENV)/.demo
	$(BIN)/python benchmarks/mnist.py

# Whole models beside LiteRT, kernels, scaling: docs/performance.md says how to read them.
benchmark: $(VENV)/.demo
	$(BIN)/python benchmarks/zoo.py $(if $(wildcard build/zoo),--models build/zoo)
	$(BIN)/python benchmarks/kernels.py
	$(BIN)/python benchmarks/scaling.py

JOBS ?= 2
test: $(VENV)/.dev
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --max-worker-restart 0

# The wide comparison with the real runtimes: a million outputs per flavour and more,
# and models that TensorFlow converts; where it can't be installed, their tests are skipped.
test-long: $(VENV)/.dev
	-$(MAKE) --no-print-directory $(VENV)-train/.ready
	$(BIN)/python -m pytest -m long

# Broken model files for so many seconds, then as long with coverage to guide them, then as long
# native code by itself; SEED makes others.
SECONDS ?= 60
SEED ?= 0
fuzz: $(VENV)/.fuzz
	$(BIN)/python -m tests.fuzz --seconds $(SECONDS) --seed $(SEED)
	$(BIN)/python -m tests.fuzz.guided all --seconds $(SECONDS)
	$(BIN)/python -m tests.fuzz.compiled --seconds $(SECONDS)

# The same mutants on the real runtimes: equal bits, or a difference that is documented.
fuzz-differential: $(VENV)/.dev
	$(BIN)/python -m tests.fuzz.differential --seconds $(SECONDS) --seed $(SEED)

# Native code as AddressSanitizer and UBSan watch it: by itself, under its tests, under mutants.
NATIVE_TESTS := tests/kernels tests/numerics tests/schema tests/plan tests/ops \
	tests/interpreter \
	tests/engine tests/test_kernels.py tests/test_memory_limit.py tests/test_model.py \
	tests/fuzz
test-asan: $(VENV)/.dev
	$(BIN)/python -m tests.sanitizers address --native 20000 $(or $(TESTS),$(NATIVE_TESTS))

# Threads as ThreadSanitizer watches them: pools and programs by themselves, then models.
test-tsan: $(VENV)/.dev
	$(BIN)/python -m tests.sanitizers thread --native 3000 $(or $(TESTS),tests/test_model_concurrency.py)

# Threads, loads, resizes, batches, forks and interrupts at random, with flat memory.
MINUTES ?= 10
soak: $(VENV)/.dev
	$(BIN)/python -m tests.soak --minutes $(MINUTES) --seed $(SEED)

lint: $(VENV)/.lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/clang-format --dry-run --Werror $(shell find csrc tests -name '*.cc' -o -name '*.h')
	$(BIN)/mypy

format: $(VENV)/.lint
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/clang-format -i $(shell find csrc tests -name '*.cc' -o -name '*.h')

# The site, in build/site; a broken link is an error.
docs: $(VENV)/.docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet

# The sdist and wheels in dist/, the same bytes whoever builds them: docs/releases.md.
PYTHONS ?= $(BIN)/python
dist: $(VENV)/.release
	$(BIN)/python release/dist.py $(PYTHONS)

# Pins what pyproject.toml asks for, for every Python and platform at once. What is pinned stays
# as it is where it still fits; UPGRADE=1 takes the newest releases.
LOCK = $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-python-downloads \
	--no-annotate --custom-compile-command "make requirements" --python-version 3.10 $(if $(UPGRADE),--upgrade)
requirements: $(VENV)/.release
	$(LOCK) pyproject.toml --extra test --group build -o requirements/dev.txt
	$(LOCK) pyproject.toml --extra oracles --group build -c requirements/dev.txt -o requirements/demo.txt
	$(LOCK) pyproject.toml --group build -c requirements/dev.txt -o requirements/build.txt
	$(LOCK) pyproject.toml -c requirements/dev.txt -o requirements/run.txt
	$(LOCK) --group lint -c requirements/dev.txt -o requirements/lint.txt
	$(LOCK) --group docs -c requirements/dev.txt -o requirements/docs.txt
	$(LOCK) --group build --group release -c requirements/dev.txt -o requirements/release.txt
	$(LOCK) --group pip -o requirements/pip.txt
	$(LOCK) pyproject.toml --extra train -o requirements/train.txt

# Trains the MNIST models anew: MNIST=folder with the IDX files, or it downloads them.
train: $(VENV)-train/.ready
	$(VENV)-train/bin/python models/train.py $(if $(MNIST),--data $(MNIST))

clean:
	rm -rf $(VENV) $(VENV)-train build dist

# Exactly the releases that requirements/*.txt name, each file by its hash.
PINNED := -m pip install --quiet --require-hashes -r requirements
HERE := -m pip install --quiet --no-deps --no-build-isolation

$(BIN)/python: requirements/pip.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python $(PINNED)/pip.txt
	touch $@

# TensorFlow, apart from the rest: it is large, and comes for fewer Pythons.
$(VENV)-train/.ready: requirements/pip.txt requirements/train.txt
	$(PYTHON) -m venv $(VENV)-train
	$(VENV)-train/bin/python $(PINNED)/pip.txt
	$(VENV)-train/bin/python $(PINNED)/train.txt
	touch $@

# An installed wheel; anything in the package is a reason to build it anew.
$(VENV)/.demo: $(BIN)/python requirements/demo.txt $(SOURCES) $(PACKAGE)
	$(BIN)/python -m pip uninstall --quiet --yes intlite
	$(BIN)/python $(PINNED)/demo.txt
	$(BIN)/python $(HERE) .
	rm -f $(VENV)/.dev
	touch $@

# Editable: Python files are used in place, native ones rebuilt when they change.
$(VENV)/.dev: $(BIN)/python requirements/dev.txt $(SOURCES)
	$(BIN)/python $(PINNED)/dev.txt
	$(BIN)/python $(HERE) -Cbuild-dir=build/dev -Ceditable.rebuild=true -Ceditable.verbose=false \
		$(if $(CI),-Ccmake.define.INTLITE_WERROR=ON) -e .
	rm -f $(VENV)/.demo
	touch $@

# The API reference is read from the sources: nothing needs to be built.
$(VENV)/.docs: $(BIN)/python requirements/docs.txt
	$(BIN)/python $(PINNED)/docs.txt
	touch $@

# atheris comes for some Pythons on Linux; without it the guided part says that it is left out.
$(VENV)/.fuzz: $(VENV)/.dev
	-$(BIN)/python -m pip install --quiet --group fuzz
	touch $@

$(VENV)/.lint: $(VENV)/.dev requirements/lint.txt
	$(BIN)/python $(PINNED)/lint.txt
	touch $@

$(VENV)/.release: $(BIN)/python requirements/release.txt
	$(BIN)/python $(PINNED)/release.txt
	touch $@
