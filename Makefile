# `make help` lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
# Containers often set it; then each process compiles all it imports: 21 s instead of 4 for TensorFlow.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
# The CUDA build of TensorFlow where there is an NVIDIA GPU.
HARDWARE := $(if $(shell command -v nvidia-smi && nvidia-smi -L 2>/dev/null),laptop-gpu,laptop)
LOCK := requirements/$(HARDWARE).lock
UV := .uv/bin/uv
DVC := .dvc-venv/bin/dvc
BIN := .venv/bin
PARTS := --extra gateway --extra modelserver --extra loadtest --extra dev
COMPILE = $(UV) pip compile -q pyproject.toml --universal --generate-hashes --no-header --no-annotate

.PHONY: help
help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  \033[1m%-13s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: .venv/.ready  ## The main job: data, training, publish, serve on http://127.0.0.1:8080
	@exec $(BIN)/trireme serve --first-model cifar10

# The long files first: at the end, both workers then have something to do.
TESTS = tests/integration tests/security tests/unit
SIDE_BY_SIDE = -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(TESTS)

.PHONY: test
test: .venv/.ready .dvc-venv/.ready  ## Unit, integration and security tests
	@$(BIN)/python $(SIDE_BY_SIDE)

.PHONY: test-again
test-again: .venv/.ready  ## What failed in `make test` once more, one after the other: a test that fails alone too has failed
	@$(BIN)/python -m pytest --last-failed --last-failed-no-failures none -x $(TESTS)

.PHONY: coverage
coverage: .venv/.ready .dvc-venv/.ready  ## The same tests with a report of the lines and branches they reach (half as long again)
	@$(BIN)/coverage erase
	@$(BIN)/coverage run $(SIDE_BY_SIDE)
	@$(BIN)/coverage combine -q && $(BIN)/coverage report

.PHONY: acceptance
acceptance: .venv/.ready  ## The main job from a clean clone with empty caches, as a new user sees it (minutes)
	@$(BIN)/python -m pytest -s tests/acceptance

.PHONY: check
check: .venv/.ready  ## Lint, format, types, import rules
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

.PHONY: format
format: .venv/.ready  ## Format the code and mend what can be mended
	@$(BIN)/ruff check --fix -q . && $(BIN)/ruff format .

.PHONY: test-gpu
test-gpu: .venv/.ready  ## The tests that need an NVIDIA GPU; says so where there is none
	@if nvidia-smi -L > /dev/null 2>&1; then $(BIN)/python -m pytest -rs tests/gpu; \
	else echo 'There is no NVIDIA GPU on this machine, so the GPU tests were not run.'; fi

.PHONY: images
images:  ## Build the images with Docker, Podman or Buildah
	@images/build

.PHONY: test-cluster
test-cluster: .venv/.ready  ## The tests on a real Kubernetes: hermetic as root on Linux, or kind; see docs/cluster.md
	@$(BIN)/python -m pytest tests/cluster

.PHONY: test-cluster-again
test-cluster-again: .venv/.ready  ## What failed in `make test-cluster` once more, on a new cluster
	@$(BIN)/python -m pytest --last-failed --last-failed-no-failures none tests/cluster

.PHONY: cluster-deps cluster-build cluster-up cluster-shell cluster-down
cluster-deps: .venv/.ready  ## Install the Debian packages that the hermetic cluster needs (root)
	@$(BIN)/python -m tests.cluster.kit deps
cluster-build: .venv/.ready  ## Build and cache what the suite's cluster and its images are made of
	@$(BIN)/python -m tests.cluster.warm
cluster-up: .venv/.ready  ## Start a hermetic Kubernetes with KServe
	@$(BIN)/python -m tests.cluster.kit up
cluster-shell: .venv/.ready  ## A shell whose kubectl speaks to it
	@exec $(BIN)/python -m tests.cluster.kit shell
cluster-down: .venv/.ready  ## End it
	@$(BIN)/python -m tests.cluster.kit down

.PHONY: bench
bench: .venv/.ready  ## Throughput of gateway, Triton and decoding, as a table; starts its own server
	@$(BIN)/python -m loadtest.bench

.PHONY: bench-tables
bench-tables: .venv/.ready  ## Single rows and files of credit-189, as tables; trains and publishes it where it isn't (minutes)
	@ls -d model_repository/credit-189-v* > /dev/null 2>&1 || $(BIN)/trireme train credit-189 --publish
	@$(BIN)/python -m loadtest.tables.bench "$$(ls -d model_repository/credit-189-v* | sort -V | tail -1)/features.parquet" \
		--model credit-189 --in-process '$(BIN)/python -m training.tables.benchmark credit-189'

.PHONY: dvc
dvc: .dvc-venv/.ready  ## Make .dvc-venv with DVC, which reproduces the shipped models

.PHONY: repro
repro: .venv/.ready .dvc-venv/.ready  ## Reproduce the shipped models with DVC, or one: make repro MODEL=breast-cancer
	@PATH="$(CURDIR)/$(BIN):$$PATH" DVC_NO_ANALYTICS=1 exec $(DVC) repro $(if $(MODEL),publish@$(MODEL))

.PHONY: reference
reference: .venv/.ready  ## Make docs/reference, .env.example and the chart's README from the code
	@$(BIN)/python -m trireme.reference

PROFILES := cpu gpu mig production
.PHONY: manifests
manifests: .venv/.ready  ## Make k8s/ from the chart, for those who deploy without helm
	@for profile in $(PROFILES); do \
	  $(BIN)/helm template trireme helm/trireme --namespace trireme --skip-tests --values helm/trireme/values-$$profile.yaml \
	    > k8s/$$profile/trireme.yaml; done

.PHONY: venv
venv: .venv/.ready  ## Make .venv from the lock file

# Two `make` at once: the second waits for the first's environment instead of writing into it.
.venv/.ready: $(LOCK) pyproject.toml | $(UV)
	@exec 9>.venv.lock && flock 9 && if [ $@ -nt $(LOCK) ] && [ $@ -nt pyproject.toml ]; then exit 0; fi && \
	echo 'Making .venv from $(LOCK)…' && \
	$(UV) venv -q --allow-existing --python $(PYTHON) .venv && \
	$(UV) pip sync -q --require-hashes $(LOCK) && \
	$(UV) pip install -q --no-deps --no-build-isolation -e . && touch $@

.dvc-venv/.ready: requirements/dvc.lock | $(UV)
	@exec 9>.venv.lock && flock 9 && if [ $@ -nt $< ]; then exit 0; fi && \
	echo 'Making .dvc-venv from $<…' && \
	$(UV) venv -q --allow-existing --python $(PYTHON) .dvc-venv && \
	$(UV) pip sync -q --require-hashes --python .dvc-venv/bin/python $< && touch $@

$(UV): requirements/uv.lock
	@exec 9>.venv.lock && flock 9 && if [ -x $@ ] && [ $@ -nt $< ]; then exit 0; fi && \
	$(PYTHON) -m venv .uv && .uv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r $< && touch $@

.PHONY: lock
lock: | $(UV)  ## Resolve the newest versions into requirements/*.lock
	$(COMPILE) $(PARTS) --extra training -U -o requirements/laptop.lock
	$(COMPILE) $(PARTS) --extra training-gpu -c requirements/laptop.lock -U -o requirements/laptop-gpu.lock
	$(COMPILE) --extra gateway -c requirements/laptop.lock -U -o requirements/gateway.lock
	$(COMPILE) --extra training --extra modelserver -c requirements/laptop.lock -U -o requirements/training.lock
	$(UV) pip compile -q requirements/modelserver-image.in --python-version 3.11 --python-platform x86_64-manylinux_2_35 \
		--generate-hashes --no-header --no-annotate --no-emit-package openvino-telemetry \
		-c requirements/laptop.lock -U -o requirements/modelserver-image.lock
	$(UV) pip compile -q requirements/dvc.in --universal --python-version 3.11 \
		--generate-hashes --no-header --no-annotate -U -o requirements/dvc.lock

.PHONY: clean
clean:  ## Remove environments and caches of this folder; published models stay
	rm -rf .venv .dvc-venv .venv.lock .uv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .coverage* htmlcov
