"""`petition db`: make the tables of a store, copy it, put a copy back, look at it."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from nlp_pipeline.cli.options import JsonOption, StoreOption
from nlp_pipeline.cli.terminal import shown, tell, write_json
from nlp_pipeline.errors import MissingExtraError


class Action(StrEnum):
    """What is done with the store."""

    UPGRADE = "upgrade"
    BACKUP = "backup"
    RESTORE = "restore"
    STATUS = "status"


def db(
    action: Annotated[Action, typer.Argument(help="upgrade, backup, restore or status.")],
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="The copy, for backup and restore.")
    ] = None,
    store: StoreOption = "",
    as_json: JsonOption = False,
) -> None:
    """Make or renew the tables of a store, copy it, put a copy back, or tell its state.

    Without --store it is the embedded store in the user's folder. A copy is made while
    clerks go on working; its key is not in it.
    """
    try:
        from nlp_pipeline.store import backup, restore, upgrade
    except ImportError as error:
        raise MissingExtraError("a store", str(error.name), "store") from error

    if (file is None) == (action in (Action.BACKUP, Action.RESTORE)):
        problem = "name the copy" if file is None else "this takes no file"
        raise typer.BadParameter(problem, param_hint="FILE")
    if action == Action.UPGRADE:
        tell(f"the store is at revision {upgrade(store)}")
    elif action == Action.BACKUP and file is not None:
        backup(file, store)
        tell(f"copied to {shown(str(file))}; keep a copy of the key elsewhere")
    elif action == Action.RESTORE and file is not None:
        restore(file, store)
        tell(f"put back from {shown(str(file))}; put its key back too")
    else:
        _tell_status(store, as_json)


def _tell_status(url: str, as_json: bool) -> None:
    """Tell the state of a store; exit 1 where something is wrong with it."""
    from nlp_pipeline.store import status

    found = status(url)
    is_sound = found.revision == found.newest and not found.problem
    if as_json:
        write_json({name: getattr(found, name) for name in found.__slots__} | {"ok": is_sound})
    else:
        for name, value in (
            ("store", shown(found.url)),
            ("revision", f"{found.revision or '(no tables)'}, newest {found.newest}"),
            ("letters", f"{found.letters:,}"),
            ("size", f"{found.size_bytes / 1e6:,.1f} MB"),
            ("state", found.problem or "sound"),
        ):
            sys.stdout.write(f"{name:9} {value}\n")
    raise typer.Exit(0 if is_sound else 1)
