"""Tests of the spaCy side: one code path with the batch, and what survives a file."""

import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import spacy
from spacy.lang.zh import Chinese
from spacy.matcher import Matcher
from spacy.tokens import Doc, DocBin
from spacy.tokens.underscore import Underscore

import nlp_pipeline
from nlp_pipeline.components import KEY, PetitionTokenizer, make_tokenizer
from nlp_pipeline.config import Settings
from nlp_pipeline.errors import ConfigError, ModelMissingError
from nlp_pipeline.labels import FIELDS
from nlp_pipeline.process import Walk, process_letters
from nlp_pipeline.records import Letter, Triage
from nlp_pipeline.stages.normalise import normalise_text
from nlp_pipeline.stages.segment import Segmenter

TEXTS = [
    "路灯不亮\n槐荫路南段的路灯坏了半个月，晚上接孩子放学看不见路，请派人修一修。",
    "請問辦理老年卡要帶什麼證件？我住在幸福社區。",
    "城管局的副局长收了摊贩的钱，我要举报他。",
    "家里煤气味很大，老人已经晕倒了，快来人！",
    "😀 help дом\u202e 停水三天了\u202c！！！",
]


@pytest.fixture(scope="module")
def nlp(settings: Settings) -> Any:
    """Give the pipeline around the shipped bundle."""
    return nlp_pipeline.load(settings.classify.model)


def _triages(nlp: Any, texts: list[str] = TEXTS) -> list[dict[str, Any]]:
    return [nlp(text)._.triage.as_dict() for text in texts]


def test_pipeline_equals_the_batch(walk: Walk, nlp: Any, corpus_rows: list[dict[str, Any]]) -> None:
    """One letter through spaCy and the same letter in a batch give the same triage."""
    rows = [row for row in corpus_rows if row["split"] == "test"][:40]
    assert len(rows) == 40
    letters = [Letter("", row["text"], title=row["title"]) for row in rows]
    for letter, outcome in process_letters(letters, walk):
        assert isinstance(outcome, Triage)
        alone = nlp(letter.full_raw)._.triage
        assert alone.decision.review_reasons == outcome.decision.review_reasons
        _same(alone.as_dict(), outcome.as_dict())


def _same(one: Any, other: Any) -> None:
    """Hold two JSON-shaped values equal, numbers to a millionth."""
    if isinstance(one, dict):
        assert list(one) == list(other)
        for name in one:
            _same(one[name], other[name])
    elif isinstance(one, list):
        assert len(one) == len(other)
        for left, right in zip(one, other, strict=True):
            _same(left, right)
    elif isinstance(one, float):
        assert one == pytest.approx(other, abs=1e-6)
    else:
        assert one == other


@pytest.mark.parametrize("text", TEXTS)
def test_doc_is_the_clean_text_in_words(nlp: Any, segmenter: Segmenter, text: str) -> None:
    """The doc's text is the clean text and its words are the segmenter's."""
    doc = nlp(text)
    clean = normalise_text(text)
    assert doc.text == clean.text
    assert [token.text for token in doc] == [token.text for token in segmenter(clean.text)]
    assert doc._.triage.tokens == tuple(token.text for token in doc)
    assert doc._.triage.clean == clean


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_can_be_read_from_the_doc(nlp: Any, field: str) -> None:
    """`doc._.topic` and its like give what was decided."""
    found = [nlp(text) for text in TEXTS]
    decided = [getattr(doc._.triage.decision, field) for doc in found]
    assert [getattr(doc._, field) for doc in found] == decided
    assert any(decided)


def test_doc_without_a_triage_says_so(nlp: Any) -> None:
    """A doc that did not go through the pipeline has no triage and empty fields."""
    for doc in (Doc(nlp.vocab, words=["路灯"]), nlp.make_doc("路灯坏了")):
        assert doc._.triage is None
        assert [getattr(doc._, field) for field in FIELDS] == [""] * len(FIELDS)


def test_cats_hold_the_alternatives(nlp: Any) -> None:
    """`doc.cats` has every alternative as `field:label` with its probability."""
    doc = nlp(TEXTS[0])
    expected = {
        f"{name}:{label}": chance
        for name, found in doc._.triage.predictions.items()
        for label, chance in found.alternatives
    }
    assert doc.cats == expected
    assert set(doc.cats) <= set(nlp.get_pipe("petition_classify").labels)


