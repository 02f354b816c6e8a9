"""Which labelled letters are learned from and which only measure.

The rule, the same in every run: letters are grouped with their near-duplicates;
a fifth of the groups is held out by a hash of the group's first key. The
project's own letters have a fixed test half, and their near-duplicates follow
them. Letters the gold set was drawn from, and their near-duplicates, are in
neither part.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nlp_pipeline.config import Settings
from nlp_pipeline.labels import Labels
from nlp_pipeline.learning.corpus import (
    Labelled,
    check_labels,
    data_letters,
    gold_letters,
    project_letters,
)
from nlp_pipeline.learning.duplicates import group_near_duplicates, holdout
from nlp_pipeline.learning.phrases import register_phrases
from nlp_pipeline.process import load_segmenter
from nlp_pipeline.stages._features import Weighed
from nlp_pipeline.stages.classify import prepare, weigh
from nlp_pipeline.stages.normalise import normalise_text
from nlp_pipeline.stages.segment import Segmenter

HOLDOUT_SHARE = 0.2


@dataclass(frozen=True)
class Split:
    """Letters to learn from with their groups, letters that measure, and the gold set.

    `weighed` holds, by key, the weights of every training letter's visible words.
    `gold` pairs each gold letter with its label set, `all` or `danger`. `phrases`
    are those of the register and the tree, learned beside the letters.
    """

    train: list[Labelled]
    groups: list[int]
    test: list[Labelled]
    gold: list[tuple[Labelled, str]]
    weighed: Mapping[str, Mapping[str, float]]
    phrases: list[Labelled]

    @property
    def learned(self) -> tuple[list[Labelled], list[int]]:
        """Letters and phrases to learn from, and their groups; a phrase has its own."""
        first = max(self.groups, default=-1) + 1
        groups = [*self.groups, *range(first, first + len(self.phrases))]
        return [*self.train, *self.phrases], groups


def split_letters(
    corpus: Path, annotations: Path, data: Path | None, settings: Settings, labels: Labels
) -> Split:
    """Read every labelled letter and split them by the rule.

    Args:
        corpus: the letters written for the project.
        annotations: labels by the rubric for letters of the data folder.
        data: the data folder, or None to do without it.
        settings: how letters are cleaned and segmented.
        labels: the label sets the letters' labels must be of.

    Raises:
        CorpusError: a file is missing or malformed.
        LabelError: a label is not known.
    """
    own = project_letters(corpus)
    found = data_letters(data, annotations) if data else []
    gold = gold_letters(data) if data else []
    check_labels([*own, *found], labels)
    letters = [*own, *found]
    share = settings.normalise.min_traditional_share
    texts = [normalise_text(x.raw, share).text for x in letters]
    gold_texts = [normalise_text(letter.raw, share).text for _, letter, _ in gold]
    groups = group_near_duplicates([*texts, *gold_texts])
    barred = set(groups[len(letters) :])
    drawn = {source for source, _, _ in gold}
    barred |= {g for x, g in zip(letters, groups, strict=False) if x.key in drawn}
    is_held = holdout([x.key for x in letters], groups[: len(letters)], HOLDOUT_SHARE)
    sides: dict[int, bool] = {}
    for letter, group in zip(own, groups, strict=False):
        sides[group] = sides.get(group, False) or letter.is_test
    train: list[Labelled] = []
    kept_groups: list[int] = []
    test: list[Labelled] = []
    for letter, group, held in zip(letters, groups, is_held, strict=False):
        if group in barred:
            continue
        is_own = letter.source == "project"
        if letter.is_test if is_own else sides.get(group, held):
            test.append(letter)
        else:
            train.append(letter)
            kept_groups.append(group)
    phrases = register_phrases(labels, settings.resources.directory)
    segmenter = load_segmenter(settings, labels)
    weighed = weigh_letters([*train, *phrases], segmenter, settings)
    return Split(train, kept_groups, test, [(x, s) for _, x, s in gold], weighed, phrases)


def weigh_letters(
    letters: Sequence[Labelled],
    segmenter: Segmenter,
    settings: Settings,
    *,
    with_runs: bool = False,
) -> dict[str, Weighed]:
    """Walk letters up to what the model sees of them, by key; see `weigh` for runs."""
    found = {}
    for letter in letters:
        clean = normalise_text(letter.raw, settings.normalise.min_traditional_share)
        tokens = segmenter(clean.text)
        seen = prepare(clean, tokens, settings.classify.max_model_chars)
        found[letter.key] = weigh(seen, with_runs=with_runs)
    return found
