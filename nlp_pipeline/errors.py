"""One family of errors, each with a code, its facts, and what to do next.

A `PetitionError` is raised for everything a user can mend. It keeps the facts
as attributes and builds its own sentence from them: what happened, where, and
what to do. No fact may hold text of a letter. `docs/errors.md` explains every
code; a test holds the two lists equal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar


class PetitionError(Exception):
    """The head of the family. `code` is stable; scripts may rely on it."""

    code: ClassVar[str] = "P000"
    what: ClassVar[str] = ""
    remedy: ClassVar[str] = ""

    def __post_init__(self) -> None:
        """Keep the facts as `args` too, so that the error survives a process border."""
        Exception.__init__(self, *self.__dict__.values())

    def __str__(self) -> str:
        """Say what happened, where, and what to do."""
        facts = {name: _shown(value) for name, value in self.__dict__.items()}
        return f"[{self.code}] {self.what.format(**facts)} {self.remedy.format(**facts)}".strip()


def _shown(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "(none)"
    return str(value)


@dataclass(eq=False)
class ConfigError(PetitionError):
    """A setting is unknown or has the wrong type or value."""

    code: ClassVar[str] = "P101"
    what: ClassVar[str] = "Setting {setting} is not usable: {problem}."
    remedy: ClassVar[str] = "See nlp_pipeline/default_config.cfg for every setting."
    setting: str
    problem: str


@dataclass(eq=False)
class ResourceError(PetitionError):
    """A data file (taxonomy, register, lexicon) is missing or malformed."""

    code: ClassVar[str] = "P102"
    what: ClassVar[str] = "Data file {path} cannot be used: {problem}."
    remedy: ClassVar[str] = "Mend the file or take it out of the resources setting."
    path: str
    problem: str


@dataclass(eq=False)
class LabelError(PetitionError):
    """A label is not one of those known for its field."""

    code: ClassVar[str] = "P103"
    what: ClassVar[str] = "{label!r} is not a known {field}."
    remedy: ClassVar[str] = "Nearest known: {nearest}."
    field: str
    label: str
    nearest: Sequence[str] = ()


@dataclass(eq=False)
class MissingExtraError(PetitionError):
    """An optional library is needed and not installed."""

    code: ClassVar[str] = "P104"
    what: ClassVar[str] = "{purpose} needs the optional library {library}."
    remedy: ClassVar[str] = "Install it with: pip install 'nlp_pipeline[{extra}]'"
    purpose: str
    library: str
    extra: str


@dataclass(eq=False)
class SourceError(PetitionError):
    """An input cannot be opened at all."""

    code: ClassVar[str] = "P201"
    what: ClassVar[str] = "{path} cannot be read: {problem}."
    remedy: ClassVar[str] = "{action}"
    path: Path | str
    problem: str
    action: str = "Check the path and the permissions."


@dataclass(eq=False)
class FormatError(PetitionError):
    """The ending of a file names no format that we read or write."""

    code: ClassVar[str] = "P202"
    what: ClassVar[str] = "{path} has an ending that is not known for {use}."
    remedy: ClassVar[str] = "Known endings: {known}."
    path: Path | str
    use: str
    known: Sequence[str]


@dataclass(eq=False)
class EncodingError(PetitionError):
    """A file fits none of the encodings we accept."""

    code: ClassVar[str] = "P203"
    what: ClassVar[str] = "{path} is in no known encoding (first bad byte at {offset})."
    remedy: ClassVar[str] = "Tried {tried}. Name the right one with --encoding."
    path: Path | str
    offset: int
    tried: Sequence[str]


@dataclass(eq=False)
class ColumnError(PetitionError):
    """A column that is needed is not in the table."""

    code: ClassVar[str] = "P204"
    what: ClassVar[str] = "{path} has no {role} column{wanted}. Its columns: {found}."
    remedy: ClassVar[str] = "Name it with --{role}-column."
    path: Path | str
    role: str
    wanted: str
    found: Sequence[str]


@dataclass(eq=False)
class RowError(PetitionError):
    """One row of a table is not usable; the others are."""

    code: ClassVar[str] = "P205"
    what: ClassVar[str] = "Row {number} of {path}: {problem}."
    remedy: ClassVar[str] = "Mend the row and give it in again."
    path: Path | str
    number: int
    problem: str


@dataclass(eq=False)
class ParserError(PetitionError):
    """A parser died, ran too long or took too much memory on a file."""

    code: ClassVar[str] = "P206"
    what: ClassVar[str] = "{path} could not be parsed safely: {problem}."
    remedy: ClassVar[str] = "Open it in its own program and save it anew."
    path: Path | str
    problem: str


@dataclass(eq=False)
class EmptyLetterError(PetitionError):
    """A letter holds no text that could be read."""

    code: ClassVar[str] = "P301"
    what: ClassVar[str] = "The letter holds no readable text."
    remedy: ClassVar[str] = "Ask for the text; nothing can be suggested for it."


@dataclass(eq=False)
class LetterTooLongError(PetitionError):
    """A letter is longer than the setting read.max_letter_chars allows."""

    code: ClassVar[str] = "P302"
    what: ClassVar[str] = "The letter has {length} characters; {limit} are allowed."
    remedy: ClassVar[str] = "Split it, or raise read.max_letter_chars."
    length: int
    limit: int


@dataclass(eq=False)
class StageError(PetitionError):
    """A step raised something unforeseen on one letter."""

    code: ClassVar[str] = "P303"
    what: ClassVar[str] = "Step {step} failed on this letter with {kind}."
    remedy: ClassVar[str] = "The other letters are done. Please report this."
    step: str
    kind: str


@dataclass(eq=False)
class ModelMissingError(PetitionError):
    """The model is not installed or not where it was said to be."""

    code: ClassVar[str] = "P401"
    what: ClassVar[str] = "No model at {name}."
    remedy: ClassVar[str] = "{action}"
    name: str
    action: str = "Install the shipped one with: pip install ./models/petition_zh"


@dataclass(eq=False)
class ModelUntrustedError(PetitionError):
    """A model's files are not what its manifest says, or not files of ours."""

    code: ClassVar[str] = "P402"
    what: ClassVar[str] = "Model {path} is refused: {problem}."
    remedy: ClassVar[str] = "Nothing of it was loaded. Fetch or train it again."
    path: Path | str
    problem: str


