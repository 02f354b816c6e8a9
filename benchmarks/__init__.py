"""What the README's figures and the shipped model come from.

Each module is run with `python -m benchmarks.NAME`; see the Makefile. The data
folder is named by the environment variable NLP_PIPELINE_DATA; what needs it
says so and does the rest without.
"""

import os
from pathlib import Path

ROOT = Path(__file__).parent.parent
CORPUS = ROOT / "corpora" / "letters" / "letters.jsonl"
ANNOTATIONS = ROOT / "corpora" / "annotations" / "labels.csv"
MODEL = ROOT / "models" / "petition_zh"


def data_folder() -> Path | None:
    """Give the data folder that NLP_PIPELINE_DATA names, or None."""
    name = os.environ.get("NLP_PIPELINE_DATA", "")
    return Path(name) if name else None
