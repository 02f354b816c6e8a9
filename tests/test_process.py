"""Tests of the batch loop: n letters in, n outcomes out, whatever fails."""

import sys
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_pipeline import process
from nlp_pipeline.config import Settings, load_settings
from nlp_pipeline.errors import ModelMissingError, SourceError
from nlp_pipeline.labels import Labels, load_labels
from nlp_pipeline.learning.bundle import MANIFEST
from nlp_pipeline.process import Walk, find_bundle, load_model, load_segmenter, process_letters
from nlp_pipeline.records import CleanText, Failure, Judgement, Letter, Token, Triage
from nlp_pipeline.stages._features import TokenTable, token_features
from nlp_pipeline.stages._model import Head, Model, Scores
from nlp_pipeline.stages.judge import Rules, judge_letter, load_rules
from nlp_pipeline.stages.normalise import normalise_text
from nlp_pipeline.stages.route import route_letter
from nlp_pipeline.stages.segment import Segmenter

MARKS = {"normalise": "甲", "segment": "乙", "classify": "丙", "judge": "丁", "route": "戊"}
"""A letter that holds the character is one that the step cannot do."""

ERRORS = (ValueError, MemoryError, RecursionError, ZeroDivisionError)
TEXT = "小区路灯坏了好几天，晚上出门看不见路，请尽快派人维修。"


class Cutter(Segmenter):
    """Cut into single characters; fail on a marked letter."""

    def __call__(self, text: str) -> list[Token]:
        """Give every character as a word."""
        _fail("segment", text)
        return [Token(c, i, i + 1) for i, c in enumerate(text)]


class Picky(Model):
    """A model that cannot score a batch with a marked letter."""

    def scores(self, letters: Sequence[Mapping[str, float]]) -> Scores:
        """Give the scores, or raise where a word carries the mark."""
        _fail("classify", "".join(word for letter in letters for word in letter))
        return super().scores(letters)


@dataclass
class Trouble:
    """What a failing step raises now."""

    error: type[Exception] = ValueError


TROUBLE = Trouble()


def _fail(step: str, text: str) -> None:
    if MARKS[step] in text:
        raise TROUBLE.error(text)


def _normalise(raw: str, share: float) -> CleanText:
    _fail("normalise", raw)
    return normalise_text(raw, share)


def _judge(clean: CleanText, *others: Any) -> Judgement:
    _fail("judge", clean.text)
    return judge_letter(clean, *others)


def _route(letter_id: str, *others: Any, **facts: Any) -> Any:
    _fail("route", letter_id)
    return route_letter(letter_id, *others, **facts)


@pytest.fixture(scope="module")
def steps() -> Iterator[None]:
    """Let the steps fail on marked letters."""
    with (
        patch.object(process, "normalise_text", _normalise),
        patch.object(process, "judge_letter", _judge),
        patch.object(process, "route_letter", _route),
    ):
        yield


@pytest.fixture(scope="module")
def rules(labels: Labels) -> Rules:
    """Give the package's rules."""
    return load_rules(labels)


def _small_walk(rules: Rules, batch_size: int = 3) -> Walk:
    labels = load_labels()
    names = sorted({name for c in TEXT for name in token_features(c)})
    random = np.random.default_rng(3)
    heads, start = {}, 0
    for field in ("topic", "purpose", "urgency", "department"):
        stop = start + len(labels.of(field))
        head = Head(field, labels.of(field), slice(start, stop), 0.5, np.zeros(stop - start))
        heads[field] = head
        start = stop
    model = Picky(
        name="klein",
        table=TokenTable(names, np.ones(len(names), dtype=np.float32)),
        weights=random.normal(size=(len(names), start)).astype(np.float32),
        base=np.zeros(start, dtype=np.float32),
        heads=heads,
    )
    chosen = load_settings(None, {"classify.batch_size": batch_size, "read.max_letter_chars": 1000})
    return Walk(chosen, labels, Cutter(), model, rules)


KINDS = ("fine", "failure", "empty", "long", *MARKS)


def _item(number: int, kind: str) -> Letter | Failure:
    name = f"L{number}"
    if kind == "failure":
        return Failure(name, "来信.csv", number, "read", "P205", "一行损坏", {"n": name})
    raw = {"fine": TEXT, "empty": "！？……", "long": "长" * 1001, "route": TEXT}
    text = raw.get(kind) or f"{TEXT}{MARKS[kind]}"
    name += MARKS["route"] if kind == "route" else ""
    return Letter(name, text, source="来信.csv", number=number, row={"n": name})


