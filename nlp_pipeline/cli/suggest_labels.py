"""`petition suggest-labels`: which letters a person should label, the most telling first."""

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nlp_pipeline.cli.options import (
    ConfigOption,
    EncodingOption,
    IdOption,
    JsonOption,
    ModelOption,
    SetOption,
    TextOption,
    TitleOption,
    named_columns,
    resolve_settings,
)
from nlp_pipeline.cli.progress import counted
from nlp_pipeline.cli.terminal import shown, tell, write_json
from nlp_pipeline.errors import CorpusError, LabelError
from nlp_pipeline.labels import FIELD_NAMES, FIELDS

if TYPE_CHECKING:
    from nlp_pipeline.learning._pool import Pool
    from nlp_pipeline.learning.suggest import Suggestion
    from nlp_pipeline.records import Letter

_RANK, _WHY, _SUGGESTED = "标注顺序", "选出理由", "模型建议"


def suggest_labels(
    source: Annotated[
        str, typer.Argument(metavar="INPUT", help="Unlabelled letters: any input we read.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="The list: csv, tsv, xlsx or jsonl.")],
    count: Annotated[int, typer.Option(min=1, help="How many letters.")] = 100,
    field: Annotated[
        list[str] | None,
        typer.Option(help="A field to label; may be repeated. Without it all of the model's."),
    ] = None,
    labelled: Annotated[
        list[str] | None,
        typer.Option("--labelled", help="Letters with labels already; their like teach less."),
    ] = None,
    audit_share: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Share drawn at random, to measure by.")
    ] = 0.1,
    seed: Annotated[int, typer.Option(help="Changes what is drawn at random.")] = 20261124,
    as_json: JsonOption = False,
    model: ModelOption = "",
    id_column: IdOption = "",
    title_column: TitleOption = "",
    text_column: TextOption = "",
    encoding: EncodingOption = "",
    config: ConfigOption = None,
    values: SetOption = None,
) -> None:
    """Choose the letters whose labels would teach the model most, and say why.

    The list holds every column of the input and an empty one for each label. Once filled
    in it is what `petition retrain --from` reads.
    """
    from nlp_pipeline.learning._pool import read_pool
    from nlp_pipeline.learning._sheets import check_sheet
    from nlp_pipeline.learning.suggest import SuggestSettings, suggest_letters
    from nlp_pipeline.process import load_walk
    from nlp_pipeline.records import Letter
    from nlp_pipeline.stages.read import open_source

    for name in field or ():
        if name not in FIELDS:
            raise LabelError("field", name, FIELDS)
    check_sheet(out)
    settings = resolve_settings(config, values, model, encoding)
    columns = named_columns(id_column, title_column, text_column)
    read = open_source(source, settings.read, columns)
    letters = [item for item in read.letters() if isinstance(item, Letter)]
    walk = load_walk(settings)
    known: list[Letter] = []
    for path in labelled or ():
        found = open_source(path, settings.read, columns).letters()
        known += [item for item in found if isinstance(item, Letter)]
    with counted(len(letters) + len(known)) as step:
        pool = read_pool([*letters, *known], walk, step)
    pool, done = pool.part(len(letters))
    if not pool.places:
        raise CorpusError(source, "no letter in it could be read", "Check the columns.")
    order = SuggestSettings(count, audit_share, seed, tuple(field or ()))
    suggested = suggest_letters(pool, order, done)
    fields = [name for name in FIELDS if name in (field or pool.chances)]
    _write(out, read.header, letters, pool, suggested, fields)
    _tell(out, pool, suggested, as_json)


def _write(
    out: Path,
    header: Sequence[str],
    letters: "Sequence[Letter]",
    pool: "Pool",
    suggested: "Sequence[Suggestion]",
    fields: Sequence[str],
) -> None:
    """Write the list: rank and reasons, an empty column a field, then the input's own."""
    from nlp_pipeline.learning._sheets import write_sheet

    empty = [name for name in (FIELD_NAMES[field] for field in fields) if name not in header]
    ours = [name for name in (_RANK, _WHY, _SUGGESTED) if name not in header]
    kept = list(dict.fromkeys(header))
    rows = []
    for rank, one in enumerate(suggested, 1):
        letter = letters[pool.places[one.place]]
        values = {
            _RANK: str(rank),
            _WHY: "；".join(one.reasons),
            _SUGGESTED: "；".join(pool.choices(one.place, fields)),
        }
        row: Mapping[str, str] = letter.row
        rows.append(
            [
                *(values[name] for name in ours),
                *("" for _ in empty),
                *(row.get(name, "") for name in kept),
            ]
        )
    write_sheet(out, [*ours, *empty, *kept], rows, "待标注")


def _tell(out: Path, pool: "Pool", suggested: "Sequence[Suggestion]", as_json: bool) -> None:
    kinds = Counter(kind for one in suggested for kind in one.kinds[:1])
    if as_json:
        write_json(
            {
                "letters": len(pool.places),
                "distinct": len(set(pool.groups)),
                "suggested": len(suggested),
                "reasons": dict(kinds),
                "out": str(out),
            }
        )
        return
    said = ", ".join(f"{kind} {count}" for kind, count in kinds.most_common())
    tell(f"{len(suggested)} of {len(pool.places)} letters ({said})")
    sys.stdout.write(f"{shown(str(out))}\n")
