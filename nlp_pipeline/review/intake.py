"""A new letter: pasted, or uploaded as a file, classified at once and filed.

A file goes the way of every file: by its ending to `read`, whose parsers run in a child
process with limits. Its name is not kept. The same letter given twice is filed once.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import islice
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from nlp_pipeline.config import ReadSettings
from nlp_pipeline.errors import LetterTooLongError, PetitionError
from nlp_pipeline.records import Failure, Letter, Outcome, Triage
from nlp_pipeline.review.bench import Bench, bench_of
from nlp_pipeline.review.clock import read_day, today
from nlp_pipeline.review.guard import FILES, checked_form, needs, say_of
from nlp_pipeline.review.pages import IntakePage
from nlp_pipeline.review.render import show
from nlp_pipeline.review.texts import Texts
from nlp_pipeline.stages._mask import mask_text
from nlp_pipeline.stages.read import READABLE, open_source
from nlp_pipeline.store import Clerk, Filed, Filing

router = APIRouter()

MAX_LETTERS = 500
"""So many letters may come in one file; more go through `petition classify --store`."""

MAX_UPLOAD = 10 * 1024 * 1024
"""The largest file, in bytes."""

PARSER_SECONDS = 20
PARSER_MEMORY_MB = 1024

CHANNELS = ("来信", "来访", "网信", "来电", "12345转", "其他")
"""How letters reach an office."""

_MAX_PLACE = 40
_MAX_LINKS = 20
_SOURCE = "登记"

Filer = Annotated[Clerk, Depends(needs(*FILES))]
Form = Annotated[FormData, Depends(checked_form)]


@dataclass(frozen=True, slots=True)
class Given:
    """What the form holds beside the letter itself."""

    title: str
    text: str
    channel: str
    received: str
    territory: str

    @property
    def values(self) -> dict[str, str]:
        """Give the fields as the form shows them again; the text too, so that it is kept."""
        return {
            "title": self.title,
            "text": self.text,
            "channel": self.channel,
            "received": self.received,
            "territory": self.territory,
        }


class TooManyLettersError(Exception):
    """A file holds more letters than one upload may."""


@router.get("/intake")
def show_intake(request: Request, clerk: Filer) -> Response:
    """Show the form for a new letter."""
    return show(request, "intake.html", _page(request), clerk)


@router.post("/intake")
def take(request: Request, clerk: Filer, form: Form) -> Response:
    """Classify and file what was given."""
    say, given, upload = say_of(request), _given(form), _upload(form)
    problem = _problem(given, upload, say)
    if problem:
        return _again(request, clerk, given, problem)
    bench = bench_of(request)
    bench.engine.walk()
    settings = _limited(bench.engine.settings.read)
    try:
        if upload is not None:
            with kept_upload(upload) as path:
                letters = read_upload(path, settings, given)
        else:
            letters = [paste_letter(given, settings.max_letter_chars)]
        return _filed(request, clerk, given, letters)
    except TooManyLettersError:
        return _again(request, clerk, given, say("intake.many", count=MAX_LETTERS))
    except PetitionError as error:
        return _again(request, clerk, given, say("intake.unreadable", reason=_reason(error)))


@contextmanager
def kept_upload(upload: UploadFile) -> Iterator[Path]:
    """Keep an upload in a private folder for as long as it is read.

    It is named by its content: the same file is the same letter, and no name of a
    person that stood in the file's own name goes on.
    """
    upload.file.seek(0)
    digest = sha256(upload.file.read()).hexdigest()[:12]
    upload.file.seek(0)
    with TemporaryDirectory(prefix="petition-") as folder:
        path = Path(folder) / f"{digest}{_ending(upload)}"
        with path.open("wb") as copy:
            shutil.copyfileobj(upload.file, copy)
        yield path


def read_upload(path: Path, settings: ReadSettings, given: Given) -> list[Letter | Failure]:
    """Read every letter of a file.

    Raises:
        PetitionError: the file as a whole cannot be read.
        TooManyLettersError: it holds more than one upload may.
    """
    source = open_source(str(path), settings)
    read = list(islice(source.letters(), MAX_LETTERS + 1))
    if len(read) > MAX_LETTERS:
        raise TooManyLettersError
    return [
        replace(one, source=_SOURCE, received=one.received or given.received)
        if isinstance(one, Letter)
        else replace(one, source=_SOURCE, reason=one.reason.replace(str(path), "文件"))
        for one in read
    ]


def paste_letter(given: Given, max_chars: int) -> Letter:
    """Make a letter of what was pasted; its number comes from its content.

    Raises:
        LetterTooLongError: it is longer than a letter may be.
    """
    if len(given.text) > max_chars:
        raise LetterTooLongError(len(given.text), max_chars)
    content = f"{given.title}\n{given.text}".encode("utf-8", "surrogatepass")
    number = f"D{sha256(content).hexdigest()[:10]}"
    return Letter(number, given.text, given.title, _SOURCE, 1, {}, given.received)


@dataclass(frozen=True, slots=True)
class Taken:
    """A letter that was filed: what it was, and what became of it."""

    letter: Letter
    outcome: Outcome
    filed: Filed

    @property
    def accuses(self) -> bool:
        """Whether it is shown to the entitled role alone."""
        return isinstance(self.outcome, Triage) and self.outcome.judgement.accusation


def file_letters(
    bench: Bench, clerk: Clerk, given: Given, letters: Sequence[Letter | Failure]
) -> list[Taken]:
    """Classify letters and file them."""
    pairs = bench.engine.classify(letters)
    run = bench.store.begin_run(
        bench.engine.serving, bench.engine.settings.as_config(), source=_SOURCE, by=clerk.login
    )
    filings = [
        Filing(letter, outcome, channel=given.channel, territory=given.territory)
        for letter, outcome in pairs
    ]
    filed = bench.store.file(run, filings)
    bench.store.end_run(run)
    bench.figures.forget(clerk.viewer)
    return [
        Taken(letter, outcome, one) for (letter, outcome), one in zip(pairs, filed, strict=True)
    ]


def _filed(
    request: Request, clerk: Clerk, given: Given, letters: Sequence[Letter | Failure]
) -> Response:
    """File, and say what became of it; of a restricted letter no more than that it is one."""
    say = say_of(request)
    unread = [one for one in letters if isinstance(one, Failure)]
    taken = file_letters(
        bench_of(request), clerk, given, [one for one in letters if isinstance(one, Letter)]
    )
    page = replace(
        _page(request),
        results=tuple(_results(taken, unread, clerk.viewer.sees_restricted, say)),
        filed=tuple(
            (one.filed.key, _shown_title(one, say))
            for one in taken
            if clerk.viewer.sees_restricted or not one.accuses
        )[:_MAX_LINKS],
    )
    return show(request, "intake.html", page, clerk)


def _results(
    taken: Sequence[Taken], unread: Sequence[Failure], sees_restricted: bool, say: Texts
) -> Iterator[str]:
    """Tell what was filed, what was known, what is restricted, and what failed."""
    yield say("intake.filed", count=sum(one.filed.new_letter for one in taken))
    known = sum(not one.filed.new_letter for one in taken)
    if known:
        yield say("intake.known", count=known)
    restricted = sum(one.accuses for one in taken)
    if restricted and not sees_restricted:
        yield say("intake.restricted", count=restricted)
    failed = [*unread, *(one.outcome for one in taken if isinstance(one.outcome, Failure))]
    if failed:
        codes = say("list.separator").join(dict.fromkeys(one.code for one in failed))
        yield say("intake.failed", count=len(failed), reason=codes)


def _shown_title(taken: Taken, say: Texts) -> str:
    words = " ".join((taken.letter.title or taken.letter.raw[:200]).split())[:60]
    return (mask_text(words) if taken.accuses else words) or say("letter.untitled")


def _page(request: Request) -> IntakePage:
    say = say_of(request)
    channels = tuple((name, say.named("channel", name)) for name in CHANNELS)
    day = today().isoformat()
    values = {"title": "", "text": "", "channel": "来信", "received": day, "territory": ""}
    return IntakePage(channels, day, values)


def _again(request: Request, clerk: Clerk, given: Given, problem: str) -> Response:
    page = replace(_page(request), values=given.values, problem=problem)
    return show(request, "intake.html", page, clerk, status=422)


def _given(form: FormData) -> Given:
    def text(name: str) -> str:
        value = form.get(name)
        return value.replace("\x00", "") if isinstance(value, str) else ""

    channel = text("channel")
    return Given(
        title=" ".join(text("title").split())[:200],
        text=text("text").replace("\r\n", "\n"),
        channel=channel if channel in CHANNELS else "",
        received=text("received").strip(),
        territory=" ".join(text("territory").split())[:_MAX_PLACE],
    )


def _upload(form: FormData) -> UploadFile | None:
    """Give the file, or None where none was chosen: browsers send an empty one."""
    found = form.get("file")
    return found if isinstance(found, UploadFile) and found.filename else None


def _problem(given: Given, upload: UploadFile | None, say: Texts) -> str:
    day = read_day(given.received) if given.received else today()
    if day is None or day > today():
        return say("intake.bad_date")
    if upload is not None and given.text.strip():
        return say("intake.both")
    if upload is None and not given.text.strip():
        return say("intake.empty")
    if upload is not None and (upload.size or 0) > MAX_UPLOAD:
        return say("error.413")
    if upload is not None and _ending(upload) not in READABLE:
        return say("intake.ending", known=" ".join(READABLE))
    return ""


def _ending(upload: UploadFile) -> str:
    name = (upload.filename or "").replace("\\", "/")
    return PurePosixPath(name).suffix.lower()


def _limited(settings: ReadSettings) -> ReadSettings:
    """Give the settings of reading with the tighter limits of an upload."""
    return replace(
        settings,
        parser_seconds=min(settings.parser_seconds, PARSER_SECONDS),
        parser_memory_mb=min(settings.parser_memory_mb, PARSER_MEMORY_MB),
        encoding="",
    )


def _reason(error: PetitionError) -> str:
    """Give the code of an error and its sentence without the path of our own copy."""
    path = getattr(error, "path", "")
    return str(error).replace(str(path), "文件") if path else str(error)
