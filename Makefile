# Make is the pipeline's graph: which notebook rests on which, and on which files. `make` alone prints help.

.DEFAULT_GOAL := help
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

# What is typed is used as it was typed, never expanded or run.
override WINDOW := $(value WINDOW)
override FOLDER := $(value FOLDER)
override MODEL := $(value MODEL)
override WHY := $(value WHY)
override PRODUCTS := $(value PRODUCTS)
override UNTIL := $(value UNTIL)
override WINDOWS := $(value WINDOWS)
override TEST := $(value TEST)
override VERDICT := $(value VERDICT)
override WHO := $(value WHO)
override EVIDENCE := $(value EVIDENCE)
export WINDOW WINDOWS FOLDER MODEL WHY PRODUCTS UNTIL TEST VERDICT WHO EVIDENCE PORT
unexport PYTHONDONTWRITEBYTECODE
# One thread to a sum or a fit, as in every run: the same bits on any machine, and no waiting for each other.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export MKL_NUM_THREADS := 1

VENV ?= .venv
PYTHON ?= $(VENV)/bin/python
INSTALLED ?= $(VENV)/.installed
PEERS := .venv-peers
FUZZING ?= .venv-fuzz

.PHONY: help run run-all verify window test lab windows clean-window next score accept planner slides closeout pdf promote rollback shadow deployed mapping exports docs install format lint lock bench seeds cotraining parts gaps experiments promises drifts timer tolerances container shuffles walk truth measures spark install-spark fuzz faults audit

help: ## print this help
	@echo "make TARGET [WINDOW=...] [-j2], where TARGET is"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo "WINDOW is named after a file in params/, such as 2025Q4 or sample; -j2 runs two notebooks at a time."

run: $(INSTALLED) ## bring WINDOW, by default the newest quarter, to its report, or only as far as the notebook UNTIL
	+@MAKE="$(MAKE)" $(PYTHON) -m insights.running.pipeline run "$$WINDOW" --until "$$UNTIL"

test: $(INSTALLED) ## run the tests
	@$(PYTHON) -m pytest -n 2 --dist loadfile --no-loadscope-reorder

bench: $(INSTALLED) $(PEERS)/.installed ## measure Insights beside its peers, or only the section ONLY, and write docs/performance.md
	@$(PYTHON) benchmarks/performance.py $(ONLY)

seeds: $(INSTALLED) ## hold estimated effects against the planted ones, in twenty companies
	@$(PYTHON) benchmarks/seeds.py

cotraining: $(INSTALLED) ## hold co-training against the supervised model, in nine kinds of worlds
	@$(PYTHON) benchmarks/cotraining.py

parts: $(INSTALLED) ## ablate in twenty companies what is planted there, and in twenty where nothing is
	@$(PYTHON) benchmarks/parts.py

gaps: $(INSTALLED) ## look for a planted disparity in forty companies, and for none in forty others
	@$(PYTHON) benchmarks/gaps.py

promises: $(INSTALLED) ## judge every quarter's models on the quarter after, and write docs/promises.md
	+@for window in $(QUARTERS); do \
	  MAKE="$(MAKE)" $(PYTHON) -m insights.running.pipeline run $$window --until 10_fresh_data || exit; done
	@$(PYTHON) benchmarks/promises.py

fuzz: $(FUZZING)/.installed ## give every reader a million hostile inputs in all, and write docs/fuzzing.md; twenty minutes
	@$(FUZZING)/bin/python -m fuzzing

drifts: $(INSTALLED) ## look for a planted shift in the window where it starts, and for none elsewhere
	@$(PYTHON) benchmarks/drifts.py

timer: $(INSTALLED) ## let a timer call `make next` while exports arrive not at all, half, twice and late
	@$(PYTHON) benchmarks/timer.py

experiments: $(INSTALLED) ## hold results of experiments against known effects, simulated and in twenty companies
	@$(PYTHON) benchmarks/experiments.py

tolerances: $(INSTALLED) ## hold two limits of one company against ten others that are disturbed exactly so much
	@$(PYTHON) benchmarks/tolerances.py