def test_empty_text_is_looked_at_by_a_person(nlp: Any) -> None:
    """An empty text gives an empty doc with a triage that asks for a person."""
    for text in ("", " \n\u3000", "\u200b"):
        doc = nlp(text)
        assert (len(doc), doc.text) == (0, "")
        reasons = doc._.triage.decision.review_reasons
        assert {"too_short", "unseen_words"} <= set(reasons)


def test_letter_id_fixes_the_audit_sample(settings: Settings) -> None:
    """A letter's id given with the doc reaches the triage and the audit sample."""
    nlp: Any = nlp_pipeline.load(settings.classify.model, route__audit_share=0.5)
    audited = set()
    for number in range(12):
        doc = nlp.make_doc(TEXTS[0])
        doc.user_data[KEY]["letter_id"] = f"来信{number}"
        triage = nlp(doc)._.triage
        assert triage.letter_id == f"来信{number}"
        audited.add("audit_sample" in triage.decision.review_reasons)
    assert audited == {True, False}


def test_pipeline_is_read_back_from_a_folder(nlp: Any, tmp_path: Path) -> None:
    """A pipeline written to a folder and read with `spacy.load` gives equal results."""
    nlp.to_disk(tmp_path / "model")
    assert _triages(spacy.load(tmp_path / "model")) == _triages(nlp)


def test_pipeline_can_be_written_over_itself(nlp: Any, tmp_path: Path) -> None:
    """Writing to the same folder twice leaves a pipeline that can be read."""
    nlp.to_disk(tmp_path / "model")
    nlp.to_disk(tmp_path / "model")
    assert _triages(spacy.load(tmp_path / "model"), TEXTS[:1]) == _triages(nlp, TEXTS[:1])


def test_settings_travel_with_the_pipeline(settings: Settings, tmp_path: Path) -> None:
    """A setting given to `load` still holds after writing and reading the pipeline."""
    strict: Any = nlp_pipeline.load(
        settings.classify.model, route__min_topic=1.0, route__audit_share=0
    )
    strict.to_disk(tmp_path / "model")
    for nlp in (strict, spacy.load(tmp_path / "model")):
        assert "low_topic" in nlp(TEXTS[0])._.triage.decision.review_reasons


def test_doc_bin_keeps_the_triage(nlp: Any) -> None:
    """Docs stored with their user data bring their triage back."""
    docs = [nlp(text) for text in TEXTS]
    stored = DocBin(docs=docs, store_user_data=True).to_bytes()
    found = list(DocBin().from_bytes(stored).get_docs(nlp.vocab))
    assert [doc._.triage for doc in found] == [doc._.triage for doc in docs]


def test_triage_on_a_doc_is_plain_json(nlp: Any) -> None:
    """What rides on a doc is JSON and gives the same triage again."""
    content = nlp(TEXTS[2]).user_data[KEY]
    assert json.loads(json.dumps(content)) == content
    assert Triage.from_dict(content["triage"]) == nlp(TEXTS[2])._.triage


def test_doc_of_a_broken_text_can_be_stored(nlp: Any) -> None:
    """A lone surrogate of the raw text is marked, so that the doc fits a file."""
    doc = nlp("路灯\ud800坏了三天，请派人来修。")
    stored = DocBin(docs=[doc], store_user_data=True).to_bytes()
    (found,) = DocBin().from_bytes(stored).get_docs(nlp.vocab)
    clean = found._.triage.clean
    assert clean.raw == "路灯\ufffd坏了三天，请派人来修。"
    assert found.text == "路灯坏了三天，请派人来修。"
    assert [clean.raw[slice(*span)] for span in clean.offsets] == list(clean.text)


def test_stream_equals_single_letters(nlp: Any) -> None:
    """`nlp.pipe` gives the docs in order, equal to those of single calls."""
    docs = list(nlp.pipe(TEXTS, batch_size=2, n_process=1))
    assert [doc._.triage.as_dict() for doc in docs] == _triages(nlp)


def test_matcher_works_on_words(nlp: Any) -> None:
    """A matcher of spaCy finds the words of jieba in a doc."""
    matcher = Matcher(nlp.vocab)
    matcher.add("LAMP", [[{"TEXT": "路灯"}, {"OP": "?"}, {"TEXT": "坏"}]])
    doc = nlp(TEXTS[0])
    assert [doc[start:end].text for _, start, end in matcher(doc)] == ["路灯坏"]