@pytest.mark.usefixtures("steps")
@settings(max_examples=40, deadline=None)
@given(
    kinds=st.lists(st.sampled_from(KINDS), max_size=12),
    batch_size=st.integers(1, 14),
    error=st.sampled_from(ERRORS),
)
def test_as_many_outcomes_as_letters(
    rules: Rules, kinds: list[str], batch_size: int, error: type[Exception]
) -> None:
    """Each letter has exactly one outcome, in order; a failing one spoils no other."""
    walk = _small_walk(rules, batch_size)
    items = [_item(number, kind) for number, kind in enumerate(kinds, 1)]
    with patch.object(TROUBLE, "error", error):
        pairs = list(process_letters(items, walk))
    ((_, untouched),) = process_letters([_item(0, "fine")], walk)
    assert isinstance(untouched, Triage)
    assert len(pairs) == len(items)
    for item, kind, (letter, outcome) in zip(items, kinds, pairs, strict=True):
        if kind == "failure":
            assert outcome is item
            assert (letter.id, letter.number, letter.row) == (
                outcome.letter_id,
                outcome.number,
                outcome.row,
            )
        elif kind == "fine":
            assert letter is item
            assert isinstance(outcome, Triage)
            assert outcome.letter_id == letter.id
            assert outcome.predictions == untouched.predictions
        else:
            assert letter is item
            assert isinstance(outcome, Failure)
            assert (outcome.letter_id, outcome.source) == (letter.id, letter.source)
            assert (outcome.number, outcome.row) == (letter.number, letter.row)
            known = {"empty": ("normalise", "P301"), "long": ("normalise", "P302")}
            assert (outcome.step, outcome.code) == known.get(kind, (kind, "P303"))
            assert TEXT[:4] not in outcome.reason


@pytest.mark.usefixtures("steps")
def test_failing_batch_is_repeated_one_by_one(rules: Rules) -> None:
    """Where a batch cannot be classified, each letter is, and each names its own step."""
    kinds = ["fine", "classify", "judge", "fine", "route"]
    items = [_item(number, kind) for number, kind in enumerate(kinds, 1)]
    outcomes = [outcome for _, outcome in process_letters(items, _small_walk(rules, 5))]
    assert [o.step if isinstance(o, Failure) else "" for o in outcomes] == [
        "",
        "classify",
        "judge",
        "",
        "route",
    ]


@pytest.mark.usefixtures("steps")
def test_interruption_is_not_swallowed(rules: Rules) -> None:
    """A user's interruption ends the run and is no letter's failure."""
    with (
        patch.object(TROUBLE, "error", KeyboardInterrupt),
        pytest.raises(KeyboardInterrupt, match="路灯"),
    ):
        list(process_letters([_item(1, "segment")], _small_walk(rules)))


@pytest.mark.usefixtures("steps")
def test_error_of_ours_keeps_its_code(rules: Rules) -> None:
    """An error with a code of its own is kept with its code and its sentence."""
    error = SourceError("用户词典", "it is gone")
    with patch.object(TROUBLE, "error", lambda _: error):
        ((_, outcome),) = process_letters([_item(1, "segment")], _small_walk(rules))
    assert isinstance(outcome, Failure)
    assert (outcome.step, outcome.code, outcome.reason) == ("segment", "P201", str(error))


def test_letters_are_given_as_soon_as_a_batch_is_full(rules: Rules) -> None:
    """The loop reads no further than the batch it works on."""
    read: list[int] = []

    def source() -> Iterator[Letter]:
        for number in range(1, 8):
            read.append(number)
            yield Letter(f"L{number}", TEXT)

    outcomes = process_letters(source(), _small_walk(rules, 3))
    assert next(outcomes)[0].id == "L1"
    assert read == [1, 2, 3]
    assert [letter.id for letter, _ in outcomes] == ["L2", "L3", "L4", "L5", "L6", "L7"]


def test_nothing_read_gives_nothing(rules: Rules) -> None:
    """No letters give no outcomes."""
    assert list(process_letters([], _small_walk(rules))) == []


def test_letter_at_the_limit_is_taken(rules: Rules) -> None:
    """The longest letter allowed is triaged, title included in the count."""
    exact = Letter("L1", "路" * 1000)
    titled = Letter("L2", "路" * 996, title="标题两字")
    outcomes = [o for _, o in process_letters([exact, titled], _small_walk(rules))]
    assert isinstance(outcomes[0], Triage)
    assert isinstance(outcomes[1], Failure)
    assert outcomes[1].code == "P302"


@pytest.mark.parametrize(
    "raw",
    ["", " \n\u3000", "。。。", "😀😀", "\u202e\u200b\ufeff", "\ud800\udfff", "\x00\x07", "——★"],
)
def test_letter_without_a_readable_character_fails_as_empty(rules: Rules, raw: str) -> None:
    """Noise alone is a failure that says there is no text."""
    ((_, outcome),) = process_letters([Letter("L1", raw)], _small_walk(rules))
    assert isinstance(outcome, Failure)
    assert outcome.code == "P301"


