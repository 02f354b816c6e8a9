"""Tests of web boilerplate: which lines go, which stay, and when the end is missing."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_pipeline.errors import ResourceError
from nlp_pipeline.records import clean_from, plain
from nlp_pipeline.stages import _boilerplate
from nlp_pipeline.stages._boilerplate import find_boilerplate, fold_line, is_listed
from nlp_pipeline.stages.normalise import normalise_text

LETTER = "我家在新民巷住了三十年，厢房一直不算面积，请按航拍图认定。"
HEAD_LINES = (
    "当前位置：首页 > 互动 > 来信",
    "首页 > 百姓呼声 > 正文",
    "民生在线丨我要写信",
    "来源:百姓留言板 作者:网友 字号:大 中 小 打印",
    "来源：本地论坛 编辑：×× 2023-09-14 10:22:41",
    "发布时间：2025-03-02 09:10 来源：市融媒体中心 浏览次数：35",
    "—分享—",
    "—分享— 朋友圈 微博",
    "【打印】【关闭】",
    "原标题：巷子里的老房子",
    "下面是小编为大家整理的几封来信，供大家参考。",
    "来源：某市信访",
)
TAIL_LINES = (
    "分享到：微信 微博 QQ空间",
    "扫一扫分享到朋友圈",
    "长按识别二维码关注我们",
    "上一篇：咨询居住证办理 下一篇：夜间渣土车",
    "阅读下一篇",
    "返回某某新闻网首页",
    "打印本页",
    "相关阅读：",
    "网站地图 | 联系我们 | 关于我们",
    "本文链接:http://example.com/a/1.html",
    "来源：市融媒体中心",
    "来源：某日报 责任编辑：小禾",
    "（记者 张三 李四）",
    "（责任编辑：小禾）",
    "下载文档",
    "阅读全文",
    "开通会员即可阅读全文",
    "还有3页未读",
    "某某新闻网版权与免责声明:",
    "一、凡本网注明“来源:某某网”的作品，版权均属本网所有。",
    "本网站所有留言均为网友个人观点",
    "免责声明：本网转载的文章不代表本网观点。",
    "Copyright © 2016 某某网 All Rights Reserved",
    "未经书面授权，不得转载或建立镜像，违者必究。",
    "违法和不良信息举报电话：0000-0000000",
    "蒙ICP备00000001号",
    "网站标识码：0000000001",
)
RUN_LINES = (
    "作者：张三 李四",
    "编辑：王五",
    "二审：林某娜",
    "发布时间：2025-03-02",
    "2025-03-02 18:27:08",
    "阅读量：1024",
    "促销价:8.00元",
    "主办单位：某某市融媒体中心",
    "如因作品内容需要同本网联系的，请在三十日内进行。",
    "来源：网友投稿",
)
CONTENT_LINES = (
    "来源：地下井水",
    "来源：12345热线留言",
    "电话：0711-0000000",
    "本网吧夜里不关门，学生进进出出。",
    "返回的押金一分没有到账",
    "凡是拆迁户都没有拿到过渡费",
    "版权所有的书被他们拿去卖了",
    "该网站没有ICP备案号，是个骗子网站",
    "下载文档收了我两百块",
    "扫一扫就扣了我三百块钱",
    "打印",
    "一审：败诉",
    "二审：维持原判",
    "承办单位：城管局",
    "责任编辑收了钱就把稿子撤了",
)


@pytest.mark.parametrize("line", HEAD_LINES)
def test_lines_at_the_head_go(line: str) -> None:
    """A listed line above the letter, and one below its title, is removed."""
    assert normalise_text(f"{line}\n{LETTER}").text == LETTER
    assert normalise_text(f"老房子的事\n{line}\n{LETTER}").text == f"老房子的事\n{LETTER}"


@pytest.mark.parametrize("line", TAIL_LINES)
def test_lines_at_the_tail_go(line: str) -> None:
    """A listed line below the letter is removed, and nothing else."""
    assert normalise_text(f"{LETTER}\n{line}").text == LETTER


@pytest.mark.parametrize("line", RUN_LINES)
def test_weak_lines_need_company(line: str) -> None:
    """A line that might be content goes only beside one that is surely not."""
    kept = normalise_text(f"{LETTER}\n{line}").text
    assert len(kept) > len(LETTER)
    assert normalise_text(f"{LETTER}\n{line}\n返回首页").text == LETTER


@pytest.mark.parametrize("line", CONTENT_LINES)
def test_content_stays_at_head_and_tail(line: str) -> None:
    """A line that says something stays wherever it stands."""
    for raw in (f"{line}\n{LETTER}", f"{LETTER}\n{line}", line):
        clean = normalise_text(raw)
        assert "boilerplate" not in [step.name for step in clean.steps]


@pytest.mark.parametrize("line", [*HEAD_LINES, *TAIL_LINES])
def test_lines_in_the_middle_stay(line: str) -> None:
    """What stands between two paragraphs is content, whatever it looks like."""
    clean = normalise_text(f"巷口的灯坏了，夜里看不见路。\n{LETTER}\n{line}\n{LETTER}修好为止。")
    assert "boilerplate" not in [step.name for step in clean.steps]


@pytest.mark.parametrize("line", [*HEAD_LINES, *TAIL_LINES, *RUN_LINES])
def test_every_line_has_a_sign(line: str) -> None:
    """The pairs of characters that let a line be looked at are there, in either script."""
    for shown in (line, _traditional(line)):
        assert _boilerplate._Lines(shown).has_sign(0), shown


@pytest.mark.parametrize("line", [x for x in (*HEAD_LINES, *TAIL_LINES) if "凡本" not in x])
def test_traditional_lines_go_too(line: str) -> None:
    """A page in Traditional characters loses the same lines."""
    letter = _traditional(LETTER)
    raws = [f"{letter}\n{_traditional(line)}"] if line in TAIL_LINES else []
    raws += [f"{_traditional(line)}\n{letter}"] if line in HEAD_LINES else []
    assert {normalise_text(raw).text for raw in raws} == {LETTER}


def _traditional(text: str) -> str:
    import opencc

    converted: str = opencc.OpenCC("s2t").convert(text)
    return converted


def test_a_document_of_nothing_else_is_empty() -> None:
    """A page without a letter in it becomes the empty text."""
    assert normalise_text("返回首页").text == ""
    assert normalise_text("来源：某日报 编辑：小禾\n—分享—\n阅读下一篇").text == ""


@pytest.mark.parametrize("line", ["来源：某市信访", "（记者 张三 李四）", "促销价：8.00元"])
def test_a_weak_line_alone_stays(line: str) -> None:
    """A document of one line that might be content is kept."""
    assert normalise_text(line).text == line


def test_a_title_and_an_abstract_that_stand_again_go() -> None:
    """Below the path of a page, a title and an abstract that the text repeats go once."""
    body = "二十日上午，巷子里开了一次会，说的是下水道改造的事情，住户都来了。"
    news = f"下水道改造会召开\n{body}\n路面也要修。"
    raw = f"所在位置：首页 > 要闻\n下水道改造会召开\n摘要：{body}\n{news}"
    assert normalise_text(raw).text == news
    letter = f"下水道改造会召开\n下水道改造会召开\n{body}"
    assert normalise_text(letter).text == letter


def test_an_abstract_of_its_own_stays() -> None:
    """An abstract that the text does not repeat is content."""
    raw = f"首页 > 来信\n摘要：巷子里三十年的厢房为什么一直不算面积，老人想不通。\n{LETTER}"
    assert normalise_text(raw).text.startswith("摘要：")


def test_a_byline_behind_the_last_sentence_goes() -> None:
    """A reporter's name in brackets behind the end of the text goes, other brackets stay."""
    assert normalise_text(f"{LETTER}(记者 张三 李四)").text == LETTER
    assert normalise_text(f"{LETTER} （通讯员：王五）\n返回首页").text == LETTER
    for kept in ("（记者也来看过两次，没有下文）", "（附照片三张）", "（记者 张三，电话没人接）"):
        assert normalise_text(f"{LETTER}{kept}").text == f"{LETTER}{kept}"


