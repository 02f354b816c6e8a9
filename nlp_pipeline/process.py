"""The batch loop: letters → outcomes, exactly one each, in the order read.

`nlp.pipe` drops a letter whose step fails; here a `Failure` takes its place. A
batch is classified at once; if that raises, it is repeated letter by letter, so
that only the letter that cannot be processed fails.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TypeVar

from nlp_pipeline.config import Settings
from nlp_pipeline.errors import (
    EmptyLetterError,
    LetterTooLongError,
    ModelMissingError,
    PetitionError,
    StageError,
)
from nlp_pipeline.labels import Labels, load_labels
from nlp_pipeline.records import (
    CleanText,
    Failure,
    Judgement,
    Letter,
    Outcome,
    Prediction,
    Triage,
)
from nlp_pipeline.stages._model import Model
from nlp_pipeline.stages.classify import (
    Segmented,
    classify_letters,
    prepare,
    unseen_share,
)
from nlp_pipeline.stages.judge import Rules, judge_letter, load_rules
from nlp_pipeline.stages.normalise import normalise_text
from nlp_pipeline.stages.route import route_letter, shield_predictions, text_key
from nlp_pipeline.stages.segment import Segmenter, dictionary_words, lasting_cache

Pair = tuple[Letter, Outcome]

Result = TypeVar("Result")


@dataclass(frozen=True)
class Walk:
    """Everything the steps need, loaded once: settings, labels, words, model, rules."""

    settings: Settings
    labels: Labels
    segmenter: Segmenter
    model: Model
    rules: Rules


def load_walk(settings: Settings) -> Walk:
    """Load what the settings name.

    Raises:
        ModelMissingError, ModelUntrustedError, ModelMismatchError: of the model.
        ResourceError: of a data file.
    """
    labels = load_labels(settings.resources.directory)
    folder = settings.segment.cache_directory
    cache = Path(folder) if folder else None
    return Walk(
        settings=settings,
        labels=labels,
        segmenter=load_segmenter(settings, labels),
        model=load_model(settings.classify.model),
        rules=load_rules(labels, settings.resources.directory, lasting_cache(cache)),
    )


def load_segmenter(settings: Settings, labels: Labels) -> Segmenter:
    """Give the segmenter with the user dictionary and the register's names."""
    folder = settings.segment.cache_directory
    words = dictionary_words(labels, settings.resources.directory)
    return Segmenter(words, Path(folder) if folder else None, settings.segment.engine)


def load_model(name: str) -> Model:
    """Load a model by the name of an installed package or by its folder.

    Raises:
        ModelMissingError: there is neither.
    """
    from nlp_pipeline.learning.bundle import load_bundle

    return load_bundle(find_bundle(name))


def find_bundle(name: str) -> Path:
    """Give the folder of a bundle: a folder itself, or within an installed model.

    Raises:
        ModelMissingError: no such folder and no such package.
    """
    from nlp_pipeline.learning.bundle import MANIFEST
    from nlp_pipeline.learning.shelf import Shelf, is_shelf

    folder = Path(name)
    if is_shelf(folder):
        return Shelf(folder).champion()
    if folder.is_dir() and (not name.isidentifier() or (folder / MANIFEST).is_file()):
        return folder
    if not name.isidentifier():
        raise ModelMissingError(name, "Give the folder of a bundle or a model's name.")
    try:
        package = import_module(name)
    except ImportError as error:
        raise ModelMissingError(name) from error
    bundle: Path | None = getattr(package, "BUNDLE", None)
    if bundle is None:
        raise ModelMissingError(name, "The package of this name is not a model of ours.")
    return bundle


def process_letters(read: Iterable[Letter | Failure], walk: Walk) -> Iterator[Pair]:
    """Give one outcome for every letter, in the order read.

    Args:
        read: letters, and failures of reading, which pass through.
        walk: everything the steps need.

    Returns:
        pairs of the letter and its `Triage` or `Failure`. For a letter that was
        never read, the letter is made of what the failure kept.
    """
    batch: list[Letter | Failure] = []
    for item in read:
        batch.append(item)
        if len(batch) >= walk.settings.classify.batch_size:
            yield from process_batch(batch, walk)
            batch = []
    if batch:
        yield from process_batch(batch, walk)


def process_batch(batch: Sequence[Letter | Failure], walk: Walk) -> list[Pair]:
    """Walk one batch; see `process_letters`."""
    outcomes: list[Outcome | Segmented] = []
    for item in batch:
        if isinstance(item, Failure):
            outcomes.append(item)
        else:
            outcomes.append(_prepare(item, walk))
    ready = [
        (item, outcome)
        for item, outcome in zip(batch, outcomes, strict=True)
        if isinstance(item, Letter) and isinstance(outcome, Segmented)
    ]
    done = iter(_classify_all(ready, walk))
    pairs: list[Pair] = []
    for item, outcome in zip(batch, outcomes, strict=True):
        letter = item if isinstance(item, Letter) else letter_of(item)
        pairs.append((letter, next(done) if isinstance(outcome, Segmented) else outcome))
    return pairs


