"""What the tests of similar letters share: an index of invented letters."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from past_letters import DAY, LETTERS

from nlp_pipeline.similar import SimilarIndex
from nlp_pipeline.stages.segment import Segmenter


@pytest.fixture
def make(segmenter: Segmenter) -> Callable[[], SimilarIndex]:
    """Give a maker of empty indexes."""
    return lambda: SimilarIndex(segmenter)


@pytest.fixture
def index(make: Callable[[], SimilarIndex]) -> SimilarIndex:
    """Give an index of the invented letters, one a day."""
    found = make()
    for number, (key, text) in enumerate(LETTERS.items()):
        found.add(key, text, DAY - timedelta(days=number))
    return found
