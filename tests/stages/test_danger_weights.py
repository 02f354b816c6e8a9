"""Tests of the learned weights of danger: scores, passages, words, and the file they are in."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_pipeline.config import load_settings
from nlp_pipeline.errors import ResourceError
from nlp_pipeline.labels import load_labels
from nlp_pipeline.stages._danger import find_danger
from nlp_pipeline.stages._danger_lexicon import load_frames
from nlp_pipeline.stages._danger_weights import (
    CODES,
    LEAST,
    MOST,
    Weighing,
    load_weights,
    merged,
    read_passages,
    read_weights,
)
from nlp_pipeline.stages._rules import RuleBook, Search
from nlp_pipeline.stages._rules_sentences import Sentences
from nlp_pipeline.stages.judge import judge_letter, load_rules
from nlp_pipeline.stages.normalise import normalise_text

TABLE: dict[str, Any] = {
    "bias": -1.0,
    "min_alone": 0.5,
    "min_urgent": 1.5,
    "min_framed": -0.5,
    "grams": ["0", "塔", "塔顶", "楼塌"],
    "danger": [500, 1000, 2000, -3000],
    **{code: [0, 0, 0, 0] for code in CODES},
    "A1": [0, 0, 900, 0],
    "A3": [0, 100, 0, 900],
}
WEIGHTS = read_weights(TABLE)
NO_RULES = RuleBook(())


def _score(text: str) -> float:
    """Give the score of a text."""
    return Weighing(Sentences(text), WEIGHTS).best().score


@pytest.mark.parametrize(
    ("text", "total"),
    [("他在塔顶上", 3.0), ("看楼塌了", -3.0), ("没有别的", 0.0), ("房号7和12", 1.5), ("塔", 1.0)],
    ids=["single and pair", "against", "nothing known", "every digit is a 0", "one character"],
)
def test_a_short_text_scores_the_sum_of_its_weights(text: str, total: float) -> None:
    """The weights are added, divided by the root of the length, 20 at least, with the bias."""
    assert _score(text) == pytest.approx(total / math.sqrt(20) - 1.0, abs=1e-6)


def test_the_words_told_are_those_that_brought_most() -> None:
    """The hit spans the words with the greatest sum, with their share and the likeliest code."""
    weighing = Weighing(Sentences("我们几个人现在还在塔顶等着"), WEIGHTS)
    hit = weighing.tell(weighing.best())
    assert (hit.code, hit.start, hit.end) == ("A1", 9, 11)
    assert hit.weight == pytest.approx(3.0 / math.sqrt(20))


@given(text=st.text(st.sampled_from("塔顶楼塌0好的。，；\n"), min_size=1, max_size=900))
def test_passages_cover_a_letter_in_order(text: str) -> None:
    """Every character is in a passage, none is longer than allowed, and each begins later."""
    begins, ends = (found.tolist() for found in read_passages(Sentences(text)))
    assert begins == sorted(set(begins))
    assert begins[0] == 0
    assert ends[-1] == len(text)
    assert all(begin < end <= begin + MOST for begin, end in zip(begins, ends, strict=True))
    assert all(later <= end for later, end in zip(begins[1:], ends, strict=False))


def test_short_sentences_are_read_together() -> None:
    """In a long letter a passage goes on to the end of a sentence, `LEAST` characters at least."""
    begins, ends = read_passages(Sentences("水管又裂了一次。" * 40))
    assert begins[:2].tolist() == [0, 8]
    assert ends[0] == -(-LEAST // 8) * 8


def test_the_best_of_many_passages_must_be_higher() -> None:
    """The same words score less in a long letter, by the logarithm of its passages."""
    filler = "好" * 79 + "。"
    text = filler * 3 + "塔顶" + "好" * 77 + "。" + filler * 3
    passages = len(read_passages(Sentences(text))[0])
    assert passages > 1
    assert _score(text) == pytest.approx(3.0 / math.sqrt(80) - 1.0 - math.log(passages), abs=1e-6)


def test_a_high_score_is_told_by_code_and_words() -> None:
    """A letter whose score is high enough is raised though no rule and no frame hits."""
    text = "塔顶塔顶塔顶"
    search = Search(text, NO_RULES, 1.0)
    (hit,) = find_danger(search, (), load_frames(), WEIGHTS)
    assert hit.code == "A1"
    assert hit.weight > 0.0
    assert find_danger(search, (), load_frames()) == []


def test_a_frame_counts_only_where_the_score_is_near() -> None:
    """Where the weights speak against it, what a frame finds is not danger."""
    text = "遗书写好了，我今晚就从楼上跳下去。"
    search = Search(text, NO_RULES, 1.0)
    assert [hit.code for hit in find_danger(search, (), load_frames())] == ["A1"]
    assert find_danger(search, (), load_frames(), read_weights(TABLE | {"min_framed": 9.0})) == []
    near = find_danger(search, (), load_frames(), read_weights(TABLE | {"min_framed": -9.0}))
    assert [(hit.code, hit.weight) for hit in near] == [("A1", 0.0)]


def test_beside_an_urgent_matter_the_score_must_be_higher() -> None:
    """Where a rule says 紧急, what was learned raises the letter from a higher score on."""
    rules, settings = load_rules(load_labels()), load_settings().judge
    clean = normalise_text("我们这栋楼停水第五天了，塔顶塔顶塔顶")
    for limit, floor in ((0.4, "特急"), (9.0, "紧急")):
        weights = read_weights(TABLE | {"min_urgent": limit, "min_alone": 0.4})
        assert judge_letter(clean, {}, replace(rules, weights=weights), settings).floor == floor


def test_an_empty_letter_has_no_danger() -> None:
    """Nothing is found where nothing stands."""
    assert find_danger(Search("", NO_RULES, 1.0), (), load_frames(), WEIGHTS) == []


def test_what_was_learned_is_told_in_the_judgement() -> None:
    """The reason names the code and the words, and its weight says that a model found them."""
    rules = replace(load_rules(load_labels()), weights=WEIGHTS)
    judgement = judge_letter(normalise_text("塔顶塔顶塔顶"), {}, rules, load_settings().judge)
    (reason,) = judgement.reasons
    assert (judgement.floor, judgement.codes) == ("特急", ("A1",))
    assert (reason.field, reason.code, reason.text) == ("urgency", "A1", "塔顶塔顶塔顶")
    assert reason.weight == pytest.approx(9.0 / math.sqrt(20))


def test_a_rule_is_not_taken_back() -> None:
    """However low the score, what a rule finds stands, and it has no weight."""
    weights = read_weights(TABLE | {"bias": -99.0})
    rules = replace(load_rules(load_labels()), weights=weights)
    text = "再不给工资我就从楼上跳下去。"
    judgement = judge_letter(normalise_text(text), {}, rules, load_settings().judge)
    assert judgement.floor == "特急"
    assert {reason.weight for reason in judgement.reasons} == {0.0}


def test_merged_makes_every_digit_a_0() -> None:
    """Numbers are weighed as such and never learned."""
    assert merged("12月3号") == "00月0号"


def test_the_shipped_weights_hold_no_number_and_nothing_long() -> None:
    """Every gram is a character or a pair, without white space and with no digit but 0."""
    weights = load_weights()
    path = Path(__file__).parents[2] / "nlp_pipeline" / "resources" / "danger_weights.json"
    grams = json.loads(path.read_text(encoding="utf-8"))["grams"]
    assert len(grams) == len(weights.keys) >= 1_000
    assert {len(gram) for gram in grams} == {1, 2}
    assert not any(sign.isspace() or sign in "123456789" for gram in grams for sign in gram)
    assert weights.min_framed < weights.min_alone < weights.min_urgent


@pytest.mark.parametrize(
    "change",
    [
        {"grams": ["塔", "0", "塔顶", "楼塌"]},
        {"grams": ["0", "塔", "塔顶", "楼塌了"]},
        {"grams": ["0", "塔", "塔顶", ""]},
        {"grams": [], "danger": [], **{code: [] for code in CODES}},
        {"danger": [1, 2]},
        {"danger": ["x", 1, 1, 1]},
        {"bias": None},
        {"A6": 5, "A5": None},
        {"grams": ["0", "塔", "塔顶", "𠀀"]},
    ],
    ids=["order", "long", "empty", "none", "too few", "no number", "no bias", "null", "plane"],
)
def test_a_malformed_file_is_refused(change: dict[str, Any], tmp_path: Path) -> None:
    """A site's own weights that cannot be used are told by the name of the file."""
    (tmp_path / "danger_weights.json").write_text(json.dumps(TABLE | change), encoding="utf-8")
    with pytest.raises(ResourceError, match=r"danger_weights\.json"):
        load_weights(str(tmp_path))


def test_a_site_can_give_its_own_weights(tmp_path: Path) -> None:
    """The file of a site's folder stands in the place of the package's."""
    (tmp_path / "danger_weights.json").write_text(json.dumps(TABLE), encoding="utf-8")
    assert load_weights(str(tmp_path)).min_alone == TABLE["min_alone"]
    (tmp_path / "danger_weights.json").write_text("[", encoding="utf-8")
    with pytest.raises(ResourceError, match="JSONDecodeError"):
        load_weights(str(tmp_path))
