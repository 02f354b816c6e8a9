"""`petition serve`: the clerk's workbench, on this computer unless told otherwise."""

import logging
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nlp_pipeline.cli.options import ConfigOption, ModelOption, SetOption, resolve_settings
from nlp_pipeline.cli.terminal import shown, tell
from nlp_pipeline.errors import ConfigError, MissingExtraError

if TYPE_CHECKING:
    from nlp_pipeline.store import Store

_LOCAL = "127.0.0.1"
_TRIES = 5
_NEEDED = ("fastapi", "uvicorn", "argon2", "itsdangerous", "python_multipart", "pypinyin")


def serve(
    host: Annotated[
        str, typer.Option(help="The address to listen on; the default is this computer alone.")
    ] = _LOCAL,
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")] = 8765,
    name: Annotated[
        list[str] | None,
        typer.Option("--name", help="A host name that clerks type; may be repeated."),
    ] = None,
    behind_tls: Annotated[
        bool, typer.Option("--behind-tls", help="A proxy with TLS stands before the server.")
    ] = False,
    store: Annotated[
        str, typer.Option("--store", metavar="URL", help="The store; else the embedded one.")
    ] = "",
    model: ModelOption = "",
    config: ConfigOption = None,
    values: SetOption = None,
) -> None:
    """Serve the clerk's workbench until it is stopped with Ctrl-C."""
    _check_libraries()
    import uvicorn

    from nlp_pipeline.review.app import Door, create_app
    from nlp_pipeline.review.logs import keep_logs_plain
    from nlp_pipeline.review.session_key import session_secret
    from nlp_pipeline.store import open_store

    settings = resolve_settings(config, values, model)
    hosts = reachable_names(host, tuple(name or ()), behind_tls)
    with open_store(store, resources=settings.resources.directory) as opened:
        if not opened.has_clerks():
            add_first_clerk(opened)
        source = model_source(settings.classify.model)
        door = Door(session_secret(opened), hosts, https_only=behind_tls)
        app = create_app(opened, settings, door, source)
        logging.basicConfig(format="petition: %(levelname)s %(message)s", level=logging.WARNING)
        keep_logs_plain()
        tell(f"http://{f'[{host}]' if ':' in host else host}:{port}/ (stop with Ctrl-C)")
        uvicorn.run(
            app,
            host=host,
            port=port,
            access_log=False,
            server_header=False,
            log_level="warning",
            forwarded_allow_ips=_LOCAL if behind_tls else "",
            proxy_headers=behind_tls,
            timeout_graceful_shutdown=10,
        )


def reachable_names(host: str, names: tuple[str, ...], behind_tls: bool) -> tuple[str, ...]:
    """Give the names a server answers to, and say what an address open to others means.

    Raises:
        ConfigError: it would listen on every address and no name was given.
    """
    from nlp_pipeline.review.app import LOCAL_HOSTS

    if _is_local(host):
        return (*LOCAL_HOSTS, host, *names)
    is_every = host in ("0.0.0.0", "::")  # noqa: S104
    if is_every and not names:
        raise ConfigError("--host", "an address open to others needs --name, what clerks type")
    tell(f"{host} can be reached by every computer on the network: letters lie behind passwords")
    if not behind_tls:
        tell("without TLS passwords and letters can be read on the way; put a proxy with TLS ")
        tell("before it and say --behind-tls (see docs/workbench.md)")
    return (*LOCAL_HOSTS, *(() if is_every else (host,)), *names)


def _is_local(host: str) -> bool:
    """Tell whether only this computer can reach an address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def model_source(model: str) -> Callable[[], str] | None:
    """Give what says which model serves: a shelf's champion, or None for always the same."""
    from nlp_pipeline.learning.shelf import Shelf, is_shelf

    folder = Path(model)
    if not is_shelf(folder):
        return None
    shelf = Shelf(folder)
    return lambda: str(shelf.champion())


def add_first_clerk(store: "Store") -> None:
    """Ask on the terminal for the first account, who may add the others."""
    from nlp_pipeline.review.passwords import hash_password
    from nlp_pipeline.review.people import LOGIN
    from nlp_pipeline.review.texts import texts_of
    from nlp_pipeline.store import Role

    say = texts_of("zh")
    tell(say("first.about"))
    for _ in range(_TRIES):
        login = typer.prompt(say("first.name"), err=True).strip()
        if LOGIN.fullmatch(login):
            break
        tell(say("people.name_bad"))
    else:
        raise typer.Abort
    password = _ask_password(login)
    roles = [Role.INTAKE, Role.CLERK, Role.HEAD, Role.ADMIN]
    if typer.confirm(say("first.restricted"), default=False, err=True):
        roles.append(Role.RESTRICTED)
    store.add_clerk(login, login, hash_password(password), roles)
    tell(shown(say("people.added", name=login)))


def _ask_password(login: str) -> str:
    from nlp_pipeline.review.passwords import password_problem
    from nlp_pipeline.review.texts import texts_of

    say = texts_of("zh")
    for _ in range(_TRIES):
        password: str = typer.prompt(
            say("first.password"), hide_input=True, confirmation_prompt=say("first.again"), err=True
        )
        problem = password_problem(password, login)
        if not problem:
            return password
        tell(say(problem))
    raise typer.Abort


def _check_libraries() -> None:
    """Say which extra is missing before anything is opened.

    Raises:
        MissingExtraError: one of the libraries is not installed.
    """
    from importlib.util import find_spec

    for library in _NEEDED:
        if find_spec(library) is None:
            raise MissingExtraError("the workbench", library, "review")
