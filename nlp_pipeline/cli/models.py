"""`petition models`: what stands on the shelf, which model serves, and which shall."""

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nlp_pipeline.cli.options import (
    ByOption,
    ConfigOption,
    JsonOption,
    LanguageOption,
    ReasonOption,
    SetOption,
    ShelfOption,
    resolve_settings,
)
from nlp_pipeline.cli.terminal import shown, tell, write_json
from nlp_pipeline.errors import PromotionRefusedError, ShelfError

if TYPE_CHECKING:
    from nlp_pipeline.learning.shelf import Shelf


class Action(StrEnum):
    """What may be done with the models."""

    LIST = "list"
    SHOW = "show"
    PROMOTE = "promote"
    ROLLBACK = "rollback"
    FORGET = "forget"


def models(
    action: Annotated[Action, typer.Argument(help="What to do.")],
    name: Annotated[
        str, typer.Argument(help="A model, or the beginning of its name; for forget a letter.")
    ] = "",
    by: ByOption = "",
    reason: ReasonOption = "",
    language: LanguageOption = "zh",
    shelf: ShelfOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    values: SetOption = None,
) -> None:
    """List and show the models of an office, promote one, roll back, forget a letter.

    To promote a model that the gate refused needs --by and --reason. To forget a letter
    takes it out of all kept rows and marks the models that learned from it.
    """
    from pathlib import Path

    from nlp_pipeline.learning.shelf import Shelf

    settings = resolve_settings(config, values)
    place = shelf or (Path(settings.retrain.shelf) if settings.retrain.shelf else None)
    if place is None:
        raise ShelfError("", "none is named; give --shelf or the setting retrain.shelf")
    found = Shelf(place)
    found.champion()
    if action in (Action.PROMOTE, Action.FORGET) and not name:
        raise typer.BadParameter(f"{action.value} needs a name")
    if action == Action.LIST:
        _list(found, as_json)
    elif action == Action.SHOW:
        _show(found, name, language, as_json)
    elif action == Action.PROMOTE:
        _promote(found, name, by, reason)
    elif action == Action.ROLLBACK:
        with found.lock():
            sys.stdout.write(f"{found.roll_back({'by': by, 'reason': reason})}: serves\n")
    else:
        _forget(found, name, by)


def _list(shelf: "Shelf", as_json: bool) -> None:
    rows = [_facts(shelf, name) for name in shelf.names()]
    if as_json:
        write_json({"models": rows})
        return
    for row in rows:
        sign = "*" if row["serves"] else " "
        mark = f"  learned from {row['forgotten']} deleted letters" if row["forgotten"] else ""
        verdict = {True: "passed", False: "refused", None: "-"}[row["passed"]]
        sys.stdout.write(f"{sign} {row['name']:32} {row['made']:26} {verdict:8}{mark}\n")


def _facts(shelf: "Shelf", name: str) -> dict[str, Any]:
    from nlp_pipeline.learning.bundle import read_manifest

    facts = read_manifest(shelf.bundle(name))["facts"]
    pointer = shelf.pointer()
    return {
        "name": name,
        "serves": pointer is not None and pointer.champion == name,
        "made": str(facts.get("made", "")),
        "passed": facts.get("passed"),
        "against": facts.get("against", ""),
        "forgotten": sum(
            name in act.get("models", ()) for act in shelf.history() if act.get("act") == "forget"
        ),
    }


def _show(shelf: "Shelf", name: str, language: str, as_json: bool) -> None:
    """Tell a model's card: what it learned from, against whom it stood, who promoted it."""
    from nlp_pipeline.learning.bundle import read_manifest

    bundle = shelf.bundle(name) if name else shelf.champion()
    facts = dict(read_manifest(bundle)["facts"])
    acts = [
        act for act in shelf.history() if bundle.name in (act.get("model"), *act.get("models", ()))
    ]
    if as_json:
        write_json({**_facts(shelf, bundle.name), "card": facts, "history": acts})
        return
    sys.stdout.write(f"{bundle.name}\n")
    for key in ("made", "origin", "against", "sources", "rows", "behind", "days", "left_out"):
        if key in facts:
            sys.stdout.write(f"{key:10} {shown(str(facts[key]))}\n")
    for act in acts:
        told = " ".join(
            f"{k}={act[k]}" for k in ("act", "by", "reason", "instead_of") if act.get(k)
        )
        sys.stdout.write(f"{act['time'][:19]} {shown(told)}\n")
    page = shelf.report(bundle.name) / f"verdict.{language}.md"
    if page.is_file():
        sys.stdout.write(page.read_text(encoding="utf-8"))


def _promote(shelf: "Shelf", name: str, by: str, reason: str) -> None:
    """Let a model serve; who lets one serve that was refused must answer for it.

    Raises:
        PromotionRefusedError: nobody does.
    """
    with shelf.lock():
        facts = _facts(shelf, shelf.bundle(name).name)
        is_forced = facts["passed"] is False
        if is_forced and not (by.strip() and reason.strip()):
            raise PromotionRefusedError(
                facts["name"], "the gate refused it", "To promote it give --by and --reason."
            )
        forced = {"forced": True} if is_forced else {}
        shelf.promote(facts["name"], {"by": by, "reason": reason, **forced})
    sys.stdout.write(f"{facts['name']}: serves\n")


def _forget(shelf: "Shelf", key: str, by: str) -> None:
    """Take a letter out of all kept rows; mark the models that learned from it."""
    from nlp_pipeline.learning.retrain import forget_letter

    with shelf.lock():
        marked = forget_letter(shelf, key, by)
    for name in marked:
        sys.stdout.write(f"{name}: learned from it\n")
    if not marked:
        tell("no kept row is of that letter")
    else:
        tell("the rows are gone; retrain, so that a model that never saw it serves")
