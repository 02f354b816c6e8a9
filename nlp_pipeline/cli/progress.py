"""A progress bar on a terminal, and nothing anywhere else."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def counted(total: int, unit: str = "letters") -> Iterator[Callable[[], None]]:
    """Show a bar while the block runs; give what moves it by one."""
    from tqdm import tqdm

    with tqdm(total=total, disable=None, leave=False, unit=f" {unit}") as shown_bar:

        def step() -> None:
            shown_bar.update()

        yield step
