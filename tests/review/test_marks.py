"""Tests of cutting a raw letter where evidence stands."""

from hypothesis import given
from hypothesis import strategies as st

from nlp_pipeline.records import Evidence
from nlp_pipeline.review.marks import cut_letter, shown_fields

RAW = "小区电梯坏了，老人摔断了腿"


def found(field: str, start: int, end: int, code: str = "", weight: float = 0.5) -> Evidence:
    """Give evidence of a span of the raw letter."""
    return Evidence(field, RAW[start:end], start, end, start, end, 0.0 if code else weight, code)


def test_a_letter_without_evidence_is_one_piece() -> None:
    """Nothing is marked where nothing was found."""
    (piece,) = cut_letter(RAW, [])
    assert (piece.text, piece.fields, piece.codes) == (RAW, (), ())


def test_overlapping_evidence_shares_the_piece() -> None:
    """Where two fields overlap the piece carries both, the more urgent first."""
    pieces = cut_letter(RAW, [found("topic", 2, 4), found("urgency", 2, 6, "B1")])
    assert [(p.text, p.fields) for p in pieces] == [
        ("小区", ()),
        ("电梯", ("urgency", "topic")),
        ("坏了", ("urgency",)),
        ("，老人摔断了腿", ()),
    ]
    assert pieces[1].classes == "m-urgency u-topic"


def test_a_code_is_told_once_where_its_words_end() -> None:
    """A rule's code stands behind the last piece of its words, not behind each."""
    pieces = cut_letter(RAW, [found("topic", 2, 4), found("urgency", 2, 6, "B1")])
    assert [p.codes for p in pieces] == [(), (), ("B1",), ()]


def test_a_subtopic_adds_nothing_to_its_topic() -> None:
    """One colour for the matter is enough, and a subtopic alone has it too."""
    (alone,) = cut_letter(RAW[:2], [found("subtopic", 0, 2)])
    assert alone.fields == ("topic",)
    pieces = cut_letter(RAW, [found("topic", 2, 4), found("subtopic", 2, 4)])
    assert pieces[1].fields == ("topic",)


def test_the_legend_explains_what_is_marked_and_nothing_else() -> None:
    """Only fields that have a mark are in the legend, in the order of the panel."""
    pieces = cut_letter(RAW, [found("purpose", 0, 2), found("department", 2, 4)])
    assert shown_fields(pieces) == ("department", "purpose")


@given(
    st.text(max_size=60),
    st.lists(
        st.tuples(
            st.sampled_from(["topic", "urgency", "department", "other"]),
            st.integers(-5, 70),
            st.integers(-5, 70),
        ),
        max_size=8,
    ),
)
def test_the_pieces_join_to_the_letter_whatever_the_evidence(
    raw: str, spans: list[tuple[str, int, int]]
) -> None:
    """No character is lost or doubled, even by spans that point outside."""
    evidence = [Evidence(f, "", s, e, s, e, 0.1, "") for f, s, e in spans]
    assert "".join(piece.text for piece in cut_letter(raw, evidence)) == raw
