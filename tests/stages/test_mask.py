"""Tests of masking: what is found, what stays, and what a model may see."""

from collections.abc import Callable

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_pipeline.records import Token
from nlp_pipeline.stages._features import token_features
from nlp_pipeline.stages._mask import find_personal, mask_text, mask_tokens
from nlp_pipeline.stages._mask_checks import (
    is_card,
    is_hong_kong_identity,
    is_identity,
    is_taiwan_identity,
)
from nlp_pipeline.stages._mask_shapes import is_name, is_word
from nlp_pipeline.stages._mask_surnames import GIVEN, RARE_SURNAMES, WORDLIKE_SURNAMES
from nlp_pipeline.stages._mask_words import EVERYDAY, PAIRS
from nlp_pipeline.stages.classify import prepare, weigh
from nlp_pipeline.stages.normalise import normalise_text
from nlp_pipeline.stages.segment import Segmenter

FOUND = [
    ("邮箱", "请回信到li.xf+1@mail.example.com，谢谢", "li.xf+1@mail.example.com"),
    ("邮箱", "我家住在阳光苑三期请发到abc@example.com", "abc@example.com"),
    ("身份证", "证件110101199001011234已登记", "110101199001011234"),
    ("身份证", "证件11010119900101123X已登记", "11010119900101123X"),
    ("身份证", "身份证号码：1101**********1234", "1101**********1234"),
    ("身份证", "居民A123456789在此居住", "A123456789"),
    ("电话", "请打13800138000", "13800138000"),
    ("电话", "请打138-0013-8000", "138-0013-8000"),
    ("电话", "请打138 0013 8000", "138 0013 8000"),
    ("电话", "请打+86 13800138000", "+86 13800138000"),
    ("电话", "请打138.0013.8000", "138.0013.8000"),
    ("电话", "请打+852 2345 6789", "+852 2345 6789"),
    ("电话", "请打+886-912-345-678", "+886-912-345-678"),
    ("电话", "办公室0731-88880000没人接", "0731-88880000"),
    ("电话", "手机0912-345-678打不通", "0912-345-678"),
    ("电话", "联系电话：138****8000", "138****8000"),
    ("联系方式", "微信号：wx_abc123", "wx_abc123"),
    ("联系方式", "QQ是1234567", "1234567"),
    ("银行卡", "卡号6222 0000 1111 2222 333", "6222 0000 1111 2222 333"),
    ("车牌", "车牌京A12345乱停", "京A12345"),
    ("车牌", "电动车粤BD12345占道", "粤BD12345"),
    ("人名", "我叫王建国，住城东", "王建国"),
    ("人名", "我叫欧阳明，住城东", "欧阳明"),
    ("人名", "联系人：张伟 电话见附件", "张伟"),
    ("人名", "反映人：阿依古丽，女", "阿依古丽"),
    ("人名", "我叫仝小明，住城东", "仝小明"),
    ("案号", "不服(2023)云01民初123号判决", "(2023)云01民初123号"),
    ("证件", "护照号E12345678过期", "E12345678"),
    ("门牌", "人民路1388号3-2-501室", "3-2-501室"),
    ("电话", "请打一三八〇〇一三八〇〇〇", "一三八〇〇一三八〇〇〇"),
    ("号码", "工号123456的职员", "123456"),
]
STAYS = [
    "欠我20000元",
    "拖欠128000余元、30000多元",
    "共1,200,000元，到账128000.50元",
    "占地100000平方米",
    "影响12000户、50000人",
    "2024年5月20日18:30",
    "2024-05-20 18:30:00",
    "人民路1388号",
    "反映人：李某某",
    "联系人：张×× 电话见附件",
    "联系人：王先生",
    "工单号20240520123456",
    "省道S315和G1501高速",
    "打了12345热线，又打12315、95598、10086",
    "PM2.5超标，分贝85",
    "我是小区业主，路灯坏了",
    "我是马路对面的住户",
    "王府井门口",
    "",
]
SECRETS = ("13800138000", "110101199001011234", "a@b.example", "京A12345", "王建国")
pieces = st.one_of(
    st.sampled_from([*SECRETS[:-1], "我叫王建国", "12345", "20元"]),
    st.text("停水。 1@xX×\n电话：微信", max_size=6),
)
letters = st.lists(pieces, max_size=8).map("，".join)


@pytest.mark.parametrize(("kind", "text", "personal"), FOUND, ids=[f"{k}-{p}" for k, _, p in FOUND])
def test_personal_is_found(kind: str, text: str, personal: str) -> None:
    """What belongs to a person is found, whole, alone and with its kind."""
    found = find_personal(text)
    assert [(item.kind, text[item.start : item.end]) for item in found] == [(kind, personal)]
    assert mask_text(text) == text.replace(personal, f"〈{kind}1〉")


