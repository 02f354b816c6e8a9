"""Measure how the encoding of a file is found: `python -m benchmarks.encoding [FILES]`.

Files are made from letters, simplified and as OpenCC turns them Traditional (s2t, s2twp,
s2hk): plain, as a csv, as a table of mostly digits, and among Latin words. Each is
written in every encoding in use and read again; it is right if the text comes back
equal. Its length is the number of its characters that are not ASCII, since those alone
tell the encodings apart. Then come files that are hard, and whether the certainty
keeps its word. With NLP_PIPELINE_DATA the same is done with the letters there.
"""

import codecs
import io
import json
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple

import opencc

from benchmarks import CORPUS, data_folder
from benchmarks.letters import sample_letters
from nlp_pipeline.errors import EncodingError
from nlp_pipeline.stages._decode import Guess, find_encoding
from nlp_pipeline.stages._streams import Spool

SEED = 20261124
FILES = 2600
REAL_LETTERS = 1500
LENGTHS = (1, 2, 5, 10, 20, 40, 80, 400, 4000, 60_000)
SURE_LENGTH = 40
KINDS = ("plain", "csv", "digits", "latin")
SCRIPTS = ("s2t", "s2twp", "s2hk")
SIMPLIFIED = "simplified"
MARKS = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}
ENCODINGS: Mapping[str, tuple[str, ...]] = {
    "utf-8": (SIMPLIFIED, *SCRIPTS),
    "utf-8-sig": (SIMPLIFIED, *SCRIPTS),
    "gb18030": (SIMPLIFIED, *SCRIPTS),
    "gbk": (SIMPLIFIED, *SCRIPTS),
    "big5": SCRIPTS,
    "cp950": SCRIPTS,
    "big5hkscs": ("s2hk",),
    "utf-16-le": (SIMPLIFIED, *SCRIPTS),
    "utf-16-be": (SIMPLIFIED, *SCRIPTS),
    "utf-16-le BOM": (SIMPLIFIED, *SCRIPTS),
    "utf-16-be BOM": (SIMPLIFIED, *SCRIPTS),
    "utf-32": (SIMPLIFIED, *SCRIPTS),
}
"""How files are written, and the scripts that are written so."""

_HONG_KONG = "喺嘅咗啲嚟嗰冇瞓攰嘢嗌唔佢哋"
_RARE = "犇骉淼焱垚喆赟昶珺玥芃婧翀旻頔祎韡璟瑄彧晟钊昇翾煜"
_WORDS = ("WiFi", "APP", "CT", "PM2.5", "VIP", "www.example.org", "A3", "No.7", "ok", "KTV")
_BINS = (0.0, 0.6, 0.8, 0.9, 0.95, 0.99, 1.0)


class Sample(NamedTuple):
    """A file made to be read: how it was written, its text and its bytes."""

    encoding: str
    length: int
    script: str
    kind: str
    text: str
    content: bytes


class Trap(NamedTuple):
    """A file that is hard: its text, or, where it must be refused, the bad byte's place."""

    name: str
    content: bytes
    text: str = ""
    offset: int = -1


def pools(letters: Iterable[str]) -> dict[str, str]:
    """Give one long text in each script, of letters that are simplified or Traditional."""
    plain = opencc.OpenCC("t2s").convert("\n".join(letters))
    return {
        SIMPLIFIED: plain,
        **{name: opencc.OpenCC(name).convert(plain) for name in SCRIPTS},
    }


def own_letters() -> list[str]:
    """Give the project's letters that were written without noise."""
    rows = map(json.loads, CORPUS.read_text(encoding="utf-8").splitlines())
    return [row["text"] for row in rows if not row["noise"]]