def test_hostile_letters_are_triaged(
    walk: Walk, labels: Labels, make_letter: Callable[..., Letter]
) -> None:
    """Odd letters all get a decision whose labels are known, and the words join to the text."""
    raws = [
        "火",
        "A",
        "请修路\ud800灯",
        "\u202e楼上漏水三天了\u202c，没人管",
        "請問樓下工地什麼時候停工？已經吵了一個月。",
        "😀🔥" * 500 + "着火了",
        "Здравствуйте，我想咨询居留证怎么办理 please help",
        "停水" * 3000,
        "1" * 50_000,
        "身份证110101199001010000，电话13800138000，请尽快处理欠薪",
        "\n".join(["路灯坏了"] * 300),
    ]
    letters = [make_letter(raw, id=str(number)) for number, raw in enumerate(raws)]
    pairs = list(process_letters(letters, walk))
    assert [letter.id for letter, _ in pairs] == [letter.id for letter in letters]
    for letter, outcome in pairs:
        assert isinstance(outcome, Triage)
        assert outcome.clean.raw == letter.raw
        assert "".join(outcome.tokens) == outcome.clean.text
        decision = outcome.decision
        for field in ("topic", "purpose", "urgency", "department"):
            assert getattr(decision, field) in labels.of(field)
        assert decision.subtopic in ("", *labels.subtopics)


def test_one_by_one_equals_the_batch(walk: Walk, corpus_rows: list[dict[str, Any]]) -> None:
    """The decision and the probabilities do not depend on the size of the batch."""
    letters = [Letter(r["id"], r["text"], title=r["title"]) for r in corpus_rows[:60]]

    def walk_by(size: int) -> list[Triage]:
        sized = replace(walk.settings.classify, batch_size=size)
        one = replace(walk, settings=replace(walk.settings, classify=sized))
        found = [o for _, o in process_letters(letters, one) if isinstance(o, Triage)]
        assert len(found) == len(letters)
        return found

    for alone, together in zip(walk_by(1), walk_by(60), strict=True):
        _compare_decisions(alone, together)
        for name, found in alone.predictions.items():
            other = together.predictions[name]
            assert dict(found.alternatives) == pytest.approx(dict(other.alternatives), abs=1e-6)


def _compare_decisions(one: Triage, other: Triage) -> None:
    left, right = one.decision, other.decision
    assert replace(left, departments=()) == replace(right, departments=())
    assert [n for n, _ in left.departments] == [n for n, _ in right.departments]
    assert one.judgement == other.judgement


def test_subtopic_of_a_decision_lies_under_its_topic(
    walk: Walk, corpus_rows: list[dict[str, Any]]
) -> None:
    """A decided subtopic begins with the decided topic."""
    letters = [Letter(r["id"], r["text"], title=r["title"]) for r in corpus_rows[60:160]]
    decisions = [o.decision for _, o in process_letters(letters, walk) if isinstance(o, Triage)]
    decided = [d for d in decisions if d.subtopic]
    assert decided
    assert all(d.subtopic.startswith(f"{d.topic}/") for d in decided)


@pytest.mark.parametrize("name", ["没有这个模型", "no_such_model", "no/such/folder", "not-a-name"])
def test_missing_model_is_named(name: str) -> None:
    """A model that is neither a package nor a folder is named in the error."""
    with pytest.raises(ModelMissingError, match=name):
        load_model(name)


def test_package_that_is_no_model_is_refused() -> None:
    """An installed package without a bundle is told apart from a model."""
    with pytest.raises(ModelMissingError, match="not a model of ours"):
        find_bundle("json")


def test_folder_without_a_bundle_is_refused(tmp_path: Path) -> None:
    """A folder that holds no bundle is refused by its path."""
    with pytest.raises(ModelMissingError, match=tmp_path.name):
        load_model(str(tmp_path))


def test_installed_model_wins_over_an_unrelated_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder of a model's name in the working directory hides it only if it is a bundle."""
    package = types.ModuleType("some_model")
    package.__dict__["BUNDLE"] = tmp_path / "bundle"
    monkeypatch.setitem(sys.modules, "some_model", package)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "some_model").mkdir()
    assert find_bundle("some_model") == tmp_path / "bundle"
    (tmp_path / "some_model" / MANIFEST).write_text("{}", encoding="utf-8")
    assert find_bundle("some_model") == Path("some_model")


def test_segmenter_keeps_its_cache_where_it_is_told(
    labels: Labels, settings: Settings, tmp_path: Path
) -> None:
    """The folder named in the settings receives the prefix dictionary."""
    chosen = replace(
        settings, segment=replace(settings.segment, cache_directory=str(tmp_path), engine="jieba")
    )
    assert load_segmenter(chosen, labels)("住建局不管")[0].text == "住建局"
    assert list(tmp_path.iterdir())
