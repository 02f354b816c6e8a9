"""spaCy factories: thin adapters around the steps, for one letter at a time.

The tokenizer normalises and segments, so `doc.text` is the clean text and every
word is jieba's. The components add what the steps find to `doc.user_data` under
`petition`, as JSON-shaped values that survive `DocBin`, `to_disk` and worker
processes. `doc._.triage`, `doc._.topic`, `doc._.subtopic`, `doc._.purpose`,
`doc._.urgency` and `doc._.department` read it from there.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import regex
import srsly
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import registry
from spacy.vocab import Vocab

from nlp_pipeline.config import Settings, load_settings
from nlp_pipeline.errors import ModelMissingError
from nlp_pipeline.labels import Labels, load_labels
from nlp_pipeline.learning.bundle import load_bundle, save_bundle
from nlp_pipeline.process import load_segmenter, make_triage
from nlp_pipeline.records import (
    CleanText,
    Token,
    Triage,
    clean_from,
    plain,
    prediction_from,
)
from nlp_pipeline.stages._model import Model
from nlp_pipeline.stages.classify import (
    Segmented,
    classify_letters,
    prepare,
    unseen_share,
)
from nlp_pipeline.stages.judge import judge_letter, load_rules
from nlp_pipeline.stages.normalise import normalise_text
from nlp_pipeline.stages.segment import Segmenter

_LONE_SURROGATE = regex.compile(r"\p{Cs}")

KEY = "petition"
"""Where a doc's findings lie in `doc.user_data`."""


