"""A workbench with invented letters: filed once by the shipped model, copied for every test."""

import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from workbench import LETTERS, PASSWORD, ROLES, Bench

from nlp_pipeline.config import Settings
from nlp_pipeline.process import Walk, load_walk, process_letters
from nlp_pipeline.records import Letter
from nlp_pipeline.review import engine, passwords
from nlp_pipeline.review.app import Door, create_app
from nlp_pipeline.store import Filing, Store, open_store


@pytest.fixture(scope="session")
def template(walk: Walk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a store that holds the letters and the accounts."""
    folder = tmp_path_factory.mktemp("bench")
    letters = [
        Letter(number, text, "", "invented", place, {}, "2026-11-23")
        for place, (number, text) in enumerate(LETTERS.items(), 1)
    ]
    kept = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with open_store(f"sqlite:///{folder / 'petition.db'}") as store:
        run = store.begin_run(walk.model.name, "tests")
        store.file(
            run,
            [
                Filing(letter, outcome, channel="来信", territory="柳林镇")
                for letter, outcome in process_letters(letters, walk)
            ],
        )
        store.end_run(run)
        for login, roles in ROLES.items():
            store.add_clerk(login, f"{login}-name", kept, roles)
    return folder


@pytest.fixture
def quick(walk: Walk, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every workbench share the shipped model, and hash passwords at low costs."""

    def load(wanted: Settings) -> Walk:
        return walk if wanted.classify == settings.classify else load_walk(wanted)

    cheap = partial(PasswordHasher, time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(engine, "load_walk", load)
    monkeypatch.setattr(passwords, "PasswordHasher", cheap)


@pytest.fixture
def make_bench(
    template: Path, tmp_path: Path, settings: Settings, quick: None
) -> Iterator[Callable[[], Bench]]:
    """Give a maker of workbenches, each with a store of its own."""
    stores: list[Store] = []

    def make() -> Bench:
        folder = tmp_path / f"store{len(stores)}"
        shutil.copytree(template, folder)
        store = open_store(f"sqlite:///{folder / 'petition.db'}")
        stores.append(store)
        return Bench(store, create_app(store, settings, Door("x" * 32)))

    yield make
    for store in stores:
        store.close()


@pytest.fixture
def bench(make_bench: Callable[[], Bench]) -> Bench:
    """Give a workbench with the invented letters."""
    return make_bench()
