"""Thirty weeks of corrections: does an office that retrains every week gain by it?

    NLP_PIPELINE_DATA=… python -m benchmarks.learning_curve

The orders of haikou12345 in the order of their days. The first tenth makes the model
that all begin with; the rest is parted into thirty weeks of equally many orders (they
span 28 weeks of the calendar). Each week's orders are first predicted and then learned:
by `petition retrain`, with its exam, gate and shelf, as an office runs it. Beside it
stand the model that never learns again, and, every fifth week, one trained from the
beginning on everything so far, as `petition train` does. A tenth of the groups of
near-duplicates is learned by none of them, for the last comparison. Figures go to
`docs/figures/learning_curve.json` and `.svg`.
"""

import csv
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import ROOT, data_folder
from nlp_pipeline.config import Settings, load_settings
from nlp_pipeline.labels import load_labels
from nlp_pipeline.learning._lines import Axes, Series, line_chart
from nlp_pipeline.learning.bundle import load_bundle, save_bundle
from nlp_pipeline.learning.cases import Case
from nlp_pipeline.learning.corpus import Labelled
from nlp_pipeline.learning.duplicates import group_near_duplicates, holdout
from nlp_pipeline.learning.retrain import Order, open_shelf, retrain
from nlp_pipeline.learning.rows import CORRECTION
from nlp_pipeline.learning.shelf import Shelf
from nlp_pipeline.learning.split import weigh_letters
from nlp_pipeline.learning.train import train_model
from nlp_pipeline.process import Walk, load_segmenter
from nlp_pipeline.stages._features import Weighed
from nlp_pipeline.stages._model import Model
from nlp_pipeline.stages.judge import load_rules

FIELD = "department"
START_SHARE, HELD_SHARE = 0.1, 0.1
WEEKS, EVERY = 30, 5
FIGURES = ROOT / "docs" / "figures"


@dataclass(frozen=True)
class Orders:
    """The orders in time, walked once; `held` are learned by nobody."""

    cases: list[Case]
    weighed: dict[str, Weighed]
    groups: list[int]
    held: list[bool]
    walk: Walk

    def train(self, rows: Sequence[int]) -> Model:
        """Train on some orders from the beginning, as `petition train` does."""
        kept = [i for i in rows if not self.held[i]]
        letters = [Labelled(c.key, c.raw, c.labels) for c in (self.cases[i] for i in kept)]
        groups = [self.groups[i] for i in kept]
        knows = self.walk.segmenter.knows
        return train_model("benchmark", letters, self.weighed, groups, knows, fields=(FIELD,))

    def accuracy(self, model: Model, rows: Sequence[int]) -> float:
        """Give the share of orders whose likeliest department is the one that handled them."""
        head = model.heads[FIELD]
        scores = model.scores([self.weighed[self.cases[i].key] for i in rows]).values
        best = head.probabilities(scores[:, head.columns]).argmax(axis=1)
        gold = [self.cases[i].labels[FIELD] for i in rows]
        return float(np.mean([head.labels[b] == g for b, g in zip(best, gold, strict=True)]))


def read_orders(folder: Path, settings: Settings) -> Orders:
    """Read the orders, the oldest first, and walk them up to what a model sees."""
    csv.field_size_limit(1 << 30)
    with (folder / "haikou12345/orders.csv").open(encoding="utf-8-sig", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["dept_norm"].strip()]
    rows.sort(key=lambda row: (row["time"], row["id"]))
    cases = [
        Case(
            f"haikou:{row['id']}",
            row["text"],
            {FIELD: row["dept_norm"]},
            CORRECTION,
            time=datetime.fromisoformat(row["time"]).replace(tzinfo=UTC),
        )
        for row in rows
    ]
    labels = load_labels()
    segmenter = load_segmenter(settings, labels)
    letters = [Labelled(case.key, case.raw, case.labels) for case in cases]
    weighed = weigh_letters(letters, segmenter, settings)
    groups = group_near_duplicates([case.raw for case in cases])
    held = holdout([case.key for case in cases], groups, HELD_SHARE)
    empty = Model("none", None, np.zeros((0, 0)), np.zeros(0), {})  # type: ignore[arg-type]
    walk = Walk(settings, labels, segmenter, empty, load_rules(labels))
    return Orders(cases, weighed, groups, held, walk)


