"""Retrain: cases in, a candidate beside the champion, a verdict, and perhaps a new champion.

Until the pointer of the shelf is replaced nothing that serves has changed, and a run
that was killed can simply be started again. A candidate that is refused stays on the
shelf with its verdict; its cases are not kept in the champion's rows, and the next run
must be given them again.
"""

import hashlib
import json
import secrets
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from nlp_pipeline.errors import CorpusError, PromotionRefusedError
from nlp_pipeline.labels import FIELDS, read_resource
from nlp_pipeline.learning.bundle import file_hash, load_bundle, save_bundle
from nlp_pipeline.learning.candidate import count_labels, most_rounds, train_candidate
from nlp_pipeline.learning.cases import Case
from nlp_pipeline.learning.conflicts import write_conflicts
from nlp_pipeline.learning.gate import EXAM_SET, NEWEST_SET, Verdict, compare_models
from nlp_pipeline.learning.intake import Taken, take_in
from nlp_pipeline.learning.rows import (
    CALIBRATE,
    CORRECTION,
    EXAM,
    IMPORTED,
    LEARN,
    TAG,
    Rows,
    forget,
    keyed_hash,
    load_rows,
    save_rows,
)
from nlp_pipeline.learning.shelf import Shelf, replace_bytes, replace_text
from nlp_pipeline.learning.space import Learning
from nlp_pipeline.learning.verdict import LANGUAGES, write_page
from nlp_pipeline.process import Walk
from nlp_pipeline.stages._model import Model

Progress = Callable[[str, int], Callable[[], None]]
"""Is given a task's name and its steps at most; gives what is called once a step."""

_KEY_FILE = "key"
_BEHIND = {TAG: "tags", IMPORTED: "imported", CORRECTION: "corrections"}


@dataclass(frozen=True)
class Order:
    """Who asked for a retraining, from what, and how far it may go.

    Attributes:
        by: the name of who answers for it.
        sources: name, number of cases and sha256 of each source; for the card.
        dry_run: compare and report, promote nothing.
        force: promote whatever the verdict; `by` and `reason` are needed then.
        reason: why it is forced.
        with_accusations: learn from letters that accuse somebody, too.
    """

    by: str = ""
    sources: Sequence[tuple[str, int, str]] = ()
    dry_run: bool = False
    force: bool = False
    reason: str = ""
    with_accusations: bool = False


@dataclass(frozen=True)
class Outcome:
    """What came of a retraining: the candidate's name, the verdict, and whether it serves."""

    name: str
    champion: str
    verdict: Verdict
    taken: Taken
    promoted: bool
    report: Path


def retrain(
    shelf: Shelf,
    cases: Sequence[Case],
    walk: Walk,
    order: Order,
    progress: Progress = lambda name, steps: lambda: None,
) -> Outcome:
    """Train a candidate, compare it with the champion, and promote it if it may serve.

    Args:
        shelf: with a champion; see `open_shelf`.
        cases: whose labels are known.
        walk: settings, words and rules; its model is not used.
        order: by whom and how.
        progress: is told how far it is.

    Raises:
        ShelfError: of the shelf, also where another retraining is at work.
        CorpusError: nothing is left to learn from.
        PromotionRefusedError: it is to be forced and nobody answers for it.
    """
    if order.force and not (order.by.strip() and order.reason.strip()):
        raise PromotionRefusedError(
            "candidate", "forcing needs a name and a reason", "Give --by and --reason."
        )
    with shelf.lock():
        champion_name = shelf.champion().name
        champion = load_bundle(shelf.champion())
        origin_name = str(champion.card.get("origin", champion_name))
        origin = (
            champion if origin_name == champion_name else load_bundle(shelf.bundle(origin_name))
        )
        kept = load_rows(shelf.rows(champion_name))
        step = progress("cases", len(cases))
        taken = take_in(
            cases,
            kept,
            walk,
            shelf_secret(shelf),
            with_accusations=order.with_accusations,
            tell=step,
        )
        learned, newest = choose_rows(taken, walk)
        if not len(learned):
            raise CorpusError(shelf.folder, "nothing is left to learn from")
        learning = Learning(
            origin, champion, taken.rows, learned, walk.segmenter.knows, walk.settings.retrain
        )
        trained = train_candidate(learning, progress("fit", most_rounds(learning)))
        model = as_served(trained)
        exams = {EXAM_SET: np.flatnonzero(taken.rows.parts == EXAM), NEWEST_SET: newest}
        settings = walk.settings
        verdict = compare_models(champion, model, taken.rows, exams, settings.gate, settings.judge)
        facts = card_facts(
            learning, taken, verdict, order, walk, (origin_name, champion_name), _rounds(trained)
        )
        model = replace_name(model, facts)
        save_rows(taken.rows, shelf.rows(model.name))
        report = write_report(shelf, model.name, verdict, taken, facts, walk)
        name = shelf.place(model, facts)
        promoted = not order.dry_run and (verdict.passed or order.force)
        act = {
            "by": order.by,
            "passed": verdict.passed,
            "figures": _figures(verdict),
            "cases": len(cases),
        }
        if promoted:
            forced = {} if verdict.passed else {"forced": True, "reason": order.reason}
            shelf.promote(name, {**act, **forced})
        else:
            kind = "dry_run" if order.dry_run else "refused"
            shelf.record({"act": kind, "model": name, "against": champion_name, **act})
    return Outcome(name, champion_name, verdict, taken, promoted, report)


