"""Tests of how often somebody may try to sign in."""

from nlp_pipeline.review.throttle import MAX_TRIES, MAX_TRIES_OF_ADDRESS, WINDOW, SignInThrottle


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        """Give the time."""
        return self.time


def test_the_fifth_failure_makes_an_account_wait_for_the_window() -> None:
    """Four failures are free; after the fifth one waits until the first is old."""
    clock = Clock()
    throttle = SignInThrottle(clock)
    for _ in range(MAX_TRIES - 1):
        throttle.failed("zhang", "10.0.0.1")
    assert throttle.wait("zhang", "10.0.0.1") == 0
    throttle.failed("zhang", "10.0.0.1")
    assert throttle.wait("zhang", "10.0.0.2") == WINDOW
    clock.time += WINDOW
    assert throttle.wait("zhang", "10.0.0.2") <= 1
    clock.time += 1
    assert throttle.wait("zhang", "10.0.0.2") == 0


def test_case_and_blanks_make_no_other_account() -> None:
    """The name is folded, so that another case gives no more tries."""
    throttle = SignInThrottle(Clock())
    for name in ("Zhang", " zhang", "ZHANG", "zhang ", "zhang"):
        throttle.failed(name, "10.0.0.1")
    assert throttle.wait("zHang", "10.0.0.9") > 0


def test_success_forgets_the_failures_of_the_account() -> None:
    """Who signs in has all tries again."""
    throttle = SignInThrottle(Clock())
    for _ in range(MAX_TRIES):
        throttle.failed("zhang", "10.0.0.1")
    throttle.succeeded("zhang")
    assert throttle.wait("zhang", "10.0.0.1") == 0


def test_one_address_cannot_try_many_accounts() -> None:
    """Failures of different accounts from one address add up."""
    throttle = SignInThrottle(Clock())
    for number in range(MAX_TRIES_OF_ADDRESS):
        throttle.failed(f"name{number}", "10.0.0.1")
    assert throttle.wait("another", "10.0.0.1") > 0
    assert throttle.wait("another", "10.0.0.2") == 0


def test_a_flood_of_names_does_not_grow_without_end() -> None:
    """The oldest names are forgotten once there are too many."""
    throttle = SignInThrottle(Clock())
    for _ in range(MAX_TRIES):
        throttle.failed("first", "10.9.9.9")
    for number in range(10_001):
        throttle.failed(f"n{number}", "10.0.0.1")
    assert throttle.wait("first", "10.0.0.3") == 0