@dataclass(eq=False)
class ModelMismatchError(PetitionError):
    """A model does not fit this version, dictionary or label set."""

    code: ClassVar[str] = "P403"
    what: ClassVar[str] = "Model {path} does not fit: {problem}."
    remedy: ClassVar[str] = "Use the version that made it, or train it again."
    path: Path | str
    problem: str


@dataclass(eq=False)
class CorpusError(PetitionError):
    """Labelled letters cannot be trained on or measured with."""

    code: ClassVar[str] = "P501"
    what: ClassVar[str] = "The labelled letters of {path} cannot be used: {problem}."
    remedy: ClassVar[str] = "{action}"
    path: Path | str
    problem: str
    action: str = "See docs/training.md."


@dataclass(eq=False)
class ShelfError(PetitionError):
    """The shelf of models cannot be used, or not for this."""

    code: ClassVar[str] = "P502"
    what: ClassVar[str] = "The shelf {path} cannot be used: {problem}."
    remedy: ClassVar[str] = "See docs/retraining.md."
    path: Path | str
    problem: str


@dataclass(eq=False)
class PromotionRefusedError(PetitionError):
    """A model may not serve: it is not better where it matters, or nobody answers for it."""

    code: ClassVar[str] = "P503"
    what: ClassVar[str] = "Model {name} was not promoted: {problem}."
    remedy: ClassVar[str] = "{action}"
    name: str
    problem: str
    action: str = "The model that served goes on serving."


@dataclass(eq=False)
class UnknownLabelsError(PetitionError):
    """Labelled letters bear labels that neither the register nor the model knows."""

    code: ClassVar[str] = "P504"
    what: ClassVar[str] = "{path} holds labels that are not known: {found}."
    remedy: ClassVar[str] = "Mend the table, or lay your own register in resources.directory."
    path: Path | str
    found: Sequence[str]


