"""Tests of hot topics: what grows, who counts, what is hidden, and the chart."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from past_letters import DAY, LETTERS

from nlp_pipeline.similar import HotSettings, HotTopic, SimilarIndex, hot_topics, topic_chart

Make = Callable[[], SimilarIndex]

MIXER = (
    "丽泽新城小区旁边新建了一座搅拌站，灰尘满天，半夜运料车轰轰响，小孩咳嗽不停。",
    "我是丽泽新城的业主，小区五十米外的搅拌站粉尘大、噪音大，要求搬走。",
    "请问丽泽新城旁的搅拌站有环评吗？灰尘把窗户糊住，噪音让人整夜睡不着。",
    "强烈反对在丽泽新城小区边上建搅拌站，噪音和粉尘害苦了业主。",
)
"""One matter told by four persons in their own words."""


@pytest.fixture
def busy(index: SimilarIndex) -> SimilarIndex:
    """Give an index in which a matter grew within the last week."""
    for number, text in enumerate(MIXER):
        index.add(f"mixer-{number}", text, DAY - timedelta(days=number))
    return index


def test_a_matter_that_many_tell_is_hot(busy: SimilarIndex) -> None:
    """Letters in their own words about one place and matter form one topic."""
    (topic,) = hot_topics(busy, DAY)
    assert set(topic.keys) == {f"mixer-{number}" for number in range(4)}
    assert topic.keys[0] == "mixer-0"
    assert topic.place in ("丽泽新城", "搅拌站")
    assert {"丽泽", "噪音"} <= {topic.place, *topic.words}
    assert topic.persons == 4
    assert topic.expected == 0
    assert (topic.first, topic.last) == (DAY - timedelta(days=3), DAY)
    assert sum(count for _, count in topic.weekly) == 4
    assert topic.weekly[-1] == (DAY - timedelta(days=6), 4)


def test_one_person_counts_once(busy: SimilarIndex) -> None:
    """Many letters by one person are not hot."""
    persons = {f"mixer-{number}": "same" for number in range(4)}
    assert hot_topics(busy, DAY, persons=persons) == []


def test_what_was_as_frequent_before_is_not_hot(busy: SimilarIndex) -> None:
    """Only what is more than the weeks before let expect is hot."""
    for number in range(24):
        day = DAY - timedelta(days=14 + 2 * number)
        busy.add(f"before-{number}", MIXER[number % 4], day)
    assert hot_topics(busy, DAY) == []
    (topic,) = hot_topics(busy, DAY, settings=HotSettings(min_growth=-9.0))
    assert topic.expected == 6
    assert topic.growth < 0


def test_hidden_letters_do_not_count(busy: SimilarIndex) -> None:
    """What the viewer may not see is in no count; too few left make no topic."""
    seen = {*LETTERS, "mixer-0", "mixer-1", "mixer-2"}
    (topic,) = hot_topics(busy, DAY, allowed=seen)
    assert topic.persons == 3
    assert hot_topics(busy, DAY, allowed=seen - {"mixer-0"}) == []


def test_letters_without_a_day_or_outside_the_window_are_passed_over(make: Make) -> None:
    """Neither undated letters nor those after the last day are counted."""
    index = make()
    for number, text in enumerate(MIXER):
        index.add(f"undated-{number}", text)
        index.add(f"later-{number}", text, DAY + timedelta(days=1))
    assert hot_topics(index, DAY) == []


def test_the_most_grown_come_first_and_no_more_than_asked_for(busy: SimilarIndex) -> None:
    """Topics are in the order of their growth."""
    for number in range(8):
        busy.add(f"lamp-{number}", LETTERS["lamps"] + "请派人修" * (number % 2), DAY)
    first, second = hot_topics(busy, DAY)
    assert first.growth > second.growth
    assert hot_topics(busy, DAY, settings=HotSettings(most=1)) == [first]


def test_a_topic_has_json_values(busy: SimilarIndex) -> None:
    """Days are given as YYYY-MM-DD."""
    content = hot_topics(busy, DAY)[0].as_dict()
    assert content["last"] == "2026-11-24"
    assert content["weekly"][-1] == ["2026-11-18", 4]


def test_the_chart_shows_every_week(busy: SimilarIndex) -> None:
    """One bar a week, the window's dark, everything from letters escaped."""
    topic = hot_topics(busy, DAY)[0]
    drawn = str(topic_chart(topic, DAY - timedelta(days=13)))
    assert drawn.count("<rect") == len(topic.weekly)
    assert drawn.count("#c2603a") == 2
    assert "2026-11-18 起一周：4 人" in drawn


def test_the_chart_escapes_words() -> None:
    """Words of a letter are text, and a topic without weeks is drawn too."""
    topic = HotTopic("<b>", (), (), 0, 0.0, 0.0, date.min, date.min, ())
    drawn = str(topic_chart(topic, DAY))
    assert "<b>" not in drawn
    assert "&lt;b&gt;" in drawn
