"""Long blocks are cut as jieba cuts them."""

import jieba
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlp_pipeline.stages import _long_blocks
from nlp_pipeline.stages._long_blocks import MIN_LONG, cut_by_jieba
from nlp_pipeline.stages.segment import Segmenter

HAN = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FD5)
PIECE = st.sampled_from(
    ["小区", "物业", "的", "龘", "靐", "1.5%", "a-b", ".", "T恤", "杭研", "，", "\r\n", "😀", "㐂"]
)


@pytest.fixture(scope="module")
def plain() -> Segmenter:
    """Give the segmenter in which jieba itself cuts."""
    return Segmenter(engine="jieba")


@given(text=st.lists(HAN | PIECE, max_size=40).map("".join))
@settings(max_examples=600, deadline=None)
@example("的" * 30)
@example("龘靐齉齾爩" * 8)
def test_every_block_may_be_cut_here(plain: Segmenter, text: str) -> None:
    """With every block counted as long, the words are still jieba's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_long_blocks, "MIN_LONG", 1)
        words = list(cut_by_jieba(plain.tokenizer(), text))
    assert words == plain.tokenizer().lcut(text)


def test_word_taken_out_of_jieba_is_split(
    plain: Segmenter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A word that jieba was told never to join stays apart in a long block too."""
    monkeypatch.setattr(_long_blocks, "MIN_LONG", 1)
    tokenizer = plain.tokenizer()
    assert "杭研" in list(cut_by_jieba(tokenizer, "网易杭研大厦"))
    monkeypatch.setattr(jieba.finalseg, "Force_Split_Words", {"杭研"})
    assert list(cut_by_jieba(tokenizer, "网易杭研大厦")) == ["网易", "杭", "研", "大厦"]


@pytest.mark.parametrize("unit", ["龘", "1", "小区物业费", "，", "a-龘的"])
def test_segmenter_cuts_long_letters_as_jieba_does(plain: Segmenter, unit: str) -> None:
    """Letters with a block at and above the limit have jieba's words."""
    for length in (MIN_LONG - 1, MIN_LONG, MIN_LONG + 1):
        text = "来信：" + (unit * length)[:length] + "。完"
        assert [token.text for token in plain(text)] == plain.tokenizer().lcut(text)