def open_shelf(folder: Path, bundle: Path | None, by: str = "") -> Shelf:
    """Give a shelf; where no model serves yet, begin it with a bundle.

    Args:
        folder: of the shelf.
        bundle: the model to begin with.
        by: who begins it.

    Raises:
        ShelfError: there is no model and none was given.
        ModelMissingError, ModelUntrustedError, ModelMismatchError: of the bundle.
    """
    shelf = Shelf(folder)
    if shelf.pointer() is None and bundle is not None:
        with shelf.lock():
            shelf_secret(shelf)
            name = shelf.adopt(bundle)
            shelf.promote(name, {"act": "begin", "by": by})
    shelf.champion()
    return shelf


def shelf_secret(shelf: Shelf) -> bytes:
    """Give the shelf's secret, by which it knows letters again; make it the first time."""
    path = shelf.folder / _KEY_FILE
    if not path.is_file():
        replace_bytes(path, secrets.token_bytes(32))
        path.chmod(0o600)
    return path.read_bytes()


def choose_rows(taken: Taken, walk: Walk) -> tuple[np.ndarray, np.ndarray]:
    """Give the places of rows to learn from, and of the newest, which examine first.

    The newest are those of the fresh ones whose day is known, and whoever is nearly like
    one of them is not learned from either. Where they would be too few to count, all are
    learned from.
    """
    rows, settings = taken.rows, walk.settings.retrain
    can = rows.parts == LEARN
    dated = np.flatnonzero(taken.fresh & can & (rows.times > 0))
    count = min(int(len(dated) * settings.newest_share), settings.most_newest)
    newest = np.zeros(0, dtype=np.int64)
    if count >= walk.settings.gate.min_letters:
        newest = np.sort(dated[np.argsort(rows.times[dated], kind="stable")[-count:]])
    barred = np.isin(rows.groups, rows.groups[newest])
    return np.flatnonzero(can & ~barred), newest


def as_served(model: Model) -> Model:
    """Give a model as it will be read from its bundle, rounded to 8-bit steps."""
    with tempfile.TemporaryDirectory() as folder:
        save_bundle(model, Path(folder) / "bundle", {})
        return load_bundle(Path(folder) / "bundle")


def replace_name(model: Model, facts: Mapping[str, Any]) -> Model:
    """Give a model the name under which its answers go out: the day and a hash of it."""
    digest = hashlib.sha256()
    for array in (model.weights, model.base, model.table.idf):
        digest.update(np.ascontiguousarray(array).tobytes())
    digest.update(repr(facts).encode())
    day = str(facts["made"])[:10].replace("-", "")
    return replace(model, name=f"petition-{day}-{digest.hexdigest()[:8]}")


