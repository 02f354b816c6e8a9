"""Build the shipped model: `make model`.

Trains on the project's letters and, where NLP_PIPELINE_DATA names the data
folder, on the letters there. The same inputs give the same files.
"""

import hashlib
import json
import platform
import shutil
import sys
from collections import Counter
from importlib.metadata import version
from pathlib import Path

from benchmarks import ANNOTATIONS, CORPUS, MODEL, data_folder
from benchmarks.results import measure, write_card
from nlp_pipeline import __version__
from nlp_pipeline.components import build_language
from nlp_pipeline.config import load_settings
from nlp_pipeline.labels import load_labels, read_resource
from nlp_pipeline.learning.bundle import file_hash
from nlp_pipeline.learning.split import HOLDOUT_SHARE, Split, split_letters
from nlp_pipeline.learning.train import TrainSettings, train_model
from nlp_pipeline.process import load_segmenter

NAME = "petition_zh"
_LIBRARIES = ("numpy", "scipy", "scikit-learn", "jieba", "opencc")


def main() -> None:
    """Train, write the spaCy package's files, measure, and write the card."""
    settings = load_settings()
    labels = load_labels()
    data = data_folder()
    print("data folder:", "in use" if data else "none; the project's letters alone")
    split = split_letters(CORPUS, ANNOTATIONS, data, settings, labels)
    segmenter = load_segmenter(settings, labels)
    training = TrainSettings()
    letters, groups = split.learned
    model = train_model(NAME, letters, split.weighed, groups, segmenter.knows, training, tell=print)
    model.card = {**model.card, **_facts(split, training)}
    nlp = build_language(model)
    nlp.meta.update(
        name="petition",
        version=__version__,
        description="Topic, purpose, urgency and department of Chinese petition letters.",
        license="MIT",
        author="the nlp_pipeline maintainers",
        url="",
    )
    pipeline = MODEL / NAME / "pipeline"
    fresh = pipeline.with_name("pipeline.fresh")
    shutil.rmtree(fresh, ignore_errors=True)
    nlp.to_disk(fresh, exclude=["vocab"])
    shutil.rmtree(pipeline, ignore_errors=True)
    fresh.rename(pipeline)
    size = sum(path.stat().st_size for path in pipeline.rglob("*") if path.is_file())
    print(f"wrote {size / 1e6:.1f} MB")
    write_card(measure(split, pipeline / "petition_classify"), model.card, MODEL / "card.md")


def _facts(split: Split, training: TrainSettings) -> dict[str, object]:
    """Give what the manifest keeps of how the model was made."""
    return {
        "version": __version__,
        "sources": dict(sorted(Counter(x.source for x in split.learned[0]).items())),
        "held_out": dict(sorted(Counter(x.source for x in split.test).items())),
        "split": f"groups of near-duplicates, {HOLDOUT_SHARE} by hash; gold rows in neither",
        "corpus": _hash(CORPUS),
        "annotations": _hash(ANNOTATIONS),
        "dictionary": file_hash(read_resource("user_dict.txt")),
        "topics": file_hash(read_resource("topics.csv")),
        "register": file_hash(read_resource("departments.csv")),
        "cues": file_hash(read_resource("purpose_cues.csv")),
        "settings": load_settings().as_config(),
        "training": vars(training),
        "libraries": {name: version(name) for name in _LIBRARIES},
        "python": ".".join(platform.python_version_tuple()[:2]),
    }


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    main()
    print(json.dumps({"done": True}))
