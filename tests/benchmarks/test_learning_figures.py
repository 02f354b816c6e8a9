"""Tests of what the benchmarks of learning count and draw, on made-up figures."""

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# The benchmarks are run from the repository and not installed.
sys.path.insert(0, str(ROOT))

from benchmarks import label_saving, learning_curve  # noqa: E402

FIGURES = ROOT / "docs" / "figures"


def test_labels_needed_are_read_off_the_curve() -> None:
    """Between two sizes the number is interpolated; beyond the curve it is not known."""
    curve = [(100, 0.5), (200, 0.7), (400, 0.7), (800, 0.8)]
    assert label_saving.labels_needed(curve, 0.6) == pytest.approx(150)
    assert label_saving.labels_needed(curve, 0.75) == pytest.approx(600)
    assert label_saving.labels_needed(curve, 0.9) is None


def test_savings_are_means_of_the_draws() -> None:
    """Two draws are averaged before labels are compared."""
    rising = [(0.1 * i, 0.0) for i in range(len(label_saving.RANDOM_SIZES))]
    better = [(x + 0.1, 0.0) for x, _ in rising[: len(label_saving.SIZES)]]
    found = label_saving.summarise({"suggested": [better, better], "random": [rising, rising]})
    assert found["draws"] == 2
    assert found["labels_saved"] == {200: 0.5, 400: 0.5, 800: 0.5, 1600: 0.333}


def test_published_figures_hold_what_is_promised() -> None:
    """After the last week the retrained model is near the one trained anew; labels are saved."""
    curve = json.loads((FIGURES / "learning_curve.json").read_text(encoding="utf-8"))
    assert len(curve["weeks"]) == learning_curve.WEEKS
    assert curve["after_the_last_week"]["weekly_of_at_once"] >= 0.95
    saved = json.loads((FIGURES / "label_saving.json").read_text(encoding="utf-8"))
    assert all(found["labels_saved"]["1600"] > 0.2 for found in saved.values())
    doubtful = json.loads((FIGURES / "doubtful.json").read_text(encoding="utf-8"))
    assert all(x["lowest_found_in_first_15_percent"] >= 0.6 for x in doubtful.values())


def test_pictures_are_those_of_the_figures() -> None:
    """The published pictures are drawn from the published figures."""
    curve = json.loads((FIGURES / "learning_curve.json").read_text(encoding="utf-8"))
    drawn = learning_curve.draw(learning_curve.Curve(curve["weeks"]))
    assert drawn == (FIGURES / "learning_curve.svg").read_text(encoding="utf-8")
    saved = json.loads((FIGURES / "label_saving.json").read_text(encoding="utf-8"))
    for name, found in saved.items():
        picture = (FIGURES / f"label_saving_{name}.svg").read_text(encoding="utf-8")
        assert label_saving.draw_chart(name, found) == picture
