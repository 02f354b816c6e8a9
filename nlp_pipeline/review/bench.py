"""What every page of one server shares: the store, the model, the register, the door."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.requests import HTTPConnection

from nlp_pipeline.review.engine import Engine
from nlp_pipeline.review.figures import Figures
from nlp_pipeline.review.finder import Finder
from nlp_pipeline.review.throttle import SignInThrottle

if TYPE_CHECKING:
    from nlp_pipeline.labels import Labels
    from nlp_pipeline.store import Store


@dataclass(frozen=True)
class Bench:
    """The parts of one running server."""

    store: "Store"
    engine: Engine
    labels: "Labels"
    finder: Finder
    figures: Figures
    throttle: SignInThrottle = field(default_factory=SignInThrottle)


def bench_of(request: HTTPConnection) -> Bench:
    """Give the bench of the server that a request came to."""
    found: Bench = request.app.state.bench
    return found
