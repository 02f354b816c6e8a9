"""Measure: what the whole walk decides against what the letters' labels say.

The model's probabilities over all labels are kept for top-3, calibration and
coverage. Where the rules decided otherwise than the model's first choice, the
two labels change places in that letter's probabilities, so that the figures are
those of the decision a clerk sees.
"""

from collections.abc import Collection, Sequence

import numpy as np

from nlp_pipeline.labels import Labels
from nlp_pipeline.learning.corpus import Labelled
from nlp_pipeline.learning.evaluate import Evaluation, evaluate_predictions
from nlp_pipeline.process import Walk, process_letters
from nlp_pipeline.records import Letter, Triage
from nlp_pipeline.stages.classify import field_chances, prepare, weigh

SET_COVERAGE = 0.9
"""The coverage that is asked of conformal sets where they are measured."""

_BATCH = 256


def measure_field(
    field: str,
    letters: Sequence[Labelled],
    walk: Walk,
    among: Collection[str] = (),
) -> Evaluation:
    """Measure one field on letters that carry it.

    Args:
        field: one of the model's fields.
        letters: labelled letters; those without the field are passed over.
        walk: a loaded walk.
        among: only these labels are considered; empty for all. Used where a
            set has fewer labels than the model.

    Raises:
        CorpusError: no letter carries the field.
    """
    kept = [letter for letter in letters if field in letter.labels]
    labels, limits = walk.model.heads[field].labels, walk.model.heads[field].limits
    chances = decided_chances(field, kept, walk)
    if among:
        chances = np.where(np.isin(labels, sorted(among)), chances, 0.0)
        chances /= np.maximum(chances.sum(axis=1, keepdims=True), 1e-12)
    return evaluate_predictions(
        field,
        [letter.labels[field] for letter in kept],
        chances,
        labels,
        order=_order(field, walk.labels, labels),
        also=[letter.also for letter in kept] if field == "department" else (),
        set_limit=(SET_COVERAGE, limits[SET_COVERAGE]) if SET_COVERAGE in limits else None,
    )


def decided_chances(field: str, letters: Sequence[Labelled], walk: Walk) -> np.ndarray:
    """Give each letter's probabilities with the decided label on top.

    Returns:
        letters × labels of the model's head; a letter that fails has a row of 0.
    """
    head = walk.model.heads[field]
    columns = {label: column for column, label in enumerate(head.labels)}
    rows = [np.zeros((0, len(head.labels)))]
    for start in range(0, len(letters), _BATCH):
        batch = [Letter(x.key, x.raw) for x in letters[start : start + _BATCH]]
        found = np.zeros((len(batch), len(head.labels)))
        outcomes = [outcome for _, outcome in process_letters(batch, walk)]
        done = [(i, o) for i, o in enumerate(outcomes) if isinstance(o, Triage)]
        if done:
            found[[i for i, _ in done]] = _chances(field, [o for _, o in done], walk)
        for row, triage in done:
            decided = columns.get(_decision(field, triage))
            if decided is not None:
                best = int(found[row].argmax())
                found[row, [best, decided]] = found[row, [decided, best]]
        rows.append(found)
    return np.vstack(rows)


def _chances(field: str, triages: Sequence[Triage], walk: Walk) -> np.ndarray:
    """Give the model's probabilities again, over all labels and not only the best."""
    settings = walk.settings.classify
    letters = []
    for triage in triages:
        tokens = walk.segmenter(triage.clean.text)
        letter = prepare(triage.clean, tokens, settings.max_model_chars)
        letters.append(weigh(letter, with_runs=walk.model.reads_runs))
    return field_chances(walk.model, walk.model.scores(letters))[field]


def _decision(field: str, triage: Triage) -> str:
    """Give the decided label; an open subtopic counts as the model's first choice."""
    decided = str(getattr(triage.decision, field))
    if field == "subtopic" and not decided and field in triage.predictions:
        return triage.predictions[field].label
    return decided


def _order(field: str, labels: Labels, known: Sequence[str]) -> tuple[str, ...]:
    """Give the order of an ordered field's labels, lowest first."""
    if field != "urgency" or not set(known) <= set(labels.urgencies):
        return ()
    return tuple(reversed(labels.urgencies))