@dataclass
class Curve:
    """What was measured, week by week."""

    weeks: list[dict[str, Any]] = field(default_factory=list)

    def line(self, name: str) -> tuple[tuple[float, float], ...]:
        """Give the points of one line."""
        return tuple((float(i), w[name]) for i, w in enumerate(self.weeks) if name in w)

    def beside(self) -> dict[str, list[float]]:
        """Give, for the weeks for which it was trained anew, all three figures."""
        weeks = [week for week in self.weeks if "at_once" in week]
        return {name: [w[name] for w in weeks] for name in ("never", "weekly", "at_once")}

    def mean(self, name: str, last: int = 5) -> float:
        """Give the mean of the last weeks."""
        return float(np.mean([week[name] for week in self.weeks[-last:]]))


def live(orders: Orders, shelf: Shelf, start: Model, first: int) -> Curve:
    """Go through the weeks: predict, then learn; what was refused is learned next week."""
    curve, waiting = Curve(), []
    for week, rows in enumerate(np.array_split(np.arange(first, len(orders.cases)), WEEKS)):
        found: dict[str, Any] = {
            "orders": len(rows),
            "first_day": str(orders.cases[int(rows[0])].time)[:10],
            "never": orders.accuracy(start, rows.tolist()),
            "weekly": orders.accuracy(load_bundle(shelf.champion()), rows.tolist()),
        }
        if week % EVERY == EVERY - 1:
            fresh = orders.train(range(int(rows[0])))
            found["at_once"] = orders.accuracy(fresh, rows.tolist())
        waiting += [orders.cases[i] for i in rows if not orders.held[i]]
        begun, cpu = time.perf_counter(), time.process_time()
        outcome = retrain(shelf, waiting, orders.walk, Order("benchmark"))
        found |= {
            "promoted": outcome.promoted,
            "seconds": round(time.perf_counter() - begun, 1),
            "cpu_seconds": round(time.process_time() - cpu, 1),
        }
        waiting = [] if outcome.promoted else waiting
        curve.weeks.append(found)
        print(json.dumps({"week": week + 1, **found}), flush=True)
    return curve


def finish(orders: Orders, shelf: Shelf, start: Model) -> dict[str, float]:
    """Compare all three after the last week, on orders that none of them learned."""
    held = [i for i, is_held in enumerate(orders.held) if is_held]
    at_once = orders.accuracy(orders.train(range(len(orders.cases))), held)
    weekly = orders.accuracy(load_bundle(shelf.champion()), held)
    return {
        "orders": len(held),
        "never": orders.accuracy(start, held),
        "weekly": weekly,
        "at_once": at_once,
        "weekly_of_at_once": weekly / at_once,
    }


def draw(curve: Curve) -> str:
    """Draw the weeks."""
    series = [
        Series("retrained every week (petition retrain)", curve.line("weekly")),
        Series("never retrained", curve.line("never"), is_dashed=True),
        Series("trained anew on everything so far", curve.line("at_once")),
    ]
    values = [y for one in series for _, y in one.points]
    axes = Axes(
        "week (orders are predicted before they are learned)",
        "department right, first choice",
        low=int(min(values) * 10) / 10,
        high=min(1.0, int(max(values) * 10 + 1) / 10),
        names=tuple(str(i + 1) for i in range(len(curve.weeks))),
    )
    return str(line_chart("Accuracy week by week, three ways to learn", series, axes, width=760))


def main() -> None:
    """Measure, and write figures and picture."""
    folder = data_folder()
    if folder is None:
        sys.exit("NLP_PIPELINE_DATA must name the data folder")
    settings = load_settings()
    orders = read_orders(folder, settings)
    first = int(len(orders.cases) * START_SHARE)
    start = orders.train(range(first))
    with tempfile.TemporaryDirectory() as scratch:
        save_bundle(start, Path(scratch) / "start", start.card)
        shelf = open_shelf(Path(scratch) / "shelf", Path(scratch) / "start", "benchmark")
        curve = live(orders, shelf, start, first)
        last = finish(orders, shelf, start)
    content = {
        "start_orders": first,
        "weeks": curve.weeks,
        "last_five_weeks": {name: curve.mean(name) for name in ("never", "weekly")},
        "weeks_trained_at_once": curve.beside(),
        "after_the_last_week": last,
        "cpu_seconds": round(time.process_time()),
        "cpus": os.cpu_count(),
    }
    FIGURES.mkdir(exist_ok=True)
    text = json.dumps(content, indent=1) + "\n"
    (FIGURES / "learning_curve.json").write_text(text, encoding="utf-8")
    (FIGURES / "learning_curve.svg").write_text(draw(curve), encoding="utf-8")
    print(json.dumps(last), flush=True)


if __name__ == "__main__":
    main()