@pytest.mark.parametrize("text", STAYS)
def test_what_is_not_personal_stays(text: str) -> None:
    """Amounts, dates, roads, lines of offices and measured values stay."""
    assert find_personal(text) == []
    assert mask_text(text) == text


def test_every_kind_is_tested() -> None:
    """A text of every kind is among those above."""
    kinds = {item.kind for _, text, _ in FOUND for item in find_personal(text)}
    assert kinds == {kind for kind, _, _ in FOUND}
    assert len(kinds) == 11


def complete(base: str, checks: str, is_valid: Callable[[str], bool]) -> str:
    """Give a base with the one check character that makes it a valid number."""
    (number,) = [base + check for check in checks if is_valid(base + check)]
    return number


IDENTITY = complete("53010219800101" + "001", "0123456789X", is_identity)
TAIWAN = complete("B12345678", "0123456789", is_taiwan_identity)
HONG_KONG = complete("C654321", "0123456789A", is_hong_kong_identity)
CARD = complete("622848000012345" + "678", "0123456789", is_card)
VALID = [
    ("身份证", IDENTITY),
    ("身份证", f"{IDENTITY[:6]} {IDENTITY[6:14]} {IDENTITY[14:]}"),
    ("身份证", f"{IDENTITY[:6]}-{IDENTITY[6:14]}-{IDENTITY[14:]}"),
    ("身份证", f"{IDENTITY[:6]} {IDENTITY[6:10]} {IDENTITY[10:14]} {IDENTITY[14:]}"),
    ("身份证", " ".join(IDENTITY)),
    ("身份证", "530102" + "800101" + "001"),
    ("身份证", TAIWAN),
    ("身份证", f"{HONG_KONG[:-1]}({HONG_KONG[-1]})"),
    ("银行卡", CARD),
    ("银行卡", f"{CARD[:4]} {CARD[4:8]} {CARD[8:12]} {CARD[12:16]} {CARD[16:]}"),
]


@pytest.mark.parametrize(("kind", "number"), VALID)
def test_a_valid_number_needs_no_label(kind: str, number: str) -> None:
    """A number whose check digit fits is told without a label, also split."""
    text = f"上面写着{number}，不知是谁的"
    assert find_personal(text) == [(kind, 4, 4 + len(number))]


@pytest.mark.parametrize("number", [CARD, TAIWAN, HONG_KONG])
def test_a_wrong_check_digit_is_no_such_number(number: str) -> None:
    """With another check digit the same figures are not of that kind."""
    wrong = number[:-1] + str((int(number[-1], 16) + 1) % 10)
    if len(number) == 8:
        wrong = f"{wrong[:-1]}({wrong[-1]})"
    kinds = {item.kind for item in find_personal(f"上面写着{wrong}，不知是谁的")}
    assert kinds.isdisjoint({"身份证", "银行卡"})


def test_an_identity_needs_a_day_of_birth() -> None:
    """Eighteen figures without a day in them, or too few, are no identity number."""
    assert not is_identity("530102" + "19801301" + "0010")
    assert not is_identity("530102")


@pytest.mark.parametrize("words", ["王建国", "欧阳明", "仝小明", "阿依古丽·××"])
def test_names_are_told(words: str) -> None:
    """A name is one with a common or a rare surname, and of a minority."""
    assert is_name(words)


@pytest.mark.parametrize(
    "words", ["刘某某", "张××", "市城管局", "全体村民", "匿名", "王先生", "欧阳"]
)
def test_other_words_are_no_names(words: str) -> None:
    """Offices, roles, surnames alone and names masked already are none."""
    assert not is_name(words)


@pytest.mark.parametrize(
    ("words", "likely"), [("应小楠", True), ("高明", False), ("王建国", False)]
)
def test_a_surname_that_is_a_word_begins_a_name_where_one_is_expected(
    words: str, likely: bool
) -> None:
    """A rare surname that is a common word begins a name where that is likely."""
    assert not is_word(words, likely=likely)


@pytest.mark.parametrize("words", ["应小心", "都知道", "从未来", "应当地"])
def test_a_common_word_begins_no_name(words: str) -> None:
    """The same word begins none in running text, nor before a word that is no given name."""
    assert is_word(words)
    assert is_word(words, likely=True)


def test_everyday_words_begin_like_rare_names() -> None:
    """The words that are no names are all such as could begin one."""
    assert {word[0] for word in EVERYDAY} <= {*RARE_SURNAMES, *WORDLIKE_SURNAMES}
    assert set("".join(PAIRS)) <= set(GIVEN)
    assert {len(word) for word in (*EVERYDAY, *PAIRS)} == {2}


def test_placeholders_count_by_kind() -> None:
    """The same words get the same placeholder, other words the next number."""
    text = "打13800138000没人接，改打13800138001，再打13800138000，信寄a@b.example"
    assert mask_text(text) == "打〈电话1〉没人接，改打〈电话2〉，再打〈电话1〉，信寄〈邮箱1〉"