@pytest.mark.parametrize(
    ("raw", "truncated"),
    [
        ("二要查清去向。三要履行法...\n促销价:8.00元\n下载文档", True),
        ("他们说补偿款已经发到\n下载文档", True),
        ("他们说补偿款已经发到，\n阅读全文", True),
        ("村里的账三年没有公布过，请查……", True),
        ("村里的账三年没有公布过，请查。", False),
        ("村里的账三年没有公布过。\n下载文档", False),
        ("村里的账三年没有公布过\n返回首页", False),
        ("网速只有3...", False),
        ("下载文档", False),
        ("", False),
    ],
)
def test_a_missing_end_is_told(raw: str, truncated: bool) -> None:
    """A text that breaks off, by its dots or before an offer of the rest, is marked."""
    clean = normalise_text(raw)
    assert clean.truncated is truncated
    assert clean_from(plain(clean)) == clean


def test_a_record_of_an_older_release_is_read() -> None:
    """A clean text that was stored before there was the flag counts as whole."""
    content = plain(normalise_text(LETTER))
    del content["truncated"]
    assert clean_from(content).truncated is False


def test_lines_broken_after_a_semicolon_are_joined() -> None:
    """A hard break after a semicolon goes; items of a list and boilerplate stay apart."""
    raw = "对有理由的来信要尽快推动解决;\n对没有理由的来信也要讲清楚。"
    assert normalise_text(raw).text == raw.replace(";\n", "；")
    items = "请求：\n一、查清救灾款的去向和领款的名单；\n二、把冒领的人依规处理并且张榜公布。"
    assert normalise_text(items).text == items
    assert (
        normalise_text("钱退到哪里去了；\n本文链接：http://example.com/1").text
        == "钱退到哪里去了；"
    )


