"""Tests of the figures that are kept for some seconds."""

from workbench import LETTERS, Bench

from nlp_pipeline.review.figures import SECONDS, Figures
from nlp_pipeline.store import QueueFilter


def test_a_figure_is_kept_for_some_seconds_and_then_counted_anew(bench: Bench) -> None:
    """What a colleague did shows once the kept figure is too old."""
    times = [0.0]
    figures = Figures(bench.store, lambda: times[0])
    viewer, other = bench.clerk("zhang").viewer, bench.clerk("li").viewer
    before = figures.counts(viewer).undispatched
    assert before == len(LETTERS) - 1
    bench.store.review(other, bench.key("LIFT"), {"department": "住房和城乡建设局"})
    assert figures.counts(viewer).undispatched == before
    times[0] = SECONDS
    assert figures.counts(viewer).undispatched == before - 1


def test_who_changed_something_sees_it_at_once(bench: Bench) -> None:
    """One's own figures are forgotten, those of others are kept."""
    figures = Figures(bench.store, lambda: 0.0)
    viewer, other = bench.clerk("zhang").viewer, bench.clerk("li").viewer
    before = figures.facets(viewer, QueueFilter())
    figures.facets(other, QueueFilter())
    bench.store.review(viewer, bench.key("LIFT"), {"department": "住房和城乡建设局"})
    figures.forget(viewer)
    assert figures.facets(viewer, QueueFilter()) != before
    assert figures.facets(other, QueueFilter()) == before


def test_what_one_may_see_is_never_given_to_another(bench: Bench) -> None:
    """The kept figure of the restricted reader is his own."""
    figures = Figures(bench.store, lambda: 0.0)
    assert figures.counts(bench.clerk("zhao").viewer).total == len(LETTERS)
    assert figures.counts(bench.clerk("li").viewer).total == len(LETTERS) - 1