def card_facts(
    learning: Learning,
    taken: Taken,
    verdict: Verdict,
    order: Order,
    walk: Walk,
    names: tuple[str, str],
    rounds: Mapping[str, int] = MappingProxyType({}),
) -> dict[str, Any]:
    """Give what the bundle says of itself: what it learned from, and against whom it stood."""
    rows, settings = taken.rows, walk.settings
    times = rows.times[learning.learned]
    dated = times[times > 0]
    behind = Counter(rows.behind[learning.learned].max(axis=1).tolist())
    return {
        "rounds": dict(rounds),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "origin": names[0],
        "against": names[1],
        "passed": verdict.passed,
        "sources": [list(source) for source in order.sources],
        "rows": _row_counts(rows, learning.learned),
        "behind": {_BEHIND[code]: n for code, n in sorted(behind.items()) if code in _BEHIND},
        "days": [_day(dated.min()), _day(dated.max())] if len(dated) else [],
        "labels": count_labels(rows, learning.learned),
        "left_out": {"accusations": taken.accusations, "empty": taken.empty},
        "reviewed_until": _day_of_last_review(taken),
        "repeated": taken.repeated,
        "conflicts": len(taken.conflicts),
        "with_accusations": order.with_accusations,
        "figures": _figures(verdict),
        "dictionary": file_hash(read_resource("user_dict.txt", settings.resources.directory)),
        "settings": settings.as_config(),
    }


def _rounds(model: Model) -> dict[str, int]:
    found = model.card.get("rounds")
    return dict(found) if isinstance(found, dict) else {}


def _row_counts(rows: Rows, learned: np.ndarray) -> dict[str, int]:
    return {
        "learned": len(learned),
        "calibrated": int((rows.parts == CALIBRATE).sum()),
        "exam": int((rows.parts == EXAM).sum()),
        "kept": len(rows),
    }


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).date().isoformat()


def _day_of_last_review(taken: Taken) -> str:
    """Give when the last review was that is in the rows, "" where there is none."""
    rows = taken.rows
    times = rows.times[(rows.behind == CORRECTION).any(axis=1) & (rows.times > 0)]
    return datetime.fromtimestamp(int(times.max()), UTC).isoformat() if len(times) else ""


def _figures(verdict: Verdict) -> dict[str, Any]:
    found: dict[str, Any] = {
        name: {} for name in FIELDS if any(x.field == name for x in verdict.fields)
    }
    for x in verdict.fields:
        found[x.field][x.exam] = {
            "letters": x.letters,
            "champion": round(x.champion, 4),
            "candidate": round(x.candidate, 4),
            "interval": [round(x.low, 4), round(x.high, 4)],
        }
    return found


def write_report(
    shelf: Shelf,
    name: str,
    verdict: Verdict,
    taken: Taken,
    facts: Mapping[str, Any],
    walk: Walk,
) -> Path:
    """Write the verdict in both languages, and the conflicts; give the folder."""
    folder = shelf.report(name)
    least = walk.settings.gate.min_letters
    for language in LANGUAGES:
        replace_text(folder / f"verdict.{language}.md", write_page(verdict, least, language))
        write_conflicts(taken.conflicts, folder / f"conflicts.{language}.csv", language)
    content = {"model": name, "verdict": verdict.as_dict(), "facts": dict(facts)}
    text = json.dumps(content, ensure_ascii=False, indent=1)
    replace_text(folder / "report.json", text + "\n")
    return folder


def forget_letter(shelf: Shelf, key: str, by: str) -> list[str]:
    """Take a letter out of all kept rows; give the models that learned from it.

    The history keeps only the letter's keyed hash. The models themselves stay until a
    new one serves: no single letter can be read out of them, but they are marked.

    Args:
        shelf: whose lock is held.
        key: of the letter, as in its source: `file:id`, `store:key`.
        by: who answers for it.
    """
    gone = keyed_hash(shelf_secret(shelf), "key", key)
    marked = []
    for name in shelf.names():
        rows = load_rows(shelf.rows(name))
        left, count = forget(rows, [gone])
        if count:
            save_rows(left, shelf.rows(name))
            marked.append(name)
    if marked:
        shelf.record({"act": "forget", "letter": gone, "models": marked, "by": by})
    return marked