def test_offsets_lead_back_past_what_is_gone() -> None:
    """Every character that is left leads back to its own in the raw text."""
    raw = f"首页 > 来信\n{LETTER}\n返回首页"
    clean = normalise_text(raw)
    assert [raw[slice(*span)] for span in clean.offsets] == list(LETTER)
    assert clean.raw_span(0, len(LETTER)) == (8, 8 + len(LETTER))


PARTS = st.sampled_from(
    [
        *HEAD_LINES,
        *TAIL_LINES,
        *RUN_LINES,
        *CONTENT_LINES,
        LETTER,
        LETTER * 2 + "（记者 张三）",
        LETTER * 2 + "(编辑 李四)",
        "",
        "；",
        "甲乙丙丁；",
        "...",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(PARTS, max_size=7).map("\n".join))
def test_what_is_left_is_left_again(raw: str) -> None:
    """Running the clean text through again changes nothing."""
    clean = normalise_text(raw)
    again = normalise_text(clean.text)
    assert again.text == clean.text
    assert again.steps == ()


@settings(max_examples=200, deadline=None)
@given(st.lists(PARTS, max_size=7).map("\n".join))
def test_edits_are_in_order_and_remove_only(raw: str) -> None:
    """Whatever the lines, edits follow each other, lie within the text and put nothing in."""
    done = 0
    for edit in find_boilerplate(raw):
        assert done <= edit.start < edit.end <= len(raw)
        assert edit.new == ""
        done = edit.end


@settings(max_examples=300, deadline=None)
@given(st.lists(PARTS, max_size=7).map("\n".join))
def test_texts_without_signs_hold_nothing(raw: str) -> None:
    """A text that is not looked at line by line would have been left as it is."""
    found = find_boilerplate(raw)
    with patch.object(_boilerplate, "_may_hold", lambda _: True):
        assert find_boilerplate(raw) == found


@pytest.mark.parametrize("place", ["head", "tail"])
@pytest.mark.parametrize("line", [*HEAD_LINES, *TAIL_LINES, *RUN_LINES, *CONTENT_LINES])
def test_the_first_row_that_a_line_matches_counts(line: str, place: str) -> None:
    """One pattern for all rows of a place tells the row that they would tell in turn."""
    lines = _boilerplate._Lines(line)
    rows = _boilerplate._rows(place) if lines.has_sign(0) else ()
    first = next((row for row in rows if row.pattern.fullmatch(fold_line(line))), None)
    assert _boilerplate._row_of(lines, 0, place) is first


@pytest.mark.parametrize("count", [1, 40, 41, 80, 81, 200])
@pytest.mark.parametrize("letter", [[], [LETTER], [LETTER] * 50])
def test_any_number_of_lines_goes(letter: list[str], count: int) -> None:
    """However many listed lines stand at both ends, they go and the letter stays."""
    lines = ["返回首页"] * count + letter + ["阅读全文"] * count
    text = "\n".join(lines)
    kept = text
    for edit in reversed(find_boilerplate(text)):
        kept = kept[: edit.start] + kept[edit.end :]
    assert kept == "\n".join(letter)


def test_a_line_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of listed lines are folded one time each, not in every round."""
    folded: list[str] = []

    def fold(line: str) -> str:
        folded.append(line)
        return fold_line(line)

    monkeypatch.setattr(_boilerplate, "fold_line", fold)
    lines = [f"发布时间：2025-03-02 10:10:{second % 60:02}" for second in range(4000)]
    assert find_boilerplate("\n".join(["返回首页", *lines, LETTER])) != []
    assert len(folded) < 4100


def test_the_folded_form_survives_the_other_repairs() -> None:
    """A line and what the step makes of it fold to the same, so a verdict holds."""
    for raw in ("來源:「某報」......", "編輯:** (記者 張三)", "他說,,好!", "A:XXX?"):
        assert fold_line(normalise_text(raw).text) == fold_line(raw)


def test_a_listed_line_is_known() -> None:
    """A line can be asked for by itself."""
    assert is_listed("返回首页")
    assert not is_listed("返回的押金没有到账")
    assert not is_listed("")


@pytest.fixture
def fresh() -> Iterator[None]:
    """Forget the table before and after."""
    cached: tuple[Any, ...] = (
        _boilerplate._all_rows,
        _boilerplate._rows,
        _boilerplate._any_of,
        _boilerplate._signs,
    )
    for function in cached:
        function.cache_clear()
    yield
    for function in cached:
        function.cache_clear()


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize(
    "row",
    [
        {"pattern": "(", "place": "head", "guard": "", "kind": "page"},
        {"pattern": "甲", "place": "middle", "guard": "", "kind": "page"},
        {"pattern": "甲", "place": "head", "guard": "never", "kind": "page"},
    ],
)
def test_a_broken_row_is_named(row: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A row that cannot be used is told with its number."""
    monkeypatch.setattr(_boilerplate, "read_table", lambda *_, **__: iter([row]))
    with pytest.raises(ResourceError, match="row 1"):
        _boilerplate._all_rows()


@pytest.mark.usefixtures("fresh")
def test_a_pattern_out_of_time_matches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that takes a pattern too long is kept."""
    row = {"pattern": "返回(?:首|页|首页)+甲", "place": "tail", "guard": "", "kind": "page"}
    sign = {"pattern": "返回", "place": "sign", "guard": "", "kind": ""}
    monkeypatch.setattr(_boilerplate, "_SECONDS", 0.01)
    monkeypatch.setattr(_boilerplate, "read_table", lambda *_, **__: iter([sign, row]))
    assert find_boilerplate(f"{LETTER}\n返回{'首页' * 40}") == []