shuffles: $(INSTALLED) ## run the launch contest of the sample on twenty shuffles of its outcomes
	+@MAKE="$(MAKE)" $(PYTHON) -m insights.running.pipeline run sample
	@$(PYTHON) benchmarks/shuffles.py

faults: $(INSTALLED) ## let each fault of tests/faults.py strike a small project, and write docs/faults.md
	@$(PYTHON) tests/faults.py

container: $(INSTALLED) ## run each step of the Containerfile in an empty folder, without an engine
	@$(PYTHON) benchmarks/container.py

spark: install-spark ## test that Spark gives the tables that DuckDB gives, on a Spark of this machine
	@$(PYTHON) -m pytest tests/test_spark.py

truth: $(INSTALLED) ## test journeys and forecasts on both windows of the real Open University
	@INSIGHTS_REAL_JOURNEYS=1 $(PYTHON) -m pytest tests/test_journey_truth.py

QUARTERS = $(sort $(filter 20%,$(basename $(notdir $(wildcard params/*Q*.yaml)))))

walk: $(INSTALLED) ## run every quarter of the simulated company, and judge their launch models together
	+@for window in $(QUARTERS); do MAKE="$(MAKE)" $(PYTHON) -m insights.running.pipeline run $$window || exit; done
	@$(PYTHON) benchmarks/walk.py

# In a container there is often nobody but root.
AS_ROOT = $(if $(filter 0,$(shell id -u)),--allow-root)

lab: $(INSTALLED) ## open the notebooks in JupyterLab, on the sample
	+@MAKE="$(MAKE)" $(PYTHON) -m insights.running.pipeline run sample
	@$(PYTHON) -m jupyterlab $(AS_ROOT) --ServerApp.root_dir=. --LabApp.default_url=/lab/tree/notebooks --LabApp.news_url=None \
	  --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate

run-all: $(INSTALLED) ## run all quarters, or WINDOWS, side by side, as many as memory holds, here or on compute.dask
	+@MAKE="$(MAKE)" $(PYTHON) -m insights.running.every $$WINDOWS

windows: $(INSTALLED) ## list windows and how far each has come
	@MAKE="$(MAKE)" $(PYTHON) -m insights.running.pipeline list

verify: $(INSTALLED) ## run WINDOW again in an empty place, and say whether the same bytes come out; outputs stay as they are
	@MAKE="$(MAKE)" $(PYTHON) -m insights.running.pipeline verify "$$WINDOW"

clean-window: $(INSTALLED) ## remove what WINDOW made, and nothing else
	@$(PYTHON) -m insights.running.pipeline clean "$$WINDOW"
	@$(PYTHON) -m insights.publishing front

next: $(INSTALLED) ## run the window after the newest of WINDOW's records, once its exports are there; for a timer
	@$(PYTHON) -m insights.running.upcoming "$$WINDOW"

score: $(INSTALLED) ## recommend or not each candidate of the file PRODUCTS, by the launch model of WINDOW
	@$(PYTHON) -m insights.scoring "$$WINDOW" "$$PRODUCTS" || [ $$? -eq 3 ] # 3: some rows were refused, and it said so

accept: $(INSTALLED) ## keep what WHO says (VERDICT, EVIDENCE, WHY) of the acceptance test TEST in WINDOW; alone, list them
	@$(PYTHON) -m insights.acceptance "$$WINDOW" --test "$$TEST" --verdict "$$VERDICT" --who "$$WHO" \
	  --evidence "$$EVIDENCE" --comment "$$WHY"

planner: $(INSTALLED) ## open the pages for planners of WINDOW, on this machine and at PORT, if one is named
	@$(PYTHON) -m insights.serving "$$WINDOW" --port "$${PORT:-0}"

slides: $(INSTALLED) ## write the slides of WINDOW, and print them where a browser is found
	@$(PYTHON) -m insights.publishing slides "$$WINDOW"

closeout: $(INSTALLED) ## write the page with what was asked for, what of it is there, and what is open
	@$(PYTHON) -m insights.publishing close

pdf: $(INSTALLED) ## print the report of WINDOW into a PDF, by the browser that is installed
	@$(PYTHON) -m insights.publishing pdf "$$WINDOW"

promote: $(INSTALLED) ## put the models of WINDOW into use, or only MODEL; WHY is kept
	@$(PYTHON) -m insights.monitoring promote "$$WINDOW" --model "$$MODEL" --why "$$WHY"

rollback: $(INSTALLED) ## go back to the models before, or of MODEL only; WHY is kept
	@$(PYTHON) -m insights.monitoring rollback --model "$$MODEL" --why "$$WHY"

shadow: $(INSTALLED) ## write down what the model in use and that of WINDOW say of its candidates; act on neither
	@$(PYTHON) -m insights.monitoring shadow "$$WINDOW"

deployed: $(INSTALLED) ## print which models are in use, and every decision
	@$(PYTHON) -m insights.monitoring log

mapping: $(INSTALLED) ## draft a mapping for the exports in FOLDER
	@$(PYTHON) -m insights.collection draft "$$FOLDER"

exports: $(INSTALLED) ## write the simulated company of WINDOW as exports into FOLDER, with their mapping
	@$(PYTHON) -m insights.collection exports "$$WINDOW" "$$FOLDER"

docs: $(INSTALLED) ## write the pages of docs/ that contract and registers make, and draw the structure
	@$(PYTHON) -m insights.dictionary > docs/data_dictionary.md
	@$(PYTHON) -m insights.handover
	@$(PYTHON) -m insights.running.structure

measures: $(INSTALLED) ## print how long functions and files are, what repeats, what is tested where
	@$(PYTHON) benchmarks/house.py --coverage

format: $(INSTALLED) ## put code into the form that lint asks for
	@$(PYTHON) -m ruff check --fix src tests benchmarks fuzzing
	@$(PYTHON) -m ruff format src tests benchmarks fuzzing

lint: $(INSTALLED) ## check code and notebooks
	@$(PYTHON) -m ruff check src tests benchmarks fuzzing notebooks
	@$(PYTHON) -m ruff format --check src tests benchmarks fuzzing
	@$(PYTHON) -m insights.running.notebook_lint notebooks/*.ipynb

# --- installation -----------------------------------------------------------------------------------------

PYTHONS := python3.13 python3.12 python3.11 python3
SUITABLE := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))

install: $(INSTALLED) ## install everything into .venv, from requirements.lock

# The stamp comes last, so an installation that broke off is begun anew.
$(VENV)/.installed: requirements.lock pyproject.toml
	@base=; for candidate in $(PYTHONS); do \
	  if $$candidate -c '$(SUITABLE)' 2>/dev/null; then base=$$candidate; break; fi; \
	done; \
	if [ -z "$$base" ]; then \
	  echo "No Python from 3.11 to 3.13 with venv was found ($(PYTHONS)). Install one, then try again." >&2; \
	  exit 1; \
	fi; \
	echo "Installing into $(VENV) with $$($$base --version); this takes a few minutes, once."; \
	$$base -m venv --clear $(VENV)
	@echo "1 of 3: the packages that requirements.lock pins"
	@$(PYTHON) -m pip install -qq --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@echo "2 of 3: this project"
	@$(PYTHON) -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@echo "3 of 3: bytecode, so that notebooks start in half the time"
	@$(PYTHON) -m compileall -q -j 0 $(VENV)/lib src >/dev/null || true # some packages carry files for other Pythons
	@touch $@

lock: ## pin all packages anew in the three locks (needs uv)
	uv pip compile pyproject.toml --extra dev --universal --fork-strategy fewest --generate-hashes --no-header --python-version 3.11 --no-emit-index-url \
	  --overrides requirements.overrides --output-file requirements.lock
	echo "pyspark>=4,<4.1" | uv pip compile - --universal --generate-hashes --no-header --python-version 3.11 --no-emit-index-url \
	  --output-file requirements-spark.lock
	@# The last that is built for Python 3.11.
	echo "atheris==3.0.0; sys_platform == 'linux'" | uv pip compile - --universal --generate-hashes --no-header --python-version 3.11 \
	  --no-emit-index-url --output-file fuzzing/requirements.lock

audit: ## ask the Python advisory database about every package of the locks (needs uv and a network)
	@for lock in requirements.lock requirements-spark.lock; do \
	  uv tool run pip-audit --disable-pip --require-hashes --strict -r $$lock || exit; done

$(PEERS)/.installed: benchmarks/peers/requirements.lock
	@python3 -m venv --clear $(PEERS)
	@$(PEERS)/bin/python -m pip install -qq --disable-pip-version-check --no-deps --require-hashes -r $<
	@touch $@

install-spark: $(INSTALLED) ## install what `compute.tables: spark` needs, half a gigabyte; Java 17 or 21 must be there
	@$(PYTHON) -m pip install -qq --disable-pip-version-check --no-deps --require-hashes -r requirements-spark.lock

# The fuzzer has an environment of its own, as nothing else needs it; it is there for Python 3.11 to 3.13 on Linux.
$(FUZZING)/.installed: requirements.lock fuzzing/requirements.lock $(INSTALLED)
	@$(PYTHON) -m venv --clear $(FUZZING)
	@$(FUZZING)/bin/python -m pip install -qq --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(FUZZING)/bin/python -m pip install -qq --disable-pip-version-check --no-deps --require-hashes -r fuzzing/requirements.lock
	@$(FUZZING)/bin/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# --- the graph: a stamp per notebook and window -----------------------------------------------------------

STEPS := 00_data_collection 01_data_dictionary 02_data_cleaning 03_learner_journey 04_feature_analysis 05_modeling \
  06_ablation 07_bias_checks 08_tolerance 09_experiments 10_fresh_data 11_report

# Only for insights.running.pipeline, which has checked the window's name, holds its lock, and names the one BEFORE it.
ifdef INSIGHTS_LOCK_HELD
DONE := outputs/$(WINDOW)/.done
STAMPS := $(STEPS:%=$(DONE)/%)

# What is killed says nothing itself.
KILLED = || { code=$$?; [ $$code -lt 137 ] || echo "$$WINDOW  $(@F) was killed from outside, most often because memory \
  ran out. What was finished before stays. Again: make run WINDOW=$$WINDOW" >&2; exit $$code; }

window: $(DONE)/pages
	@echo "Report: outputs/$(WINDOW)/html/$(lastword $(STEPS)).html" 2>/dev/null || true # perhaps nobody listens any more

$(DONE)/00_data_collection: $(wildcard secrets/withdrawn.txt)
$(DONE)/01_data_dictionary: $(DONE)/00_data_collection $(wildcard registers/gaps.yaml)
$(DONE)/02_data_cleaning: $(DONE)/00_data_collection
$(DONE)/03_learner_journey: $(DONE)/02_data_cleaning
$(DONE)/04_feature_analysis: $(DONE)/01_data_dictionary $(DONE)/03_learner_journey
$(DONE)/05_modeling: $(DONE)/04_feature_analysis
$(DONE)/06_ablation: $(DONE)/05_modeling $(DONE)/01_data_dictionary
$(DONE)/07_bias_checks: $(DONE)/05_modeling $(DONE)/00_data_collection
$(DONE)/08_tolerance: $(DONE)/06_ablation $(DONE)/07_bias_checks $(wildcard registers/fmea.yaml registers/plan.yaml)
$(DONE)/09_experiments: $(DONE)/05_modeling $(wildcard registers/experiments.yaml)
$(DONE)/10_fresh_data: $(DONE)/05_modeling $(wildcard outputs/$(BEFORE)/.done/05_modeling) # whose models it judges
$(DONE)/11_report: $(filter-out %/11_report,$(STAMPS)) $(wildcard planners/*.jsonl registers/acceptance.yaml)

$(STAMPS): $(DONE)/%: notebooks/%.ipynb params/base.yaml params/$(WINDOW).yaml $(wildcard requirements.lock)
	@$(PYTHON) -m insights.running.runner step "$$WINDOW" $* $(filter-out outputs/%,$^) $(KILLED)

# Only for one that is missing.
notebooks/%.ipynb:
	@echo "$(@F) is not in notebooks/. Restore it from version control." >&2; exit 2

# Pages are written anew from the executed notebooks where only their look has changed.
$(DONE)/pages: $(STAMPS) $(wildcard src/insights/export/*)
	@$(PYTHON) -m insights.publishing pages "$$WINDOW"

# Which library files a notebook imports and which exports it read is known once it ran; before that its stamp is
# missing anyway.
-include $(STAMPS:%=%.d)
endif