def test_installed_model_equals_load() -> None:
    """`spacy.load("petition_zh")` and `nlp_pipeline.load()` give equal results."""
    assert _triages(spacy.load("petition_zh")) == _triages(nlp_pipeline.load())


def test_pipes_fit_together(nlp: Any) -> None:
    """The analysis that spaCy makes finds both components and no problem."""
    found = nlp.analyze_pipes()
    assert nlp.pipe_names == ["petition_classify", "petition_route"]
    assert found["problems"] == {"petition_classify": [], "petition_route": []}


def test_factories_are_found_without_importing_us(tmp_path: Path) -> None:
    """A fresh process that imports spaCy alone knows our tokenizer and components."""
    code = (
        "import sys, spacy\n"
        "from spacy.util import registry\n"
        "nlp = spacy.blank('zh', config={'nlp': {'tokenizer': "
        "{'@tokenizers': 'petition_tokenizer', 'settings': {}}}})\n"
        "nlp.add_pipe('petition_classify')\n"
        "nlp.add_pipe('petition_route')\n"
        "print(*nlp.pipe_names, type(nlp.tokenizer).__name__)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.stderr == ""
    assert done.stdout.split() == ["petition_classify", "petition_route", "PetitionTokenizer"]


@pytest.mark.parametrize("factory", ["petition_classify", "petition_route"])
def test_misspelt_setting_of_a_component_is_refused(factory: str) -> None:
    """A setting that does not exist is refused by its name when the component is made."""
    with pytest.raises(ConfigError, match=r"route\.min_topik"):
        Chinese().add_pipe(factory, config={"settings": {"route.min_topik": 0.5}})


def test_misspelt_setting_of_the_tokenizer_is_refused() -> None:
    """The tokenizer too refuses a setting that does not exist."""
    with pytest.raises(ConfigError, match=r"normalise\.share"):
        make_tokenizer({"normalise.share": 0.5})(Chinese())


def test_component_without_a_model_says_what_to_do(tmp_path: Path) -> None:
    """A component that was only made has no labels, writes nothing, and names the remedy."""
    nlp: Any = Chinese()
    nlp.tokenizer = make_tokenizer()(nlp)
    component: Any = nlp.add_pipe("petition_classify")
    component.to_disk(tmp_path / "bundle")
    assert component.labels == ()
    assert not (tmp_path / "bundle").exists()
    with pytest.raises(ModelMissingError, match=r"nlp_pipeline\.load"):
        nlp("路灯坏了")


def _tokenizer(folder: Path) -> tuple[Any, PetitionTokenizer]:
    nlp: Any = Chinese()
    return nlp, PetitionTokenizer(nlp.vocab, Segmenter(["幸福里二期", "住建局"], folder), 0.05)


def _words(tokenizer: PetitionTokenizer) -> list[str]:
    return [token.text for token in tokenizer("幸福里二期找住建局")]


@pytest.mark.parametrize("way", ["disk", "bytes", "pickle"])
def test_tokenizer_round_trip(way: str, tmp_path: Path) -> None:
    """The words kept whole, and where the dictionary is cached, survive writing and reading."""
    cache = tmp_path / "cache"
    cache.mkdir()
    nlp, first = _tokenizer(cache)
    assert _words(first) == ["幸福里二期", "找", "住建局"]
    other = PetitionTokenizer(nlp.vocab, Segmenter([], cache), 0.05)
    assert _words(other) != _words(first)
    if way == "disk":
        first.to_disk(tmp_path / "new" / "tokenizer")
        other.from_disk(tmp_path / "new" / "tokenizer")
    elif way == "bytes":
        other.from_bytes(first.to_bytes())
    else:
        other = pickle.loads(pickle.dumps(first))
    assert _words(other) == _words(first)
    assert other.segmenter.words == first.segmenter.words
    assert other.segmenter.cache_directory == cache
    assert other.min_traditional_share == first.min_traditional_share


def test_pipeline_can_be_sent_to_another_process(nlp: Any) -> None:
    """Pipeline and doc attributes can be pickled, as worker processes need it."""
    sent = pickle.loads(pickle.dumps(nlp))
    assert _triages(sent, TEXTS[:2]) == _triages(nlp, TEXTS[:2])
    _, _, doc_extensions = pickle.loads(pickle.dumps(Underscore.get_state()))
    assert {"triage", *FIELDS} <= set(doc_extensions)
