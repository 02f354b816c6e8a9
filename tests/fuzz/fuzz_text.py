"""Coverage-guided fuzzing of the walk with any text; `docs/fuzzing.md` says how to run it."""

from collections.abc import Callable
from random import Random

import atheris  # type: ignore[import-untyped]

with atheris.instrument_imports(include=["nlp_pipeline"]):
    from nlp_pipeline.config import load_settings
    from nlp_pipeline.process import load_walk
    from nlp_pipeline.stages.segment import Segmenter
    from tests.fuzz.checks import Bench, check_text
from tests.fuzz.findings import Findings, parse_arguments
from tests.fuzz.pieces import PIECES, to_bytes, to_text


def make_check() -> Callable[[bytes], None]:
    """Load the walk, and give what checks the text that some bytes stand for."""
    walk = load_walk(load_settings())
    jieba = Segmenter(walk.segmenter.words, walk.segmenter.cache_directory, "jieba")
    bench = Bench(walk, jieba)
    # What is loaded at first use is no fault of the first text.
    check_text("樓下工地噪音擾民，當?shù)卣块T不管", bench)
    return lambda data: check_text(to_text(data), bench)


def mutate(data: bytes, max_size: int, seed: int) -> bytes:
    """Change a text by whole characters and pieces, or leave it to libFuzzer."""
    rng = Random(seed)
    if rng.random() < 0.4:
        return bytes(atheris.Mutate(data, max_size))
    text = to_text(data)
    for _ in range(rng.randint(1, 4)):
        text = _change(text, rng)
    content = to_bytes(text)[:max_size]
    return to_bytes(content.decode("utf-8", "ignore")) if len(content) == max_size else content


def _change(text: str, rng: Random) -> str:
    """Put in, take out, say again or move a part of a text."""
    start, end = sorted((rng.randint(0, len(text)), rng.randint(0, len(text))))
    kind = rng.randrange(6)
    if kind < 2:
        return text[:start] + "".join(rng.choices(PIECES, k=rng.randint(1, 5))) + text[start:]
    if kind == 2:
        return text[:start] + rng.choice(PIECES) * rng.randint(2, 60) + text[start:]
    if kind == 3:
        return text[:start] + text[end:]
    if kind == 4:
        return text[:end] + text[start:end] * rng.randint(1, 8) + text[end:]
    return (
        text[:start]
        + chr(rng.choice((0x7F, 0x2FF, 0x9FFF, 0x10FFFF)) - rng.randrange(127))
        + (text[start:])
    )


def main() -> None:
    """Run libFuzzer with the arguments of the command line."""
    arguments, folder = parse_arguments()
    atheris.Setup(arguments, Findings(make_check(), folder), custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