@dataclass(eq=False)
class WriteError(PetitionError):
    """A result could not be written."""

    code: ClassVar[str] = "P601"
    what: ClassVar[str] = "{path} cannot be written: {problem}."
    remedy: ClassVar[str] = "What was done so far lies in {kept}."
    path: Path | str
    problem: str
    kept: str


@dataclass(eq=False)
class ResumeError(PetitionError):
    """A stopped run cannot be gone on from."""

    code: ClassVar[str] = "P602"
    what: ClassVar[str] = "The run cannot go on from {path}: {problem}."
    remedy: ClassVar[str] = "Run without --resume to begin anew."
    path: str | Path
    problem: str


@dataclass(eq=False)
class ClusterError(PetitionError):
    """The cluster cannot be reached."""

    code: ClassVar[str] = "P603"
    what: ClassVar[str] = "The scheduler {address} cannot be used: {problem}."
    remedy: ClassVar[str] = "Check the address and the certificates. See docs/scale.md."
    address: str
    problem: str


@dataclass(eq=False)
class StoreError(PetitionError):
    """The store cannot be opened, or it refused."""

    code: ClassVar[str] = "P701"
    what: ClassVar[str] = "The store {url} failed: {problem}."
    remedy: ClassVar[str] = "What was filed before is kept. See docs/store.md."
    url: str
    problem: str


@dataclass(eq=False)
class BackupError(PetitionError):
    """A copy of the store could not be made or put back."""

    code: ClassVar[str] = "P702"
    what: ClassVar[str] = "{path} cannot be used for this copy: {problem}."
    remedy: ClassVar[str] = "Nothing was changed. Name another file."
    path: Path | str
    problem: str


@dataclass(eq=False)
class StoreVersionError(PetitionError):
    """The tables of the store are not those of this version."""

    code: ClassVar[str] = "P703"
    what: ClassVar[str] = "The store {url} is at revision {revision}; {newest} is needed."
    remedy: ClassVar[str] = "Back it up, then run: petition db upgrade --store URL"
    url: str
    revision: str
    newest: str


@dataclass(eq=False)
class NoSuchLetterError(PetitionError):
    """No letter of this key is there for the one who asks."""

    code: ClassVar[str] = "P704"
    what: ClassVar[str] = "There is no letter {key} here."
    remedy: ClassVar[str] = "Take it from the queue again."
    key: str


@dataclass(eq=False)
class LeaseError(PetitionError):
    """Another clerk has the letter in hand."""

    code: ClassVar[str] = "P705"
    what: ClassVar[str] = "Letter {key} is in the hands of {login}."
    remedy: ClassVar[str] = "Take the next one; it comes back if it is left lying."
    key: str
    login: str


@dataclass(eq=False)
class ClerkError(PetitionError):
    """An account cannot be made or changed like this."""

    code: ClassVar[str] = "P706"
    what: ClassVar[str] = "Account {login}: {problem}."
    remedy: ClassVar[str] = "Choose another name, or change the account that is there."
    login: str
    problem: str


@dataclass(eq=False)
class StaleLetterError(PetitionError):
    """Somebody changed the letter since it was read."""

    code: ClassVar[str] = "P707"
    what: ClassVar[str] = "Letter {key} was changed meanwhile (version {version}, now {now})."
    remedy: ClassVar[str] = "Look at it again; nothing of yours was lost or overwritten."
    key: str
    version: int
    now: int


@dataclass(eq=False)
class CaseError(PetitionError):
    """The state of a case does not allow this step."""

    code: ClassVar[str] = "P708"
    what: ClassVar[str] = "{kind} is not possible for letter {key} in state {state}: {problem}."
    remedy: ClassVar[str] = "docs/store.md lists the states and what may follow each."
    key: str
    kind: str
    state: str
    problem: str = "it does not follow this state"


@dataclass(eq=False)
class ForbiddenError(PetitionError):
    """The role does not allow this."""

    code: ClassVar[str] = "P709"
    what: ClassVar[str] = "{action} is for the role {role}."
    remedy: ClassVar[str] = "Ask somebody who has it."
    action: str
    role: str
