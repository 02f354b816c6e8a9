"""`petition check`: is this installation sound?"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer

from nlp_pipeline.cli.options import (
    ConfigOption,
    JsonOption,
    ModelOption,
    SetOption,
    resolve_settings,
)
from nlp_pipeline.cli.terminal import shown, write_json
from nlp_pipeline.config import Settings
from nlp_pipeline.errors import (
    ModelMismatchError,
    PetitionError,
    StoreError,
    StoreVersionError,
)

_OPTIONAL = ("pyarrow", "SQLAlchemy")
_NEEDED = ("numpy", "scipy", "scikit-learn", "spacy", "jieba", "opencc", "regex")


def check(
    as_json: JsonOption = False,
    model: ModelOption = "",
    config: ConfigOption = None,
    values: SetOption = None,
) -> None:
    """Check versions, data files, dictionary, model and a trial letter."""
    settings = resolve_settings(config, values, model)
    results = [(name, *_run(test, settings)) for name, test in CHECKS]
    if as_json:
        found = {name: {"ok": ok, "detail": detail} for name, ok, detail in results}
        write_json(found)
    else:
        for name, ok, detail in results:
            sys.stdout.write(f"{'ok  ' if ok else 'FAIL'}  {name:11} {shown(detail)}\n")
    raise typer.Exit(0 if all(ok for _, ok, _ in results) else 1)


def _run(test: Callable[[Settings], str], settings: Settings) -> tuple[bool, str]:
    try:
        return True, test(settings)
    except PetitionError as error:
        return False, str(error)
    except ImportError as error:
        return False, f"{error.name} is not installed; install nlp_pipeline anew"


def _versions(settings: Settings) -> str:
    from importlib.metadata import PackageNotFoundError, version

    found = [f"Python {sys.version.split()[0]}", *(f"{name} {version(name)}" for name in _NEEDED)]
    for name in _OPTIONAL:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"no {name} (optional)")
    return ", ".join(found)


def _resources(settings: Settings) -> str:
    from nlp_pipeline.labels import load_labels
    from nlp_pipeline.stages.judge import load_rules

    labels = load_labels(settings.resources.directory)
    rules = load_rules(labels, settings.resources.directory)
    return (
        f"{len(labels.topics)} topics, {len(labels.subtopics)} subtopics, "
        f"{len(labels.departments)} departments, {len(rules.danger)} danger rules"
    )


def _dictionary(settings: Settings) -> str:
    from nlp_pipeline.labels import load_labels
    from nlp_pipeline.process import load_segmenter

    segmenter = load_segmenter(settings, load_labels(settings.resources.directory))
    words = [token.text for token in segmenter("小区里污水堵了")]
    cutter = "the extension module" if segmenter.is_fast else "jieba"
    return f"{len(segmenter.words)} own words; {'/'.join(words)}, cut by {cutter}"


def _model(settings: Settings) -> str:
    from nlp_pipeline.labels import read_resource
    from nlp_pipeline.learning.bundle import file_hash, read_manifest
    from nlp_pipeline.process import find_bundle

    folder = find_bundle(settings.classify.model)
    facts: dict[str, Any] = read_manifest(folder)["facts"]
    words = file_hash(read_resource("user_dict.txt", settings.resources.directory))
    if facts.get("dictionary", words) != words:
        problem = "the user dictionary is not the one it was trained with"
        raise ModelMismatchError(settings.classify.model, problem)
    return f"{settings.classify.model}, every file as its manifest says"


def _trial(settings: Settings) -> str:
    from nlp_pipeline.process import load_walk, process_letters
    from nlp_pipeline.records import Letter, Triage

    letter = Letter("trial", "我们小区已经停水三天了，几百户人家没法做饭，请尽快派人来修。")
    ((_, outcome),) = process_letters([letter], load_walk(settings))
    if not isinstance(outcome, Triage):
        raise ModelMismatchError(settings.classify.model, outcome.reason)
    decision = outcome.decision
    return f"{decision.topic}, {decision.urgency}, {decision.department}"


def _store(_: Settings) -> str:
    try:
        from nlp_pipeline.store import default_url, status
    except ImportError:
        return "not installed (optional)"
    if not Path(default_url().removeprefix("sqlite:///")).is_file():
        return "no embedded store yet (optional)"
    found = status()
    if found.problem:
        raise StoreError(found.url, found.problem)
    if found.revision != found.newest:
        raise StoreVersionError(found.url, found.revision or "(none)", found.newest)
    return f"{found.letters:,} letters in the embedded store, sound"


CHECKS: tuple[tuple[str, Callable[[Settings], str]], ...] = (
    ("versions", _versions),
    ("data files", _resources),
    ("dictionary", _dictionary),
    ("model", _model),
    ("trial", _trial),
    ("store", _store),
)
"""What is checked, in order: a name and what tells its detail or raises."""
