# make demo    set everything up and classify the sample letters
# make test    set everything up and pass the tests
# Everything is installed into .venv beside this file; nothing outside is touched.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export NLP_PIPELINE_DATA ?=

.PHONY: demo test check format model evaluate results clean

demo: $(VENV)/.installed
	$(BIN)/python -m benchmarks.demo

test: $(VENV)/.tested
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n auto --dist worksteal
	$(BIN)/coverage combine -q
	$(BIN)/coverage report

check: $(VENV)/.checked
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy nlp_pipeline benchmarks
	$(BIN)/mypy --explicit-package-bases tests

format: $(VENV)/.checked
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

model: $(VENV)/.tested
	$(BIN)/python -m benchmarks.make_model

evaluate results: $(VENV)/.tested
	$(BIN)/python -m benchmarks.results

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip setuptools wheel

$(VENV)/.installed: $(BIN)/python setup.cfg setup.py models/petition_zh/setup.cfg $(wildcard nlp_pipeline/stages/_native/*.c)
	$(BIN)/python -m pip install --quiet --editable . --editable ./models/petition_zh
	touch $@

$(VENV)/.tested: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	touch $@

$(VENV)/.checked: $(VENV)/.tested
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) demo-output build dist *.egg-info