def letter_of(failure: Failure) -> Letter:
    """Give the letter that was never read: what the failure kept of it."""
    return Letter(
        failure.letter_id, "", source=failure.source, number=failure.number, row=failure.row
    )


def _attempt(work: Callable[[], Result]) -> Result | Exception:
    """Do a piece of work; give what it raised as a value.

    The one broad except of the walk: whatever goes wrong with a letter must end
    as its outcome, not as the end of the run.
    """
    try:
        return work()
    except Exception as error:  # noqa: BLE001
        return error


def _guard(letter: Letter, step: str, work: Callable[[Letter], Result]) -> Result | Failure:
    """Do one step on one letter; whatever it raises becomes a `Failure`."""
    result = _attempt(lambda: work(letter))
    if not isinstance(result, Exception):
        return result
    if not isinstance(result, PetitionError):
        result = StageError(step, type(result).__name__)
    return _failure(letter, step, result)


def _failure(letter: Letter, step: str, error: PetitionError) -> Failure:
    return Failure(
        letter.id, letter.source, letter.number, step, error.code, str(error), letter.row
    )


def _prepare(letter: Letter, walk: Walk) -> Segmented | Failure:
    """Normalise and segment a letter and mask what the model sees of it."""
    clean = _guard(letter, "normalise", partial(_normalise, walk))
    if isinstance(clean, Failure):
        return clean
    return _guard(letter, "segment", lambda _: _segment(clean, walk))


def _normalise(walk: Walk, letter: Letter) -> CleanText:
    limit = walk.settings.read.max_letter_chars
    raw = letter.full_raw
    if len(raw) > limit:
        raise LetterTooLongError(len(raw), limit)
    clean = normalise_text(raw, walk.settings.normalise.min_traditional_share)
    if not any(character.isalnum() for character in clean.text):
        raise EmptyLetterError
    return clean


def _segment(clean: CleanText, walk: Walk) -> Segmented:
    tokens = walk.segmenter(clean.text)
    limit = walk.settings.classify.max_model_chars
    cache = walk.rules.cache
    return prepare(clean, tokens, limit, with_cues=walk.model.reads_cues, cache=cache)


def _classify_all(ready: Sequence[tuple[Letter, Segmented]], walk: Walk) -> list[Outcome]:
    """Classify a batch at once, or one by one where the batch raises."""
    letters = [segmented for _, segmented in ready]
    found = _attempt(lambda: classify_letters(walk.model, letters, walk.settings.classify))
    if isinstance(found, Exception):
        return [_classify_one(segmented, walk, letter) for letter, segmented in ready]
    return [
        _decide_one(segmented, predictions, walk, letter)
        for (letter, segmented), predictions in zip(ready, found, strict=True)
    ]


def _classify_one(segmented: Segmented, walk: Walk, letter: Letter) -> Outcome:
    settings = walk.settings.classify
    found = _guard(
        letter, "classify", lambda _: classify_letters(walk.model, [segmented], settings)
    )
    return found if isinstance(found, Failure) else _decide_one(segmented, found[0], walk, letter)


def _decide_one(
    segmented: Segmented, predictions: dict[str, Prediction], walk: Walk, letter: Letter
) -> Outcome:
    """Judge and route one classified letter."""
    judge = walk.settings.judge
    judgement = _guard(
        letter,
        "judge",
        lambda it: judge_letter(
            segmented.clean, predictions, walk.rules, judge, it.received, segmented.sentences
        ),
    )
    if isinstance(judgement, Failure):
        return judgement
    return _guard(letter, "route", partial(_route, segmented, predictions, judgement, walk))


def _route(
    segmented: Segmented,
    predictions: dict[str, Prediction],
    judgement: Judgement,
    walk: Walk,
    letter: Letter,
) -> Triage:
    return make_triage(
        letter.id,
        segmented.clean,
        [token.text for token in segmented.tokens],
        predictions,
        judgement,
        walk.labels,
        walk.settings,
        unseen_share=unseen_share(walk.model, segmented),
        model=walk.model.name,
    )


def make_triage(
    letter_id: str,
    clean: CleanText,
    tokens: Sequence[str],
    predictions: dict[str, Prediction],
    judgement: Judgement,
    labels: Labels,
    settings: Settings,
    *,
    unseen_share: float,
    model: str,
) -> Triage:
    """Route a judged letter and put all that was found out about it together.

    The batch loop and the spaCy component both end here, so that they agree.
    """
    decision = route_letter(
        letter_id or text_key(clean.text),
        predictions,
        judgement,
        labels,
        (settings.classify, settings.judge, settings.route),
        length=len(clean.text),
        unseen_share=unseen_share,
        damaged=clean.damaged,
    )
    shown = shield_predictions(predictions, judgement, decision)
    return Triage(letter_id, clean, tuple(tokens), shown, judgement, decision, model)
