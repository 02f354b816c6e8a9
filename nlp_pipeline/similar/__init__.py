"""Similar letters: past ones like a new one, repeats, and hot topics.

`SimilarIndex` finds the letters of one matter, `repeat_hints` says which may be a repeat
and which a joint letter, `hot_topics` which places and matters more and more people write
of. All of them show letters to a clerk and decide nothing.
"""

from nlp_pipeline.similar.chart import topic_chart
from nlp_pipeline.similar.files import load_index, save_index
from nlp_pipeline.similar.hot import HotSettings, HotTopic, hot_topics
from nlp_pipeline.similar.index import Allowed, Entry, Similar, SimilarIndex
from nlp_pipeline.similar.matter import Matter, read_matter, read_text
from nlp_pipeline.similar.repeats import Kind, RepeatHint, repeat_hints

__all__ = [
    "Allowed",
    "Entry",
    "HotSettings",
    "HotTopic",
    "Kind",
    "Matter",
    "RepeatHint",
    "Similar",
    "SimilarIndex",
    "hot_topics",
    "load_index",
    "read_matter",
    "read_text",
    "repeat_hints",
    "save_index",
    "topic_chart",
]