def make_samples(
    texts: Mapping[str, str],
    count: int,
    lengths: Sequence[int] = LENGTHS,
    seed: int = SEED,
) -> Iterator[Sample]:
    """Make files, each length and encoding in turn.

    Args:
        texts: a long text by script, see `pools`.
        count: how many files.
        lengths: how many characters that are not ASCII they hold.
        seed: decides all that is by chance.
    """
    chance = random.Random(seed)  # noqa: S311
    names = list(ENCODINGS)
    for number in range(count):
        encoding = names[number % len(names)]
        place = number // len(names)
        length = lengths[place % len(lengths)]
        scripts = ENCODINGS[encoding]
        script = scripts[place // len(lengths) % len(scripts)]
        kind = chance.choice(KINDS)
        text = _text(texts[script], length, kind, encoding, chance)
        yield Sample(encoding, length, script, kind, text, _written(text, encoding))


def _written(text: str, encoding: str) -> bytes:
    name, _, mark = encoding.partition(" ")
    return (MARKS[name] if mark else b"") + text.encode(name)


def _text(pool: str, length: int, kind: str, encoding: str, chance: random.Random) -> str:
    """Give a text of a kind with so many characters that are not ASCII, all of an encoding."""
    name = encoding.split()[0]
    found: list[str] = []
    wanted = length
    while wanted:
        start = chance.randrange(len(pool) - 200)
        for character in pool[start : start + 2 * wanted + 200]:
            if not wanted:
                break
            if not _is_held(character, name):
                continue
            found.append(character)
            wanted -= character > "~"
    if name == "big5hkscs":
        for place in range(0, len(found), 15):
            found[place] = chance.choice(_HONG_KONG) if found[place] > "~" else found[place]
    return _dressed("".join(found), kind, chance)


@cache
def _is_held(character: str, name: str) -> bool:
    """Tell whether an encoding has a character.

    Rows C6 to C8 of Big5 are the user's own. Python's tables put marks there that are
    written so by nobody.
    """
    code = character.encode(name, "ignore")
    return bool(code) and not (name in ("big5", "cp950") and b"\xc6\xa1" <= code < b"\xc9")


def _dressed(text: str, kind: str, chance: random.Random) -> str:
    """Put a text among digits, cells or words; none of what is added tells anything."""
    if kind == "plain":
        return text
    if kind == "latin":
        return "".join(
            f"{character} {chance.choice(_WORDS)} " if chance.random() < 1 / 8 else character
            for character in text
        )
    step = 3 if kind == "digits" else 60
    parts = [text[place : place + step] for place in range(0, len(text), step)]
    rows = []
    for number, part in enumerate(parts, 1):
        digits = [str(chance.randrange(10**9)) for _ in range(12 if kind == "digits" else 2)]
        cell = part.replace('"', '""').replace("\n", " ")
        rows.append(f'{number:06},{",".join(digits)},"{cell}"\r\n')
    return "id,number,text\r\n" + "".join(rows)


def read_back(content: bytes) -> tuple[Guess | None, str]:
    """Give what was found for some bytes, and their text; None where they are refused."""
    try:
        guess = find_encoding(Spool(io.BytesIO(content)), "sample")
    except EncodingError:
        return None, ""
    return guess, content.decode(guess.name)


def traps(texts: Mapping[str, str], seed: int = SEED) -> Iterator[Trap]:
    """Make the files that are hard."""
    chance = random.Random(seed)  # noqa: S311
    plain, traditional = texts[SIMPLIFIED], texts["s2t"]
    han = [character for character in plain if "\u4e00" <= character <= "\u9fff"]
    digits = "".join(
        f"{chance.randrange(10**9)},{found},{chance.random():.9f}\r\n" for found in han[:40]
    )
    names = "".join(chance.choice("王李张刘陈杨赵黄周吴") + name + "," for name in _RARE)
    cell = "".join(traditional[:200].split())
    for name, text, encoding in (
        ("names of four bytes", "姓名,电话\r\n𠮷田㐀,138\r\n䶮㛃,139\r\n", "gb18030"),
        ("one name of four bytes", "王㛃", "gb18030"),
        ("rare names", names, "gb18030"),
        ("rare names, Big5", "王喆,李珺,張翀,劉旻,陳璟,楊瑄,趙彧,黃晟,周煜,吳淼", "big5"),
        ("mostly digits, 40 characters", digits, "gb18030"),
        ("mostly digits, 40 characters, UTF-16", digits, "utf-16-le"),
        ("a csv, Traditional in GBK", f"編號,內容\r\n1,{cell}\r\n", "gbk"),
        ("10 characters, Traditional in GBK", cell[:10], "gbk"),
        ("Big5 below a heading in ASCII", f"id,text\r\n1,{cell[:40]}\r\n", "big5"),
        ("one rare place in every row", "编号,地点\r\n" + "1,滘\r\n" * 3000, "gb18030"),
        ("one rare place, Big5", "編號,地點\r\n" + "1,滘\r\n" * 3000, "big5"),
        ("marks of Windows's Big5", "「３～５樓」︰瑪莉‧陳﹑￥５００", "cp950"),
        ("Big5 below much ASCII", "id,text\r\n" + "1,a\r\n" * 90_000 + cell[:40], "big5"),
        ("names with accents", "id,text\r\n1,Müller\r\n", "utf-8"),
    ):
        held = text.encode(encoding, "ignore")
        yield Trap(name, held, held.decode(encoding))
    yield from _broken(plain, traditional)


def _broken(plain: str, traditional: str) -> Iterator[Trap]:
    """Make files that must be refused, with the place of the first bad byte."""
    for encoding, pool in (("gb18030", plain), ("big5", traditional), ("utf-8", plain)):
        for size in (12, 60, 90_000):
            text = pool[:size].encode(encoding, "ignore").decode(encoding)
            last = max(place for place, found in enumerate(text) if found > "\u4dff")
            good = text[:last].encode(encoding)
            content = text[: last + 1].encode(encoding)[:-1]
            yield Trap(f"{encoding}, {size} characters, cut off", content, offset=len(good))
    long_ = plain[:300_000].encode("gb18030")
    yield Trap("GB18030, a bad byte far behind", long_ + b"\xff" + long_, offset=len(long_))
    good = plain[:500].encode("utf-8")
    mixed = good + plain[:50].encode("gb18030")
    yield Trap("UTF-8, then GB18030", mixed, offset=len(good))


def springs(trap: Trap) -> bool:
    """Tell whether a hard file is read right, or refused with the right place."""
    try:
        guess = find_encoding(Spool(io.BytesIO(trap.content)), "trap")
    except EncodingError as error:
        return error.offset != trap.offset
    return trap.offset >= 0 or trap.content.decode(guess.name) != trap.text


def _print_shares(samples: Iterable[Sample]) -> None:
    """Print the share read right by encoding and length, and how certain that was."""
    right: defaultdict[tuple[str, int], list[bool]] = defaultdict(list)
    bins: defaultdict[float, list[bool]] = defaultdict(list)
    lowest: dict[int, float] = {}
    wrong: Counter[str] = Counter()
    begun = time.perf_counter()
    for sample in samples:
        guess, text = read_back(sample.content)
        is_right = text == sample.text
        right[sample.encoding, sample.length].append(is_right)
        if not is_right:
            found = guess.name if guess else "refused"
            wrong[f"{sample.encoding} {sample.script} {sample.kind} as {found}"] += 1
        if guess is not None:
            bins[max(limit for limit in _BINS if guess.certainty >= limit)].append(is_right)
            lowest[sample.length] = min(lowest.get(sample.length, 1.0), guess.certainty)
    lengths = sorted({length for _, length in right})
    print(f"{'% right':15}" + "".join(f"{length:>8}" for length in lengths))
    for name in ENCODINGS:
        cells = (right[name, length] for length in lengths)
        print(f"{name:15}" + "".join(f"{100 * sum(c) / len(c):8.1f}" for c in cells))
    print(f"{'least certain':15}" + "".join(f"{lowest.get(length, 1):8.3f}" for length in lengths))
    files = [is_right for outcomes in right.values() for is_right in outcomes]
    sure = [all(c) for (_, length), c in right.items() if length >= SURE_LENGTH]
    print(f"{sum(files)} of {len(files)} files, {time.perf_counter() - begun:.0f} s;", end=" ")
    print(f"all of {SURE_LENGTH} characters and more: {'yes' if all(sure) else 'NO'}")
    print("certainty from: share right (files)", end="")
    for limit in sorted(bins):
        outcomes = bins[limit]
        print(f"; {limit}: {sum(outcomes) / len(outcomes):.3f} ({len(outcomes)})", end="")
    print()
    for name, count in wrong.most_common(12):
        print(f"  {count:4}  {name}")


def main() -> None:
    """Print the shares for the project's letters, the hard files, then real letters."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else FILES
    texts = pools(own_letters())
    print("the project's letters")
    _print_shares(make_samples(texts, count))
    for trap in traps(texts):
        print(f"  {'WRONG' if springs(trap) else 'right'}  {trap.name}")
    if data_folder() is None:
        print("real letters: set NLP_PIPELINE_DATA to read them too")
    else:
        print("real letters")
        _print_shares(make_samples(pools(sample_letters(REAL_LETTERS)), count))


if __name__ == "__main__":
    main()
