"""Tests of `petition serve`: where it listens, the first account, which model serves."""

from pathlib import Path
from typing import Any

import pytest
import uvicorn
from typer.testing import CliRunner

from nlp_pipeline.cli import app
from nlp_pipeline.cli.serve import model_source, reachable_names
from nlp_pipeline.errors import ConfigError
from nlp_pipeline.review.passwords import fits
from nlp_pipeline.review.session_key import session_secret
from nlp_pipeline.store import Role, Store, open_store

ANSWERS = "chen\neleven quiet lanterns\neleven quiet lanterns\n"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[dict[str, Any]]:
    """Give the calls that would have started a server; the user's folder is a new one."""
    calls: list[dict[str, Any]] = []

    def run(app: object, **settings: Any) -> None:
        calls.append(settings)

    monkeypatch.setattr(uvicorn, "run", run)
    monkeypatch.setenv("HOME", str(tmp_path))
    return calls


def serve(tmp_path: Path, *more: str, answers: str = "") -> Any:
    """Run the command with a store of its own."""
    store = f"sqlite:///{tmp_path / 'petition.db'}"
    return CliRunner().invoke(app, ["serve", "--store", store, *more], input=answers)


def opened(tmp_path: Path) -> Store:
    """Open the store that the command made."""
    return open_store(f"sqlite:///{tmp_path / 'petition.db'}")


def test_the_first_account_is_made_on_the_terminal(
    started: list[dict[str, Any]], tmp_path: Path
) -> None:
    """It may do everything but see accusations, unless that is said."""
    result = serve(tmp_path, answers=ANSWERS + "n\n")
    assert result.exit_code == 0, result.output
    with opened(tmp_path) as store:
        clerk = store.clerk("chen")
    assert clerk is not None
    assert clerk.roles == {Role.INTAKE, Role.CLERK, Role.HEAD, Role.ADMIN}
    assert fits(clerk.password_hash, "eleven quiet lanterns")
    assert "lanterns" not in result.output
    assert started[0]["host"] == "127.0.0.1"


def test_a_weak_password_is_asked_for_again(started: list[dict[str, Any]], tmp_path: Path) -> None:
    """The reason is told, and the next one counts."""
    result = serve(tmp_path, answers="c\nchen\nshort\nshort\n" + ANSWERS[5:] + "y\n")
    assert result.exit_code == 0, result.output
    assert "至少 10 个字符" in result.output
    with opened(tmp_path) as store:
        clerk = store.clerk("chen")
    assert clerk is not None
    assert Role.RESTRICTED in clerk.roles


def test_the_second_start_asks_nothing(started: list[dict[str, Any]], tmp_path: Path) -> None:
    """Where there is an account the server starts at once."""
    serve(tmp_path, answers=ANSWERS + "n\n")
    assert serve(tmp_path).exit_code == 0
    assert len(started) == 2


def test_without_an_answer_nothing_starts(started: list[dict[str, Any]], tmp_path: Path) -> None:
    """A server nobody can sign in to does not start."""
    assert serve(tmp_path).exit_code == 1
    assert started == []


def test_no_access_log_and_no_name_of_the_server(
    started: list[dict[str, Any]], tmp_path: Path
) -> None:
    """What was asked for is in no log, and headers of strangers are not believed."""
    serve(tmp_path, answers=ANSWERS + "n\n")
    (settings,) = started
    assert settings["access_log"] is False
    assert settings["server_header"] is False
    assert settings["proxy_headers"] is False


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_an_address_of_this_computer_needs_nothing_more(
    host: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is said, and this computer's names are answered to."""
    assert "localhost" in reachable_names(host, (), behind_tls=False)
    assert capsys.readouterr().err == ""


def test_an_open_address_says_what_that_means(capsys: pytest.CaptureFixture[str]) -> None:
    """Who opens the server to others is told about passwords and TLS."""
    names = reachable_names("10.1.2.3", ("xf.example",), behind_tls=False)
    told = capsys.readouterr().err
    assert {"10.1.2.3", "xf.example"} <= set(names)
    assert "every computer on the network" in told
    assert "--behind-tls" in told
    reachable_names("10.1.2.3", (), behind_tls=True)
    assert "can be read on the way" not in capsys.readouterr().err


def test_every_address_at_once_needs_the_name_that_clerks_type() -> None:
    """Without it a page of another name could reach the server."""
    with pytest.raises(ConfigError, match="--name"):
        reachable_names("0.0.0.0", (), behind_tls=True)


def test_a_folder_that_is_no_shelf_serves_always_the_same(tmp_path: Path) -> None:
    """A name or a bundle has no champion to ask for."""
    assert model_source("petition_zh") is None
    assert model_source(str(tmp_path)) is None


def test_the_key_of_the_sessions_is_kept_and_another_for_each_store(tmp_path: Path) -> None:
    """A restart signs nobody out; a second store has its own key; others cannot read it."""
    with open_store(f"sqlite:///{tmp_path / 'a.db'}") as a:
        first, again = session_secret(a, tmp_path), session_secret(a, tmp_path)
    with open_store(f"sqlite:///{tmp_path / 'b.db'}") as b:
        other = session_secret(b, tmp_path)
    assert first == again != other
    assert len(first) == 64
    modes = {path.stat().st_mode & 0o077 for path in tmp_path.glob("sessions-*.key")}
    assert modes == {0}