def test_the_more_telling_kind_wins() -> None:
    """Of two kinds that overlap, one is found, and nothing twice."""
    assert mask_text("13800138000@mail.example") == "〈邮箱1〉"
    assert mask_text("身份证110101199001011234") == "身份证〈身份证1〉"


@given(letters)
@settings(deadline=None)
def test_spans_are_ordered_and_apart(text: str) -> None:
    """What is found stands in order, within the text and without overlap."""
    end = 0
    for item in find_personal(text):
        assert end <= item.start < item.end <= len(text)
        end = item.end


@given(letters)
@settings(deadline=None)
def test_masked_text_holds_nothing_personal(text: str) -> None:
    """Nothing personal that stands apart can be read in the masked text."""
    masked = mask_text(text)
    assert [secret for secret in SECRETS if secret in masked] == []
    assert masked.count("〈") == len(find_personal(text))


@given(letters)
@settings(deadline=None, max_examples=60)
def test_tokens_of_a_model_show_nothing_personal(segmenter: Segmenter, text: str) -> None:
    """No character of a personal span is in what a model sees; the rest is as it was."""
    tokens = segmenter(text)
    found = find_personal(text)
    masked = mask_tokens(tokens, found)
    touched = [t for t in tokens if any(t.start < p.end and p.start < t.end for p in found)]
    kept = [t for t in masked if not t.text.startswith("〈")]
    assert kept == [t for t in tokens if t not in touched]
    assert len(masked) - len(kept) <= len(found)
    assert [t.start for t in masked] == sorted(t.start for t in masked)
    for item in found:
        assert any(t.start <= item.start and item.end <= t.end for t in masked)


def test_one_placeholder_a_span() -> None:
    """A span of several words becomes one placeholder, which covers them all."""
    text = "请打138-0013-8000吧"
    tokens = [
        Token(text[a:b], a, b)
        for a, b in [(0, 2), (2, 5), (5, 6), (6, 10), (10, 11), (11, 15), (15, 16)]
    ]
    masked = mask_tokens(tokens, find_personal(text))
    assert masked == [Token("请打", 0, 2), Token("〈电话〉", 2, 15), Token("吧", 15, 16)]


def test_spans_side_by_side_are_two() -> None:
    """Two spans of one kind that touch are two placeholders."""
    text = "13800138000 13800138001"
    tokens = [Token(text[:11], 0, 11), Token(" ", 11, 12), Token(text[12:], 12, 23)]
    masked = mask_tokens(tokens, find_personal(text))
    assert [token.text for token in masked] == ["〈电话〉", " ", "〈电话〉"]


def test_word_across_a_border_is_masked_whole() -> None:
    """A word that is only partly personal is hidden whole."""
    text = "打13800138000"
    assert mask_tokens([Token(text, 0, len(text))], find_personal(text)) == [
        Token("〈电话〉", 0, len(text))
    ]


def test_nothing_found_changes_nothing() -> None:
    """Without anything personal the words are what they were."""
    tokens = [Token("停水", 0, 2), Token("了", 2, 3)]
    assert mask_tokens(tokens, []) == tokens
    assert mask_tokens([], find_personal("13800138000")) == []


def test_model_sees_nothing_personal(segmenter: Segmenter) -> None:
    """No feature of a letter holds a part of a number, an address or a name in it."""
    raw = (
        "我叫王建国，身份證號：110101199001011234，電話１３８００１３８０００，"
        "信箱jianguo.w@mail.example，車牌京A12345，微信：wxjg_1975，小區停水三天。"
    )
    clean = normalise_text(raw)
    letter = prepare(clean, segmenter(clean.text))
    seen = set(weigh(letter))
    assert {"停水", "小区"} <= seen
    features = {feature for token in seen for feature in token_features(token)}
    for secret in ("建国", "1101", "1234", "1380", "8000", "jian", "mail", "京a", "wxjg", "1975"):
        assert not any(secret in feature for feature in features), secret


@pytest.mark.parametrize(
    "text",
    [
        "1" * 1_000_000,
        "1" * 200_000 + "元",
        "13800138000，" * 50_000,
        "a@" * 200_000,
        "a" * 400_000 + "@",
        "电话：" * 100_000,
        "我叫" * 100_000,
        "6222 " * 100_000,
        "微信QQ" * 100_000,
        "3号楼2单元" * 50_000,
        "姓名：" * 100_000,
        "签名：王伟、" * 50_000,
        "(2023)昆公" * 50_000,
    ],
    ids=lambda text: f"{text[:4]}",
)
def test_hostile_runs_are_masked(text: str) -> None:
    """A long run made to be slow is masked like any other text."""
    assert regex.search(r"1[3-9]\d{9}", mask_text(text).replace("1" * 200_000, "")) is None