class PetitionTokenizer:
    """Normalise and segment: raw text → a doc of clean words."""

    def __init__(self, vocab: Vocab, segmenter: Segmenter, min_traditional_share: float) -> None:
        self.vocab = vocab
        self.segmenter = segmenter
        self.min_traditional_share = min_traditional_share

    def __call__(self, text: str) -> Doc:
        """Give the doc of a raw letter; the raw text and the offsets ride along."""
        clean = _storable(normalise_text(text, self.min_traditional_share))
        words = [token.text for token in self.segmenter(clean.text)]
        doc = Doc(self.vocab, words=words, spaces=[False] * len(words))
        doc.user_data[KEY] = {"clean": plain(clean)}
        return doc

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Write the words that are kept whole."""
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        srsly.write_json(folder / "words.json", list(self.segmenter.words))

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> "PetitionTokenizer":
        """Read the words that are kept whole."""
        words = srsly.read_json(Path(path) / "words.json")
        self._keep([str(word) for word in words])
        return self

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """Give the words that are kept whole."""
        data: bytes = srsly.msgpack_dumps(list(self.segmenter.words))
        return data

    def from_bytes(self, data: bytes, *, exclude: Iterable[str] = ()) -> "PetitionTokenizer":
        """Read the words that are kept whole."""
        self._keep(srsly.msgpack_loads(data))
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """Go to another process without the loaded dictionary and its lock."""
        old = self.segmenter
        parts = (old.words, old.cache_directory, old.engine)
        return _tokenizer_from, (self.vocab, parts, self.min_traditional_share)

    def _keep(self, words: Sequence[str]) -> None:
        old = self.segmenter
        self.segmenter = Segmenter(words, old.cache_directory, old.engine)


class ClassifyComponent:
    """Classify: the doc's words → predictions, `doc.cats` as `field:label`."""

    def __init__(self, name: str, model: Model | None, settings: Settings) -> None:
        self.name = name
        self.model = model
        self.settings = settings

    @property
    def labels(self) -> tuple[str, ...]:
        """Every label the model knows, as `field:label`."""
        heads = self.model.heads.values() if self.model else ()
        return tuple(f"{head.field}:{label}" for head in heads for label in head.labels)

    def __call__(self, doc: Doc) -> Doc:
        """Predict every field of one letter."""
        segmented = self.segmented(doc)
        if self.model is None:
            raise ModelMissingError(self.name, "Load it with nlp_pipeline.load().")
        (found,) = classify_letters(self.model, [segmented], self.settings.classify)
        content = doc.user_data[KEY]
        content["predictions"] = {name: plain(p) for name, p in found.items()}
        content["unseen_share"] = unseen_share(self.model, segmented)
        content["model"] = self.model.name
        for name, prediction in found.items():
            for label, chance in prediction.alternatives:
                doc.cats[f"{name}:{label}"] = chance
        return doc

    def segmented(self, doc: Doc) -> Segmented:
        """Give the doc as the batch loop would have it."""
        clean = _clean_of(doc)
        tokens = [Token(t.text, t.idx, t.idx + len(t.text)) for t in doc]
        limit = self.settings.classify.max_model_chars
        reads_cues = self.model is None or self.model.reads_cues
        return prepare(clean, tokens, limit, with_cues=reads_cues)

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Write the model as a bundle."""
        if self.model is not None:
            save_bundle(self.model, Path(path), self.model.card)

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> "ClassifyComponent":
        """Read the model from a bundle."""
        self.model = load_bundle(Path(path))
        return self


class RouteComponent:
    """Judge and route: predictions → the triage with its decision."""

    def __init__(self, name: str, labels: Labels, settings: Settings) -> None:
        self.name = name
        self.register = labels
        self.settings = settings
        self.rules = load_rules(labels, settings.resources.directory)

    def __call__(self, doc: Doc) -> Doc:
        """Decide what is suggested for one letter."""
        content = doc.user_data[KEY]
        clean = _clean_of(doc)
        predictions = {
            name: prediction_from(values) for name, values in content["predictions"].items()
        }
        judgement = judge_letter(clean, predictions, self.rules, self.settings.judge)
        triage = make_triage(
            str(content.get("letter_id", "")),
            clean,
            [token.text for token in doc],
            predictions,
            judgement,
            self.register,
            self.settings,
            unseen_share=content["unseen_share"],
            model=content["model"],
        )
        content["triage"] = triage.as_dict()
        return doc


def make_tokenizer(
    settings: dict[str, Any] | None = None,
) -> Callable[[Language], PetitionTokenizer]:
    """Register as `petition_tokenizer`; `settings` are overrides by dotted name."""

    def create(nlp: Language) -> PetitionTokenizer:
        resolved = load_settings(None, settings)
        labels = load_labels(resolved.resources.directory)
        return PetitionTokenizer(
            nlp.vocab,
            load_segmenter(resolved, labels),
            resolved.normalise.min_traditional_share,
        )

    return create


def make_classify(nlp: Language, name: str, settings: dict[str, Any]) -> ClassifyComponent:
    """Register as `petition_classify`; the model is read by `from_disk` or set."""
    return ClassifyComponent(name, None, load_settings(None, settings))


def make_route(nlp: Language, name: str, settings: dict[str, Any]) -> RouteComponent:
    """Register as `petition_route`."""
    resolved = load_settings(None, settings)
    return RouteComponent(name, load_labels(resolved.resources.directory), resolved)


def build_language(model: Model, overrides: dict[str, Any] | None = None) -> Language:
    """Give the spaCy pipeline around a loaded model.

    Args:
        model: a loaded bundle.
        overrides: settings by dotted name.
    """
    from spacy.lang.zh import Chinese

    settings = dict(overrides or {})
    config = {"nlp": {"tokenizer": {"@tokenizers": "petition_tokenizer", "settings": settings}}}
    nlp = Chinese.from_config(config)
    classify = nlp.add_pipe("petition_classify", config={"settings": settings})
    nlp.add_pipe("petition_route", config={"settings": settings})
    if isinstance(classify, ClassifyComponent):
        classify.model = model
    nlp.meta["name"] = model.name.removeprefix("zh_").removeprefix("petition_")
    return nlp


def _clean_of(doc: Doc) -> CleanText:
    return clean_from(doc.user_data[KEY]["clean"])


def _storable(clean: CleanText) -> CleanText:
    """Give the text with lone surrogates of the raw one marked: they fit no file."""
    raw = _LONE_SURROGATE.sub("\ufffd", clean.raw)
    return clean if raw == clean.raw else replace(clean, raw=raw)


def _tokenizer_from(
    vocab: Vocab, parts: tuple[Sequence[str], Path | None, str], share: float
) -> PetitionTokenizer:
    return PetitionTokenizer(vocab, Segmenter(*parts), share)


def _triage_of(doc: Doc) -> Triage | None:
    content = doc.user_data.get(KEY, {}).get("triage")
    return Triage.from_dict(content) if content else None


def _decided(field: str, doc: Doc) -> str:
    triage = _triage_of(doc)
    return getattr(triage.decision, field) if triage else ""


registry.tokenizers.register("petition_tokenizer", func=make_tokenizer)
Language.factory("petition_classify", default_config={"settings": {}}, func=make_classify)
Language.factory("petition_route", default_config={"settings": {}}, func=make_route)
Doc.set_extension("triage", getter=_triage_of, force=True)
for _field in ("topic", "subtopic", "purpose", "urgency", "department"):
    Doc.set_extension(_field, getter=partial(_decided, _field), force=True)
