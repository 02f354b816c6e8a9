"""Tests of the package's shape: who knows whom, sizes, and what is not done at all."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "nlp_pipeline"
FILES = sorted(path for path in PACKAGE.rglob("*.py"))
NAMES = [path.relative_to(PACKAGE).as_posix() for path in FILES]

CORE = {"records", "offsets", "errors", "labels", "config"}
UPPER = {"process", "parallel", "cluster", "components", "learning"}
KNOWS: dict[str, set[str]] = {
    **dict.fromkeys(CORE, CORE),
    "stages": CORE | {"stages"},
    **dict.fromkeys(UPPER, CORE | UPPER | {"stages"}),
    "": CORE | UPPER | {"stages"},
    "store": CORE | {"stages", "store"},
    "similar": CORE | {"stages", "similar"},
    "review": CORE | UPPER | {"stages", "store", "similar", "review", ""},
    "cli": CORE | UPPER | {"stages", "store", "similar", "review", "cli", ""},
    "__main__": {"cli"},
}
"""What each part of the package may import; "" is the package itself."""

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _part(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    return "" if first == "__init__" else first


def _imports(path: Path) -> Iterator[str]:
    """Give the full name of everything that a module imports, wherever it stands."""
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports by dots"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _public(body: list[ast.stmt], owner: str = "") -> Iterator[tuple[str, Definition]]:
    """Give the public definitions of a module and of its public classes."""
    for node in body:
        if not isinstance(node, Definition) or (
            node.name.startswith("_") and node.name not in ("__init__", "__call__")
        ):
            continue
        yield f"{owner}{node.name}", node
        if isinstance(node, ast.ClassDef):
            yield from _public(node.body, f"{node.name}.")


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_the_arrows_point_inwards(path: Path) -> None:
    """A part imports only the parts that it may know."""
    ours = [name for name in _imports(path) if name.split(".")[0] == "nlp_pipeline"]
    parts = {(name.split(".") + [""])[1] for name in ours}
    known = {
        part if (PACKAGE / part).is_dir() or (PACKAGE / f"{part}.py").is_file() else ""
        for part in parts
    }
    assert known <= KNOWS[_part(path)]


def test_every_part_has_its_arrows() -> None:
    """A new part of the package must say what it may know."""
    assert {_part(path) for path in FILES} == set(KNOWS)


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_large_and_risky_libraries_stay_in_their_rooms(path: Path) -> None:
    """The frame is imported where its pipeline is built; re, pickle and their like nowhere."""
    found = {name.split(".")[0] for name in _imports(path)}
    if _part(path) not in ("components", ""):
        assert "spacy" not in found
    assert found.isdisjoint({"re", "pickle", "joblib", "dill", "shelve", "marshal"})
    assert found.isdisjoint({"requests", "urllib", "http", "socket", "httpx"})


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_what_is_not_done_anywhere(path: Path) -> None:
    """No print, eval, exec or assert, and no `global`: settings are passed."""
    nodes = list(ast.walk(_tree(path)))
    called = {
        node.func.id
        for node in nodes
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert called.isdisjoint({"print", "eval", "exec", "input", "breakpoint"})
    assert not [node.lineno for node in nodes if isinstance(node, ast.Assert | ast.Global)]


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_text_files_are_opened_with_an_encoding(path: Path) -> None:
    """What is opened as text says its encoding, so that no locale decides."""
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Call) and _opens_text(node):
            assert "encoding" in {keyword.arg for keyword in node.keywords}, f"line {node.lineno}"


def _opens_text(call: ast.Call) -> bool:
    """Tell whether a call opens a file as text; `archive.open(member)` does not."""
    is_method = isinstance(call.func, ast.Attribute)
    name = ast.unparse(call.func).split(".")[-1]
    if name != "open":
        return is_method and name in ("read_text", "write_text")
    rest = call.args if is_method else call.args[1:]
    mode = rest[0].value if rest and isinstance(rest[0], ast.Constant) else "" if rest else "r"
    return "b" not in str(mode) and mode != ""


def test_at_most_two_broad_excepts() -> None:
    """Whatever may go wrong is caught in two places: the loop and the command line."""
    broad = []
    for path in FILES:
        for node in ast.walk(_tree(path)):
            if isinstance(node, ast.ExceptHandler):
                caught = node.type
                names = {n.id for n in ast.walk(caught or node) if isinstance(n, ast.Name)}
                if caught is None or names & {"Exception", "BaseException"}:
                    broad.append(path.relative_to(PACKAGE).as_posix())
    assert sorted(broad) == ["cli/__init__.py", "process.py"]


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_no_settings_at_the_top_of_a_module(path: Path) -> None:
    """What stands at the top of a module is a constant by its name and is never changed."""
    tops: set[str] = set()
    for node in _tree(path).body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if isinstance(node.value, _MUTABLE):
                tops |= {ast.unparse(target) for target in targets}
    changed = {name for node in ast.walk(_tree(path)) for name in _changes(node)}
    assert {name for name in tops if not name.isupper()} <= {"__all__"}
    assert changed & tops == set()


_MUTABLE = ast.Dict | ast.List | ast.Set | ast.DictComp | ast.ListComp | ast.SetComp
_CHANGING = {"append", "extend", "insert", "update", "setdefault", "add"}
_CHANGING |= {"pop", "popitem", "remove", "discard", "clear", "sort", "reverse"}


def _is_mutable(value: ast.expr) -> bool:
    makers = {"dict", "list", "set", "defaultdict", "Counter", "deque", "OrderedDict"}
    made = isinstance(value, ast.Call) and ast.unparse(value.func) in makers
    return made or isinstance(value, _MUTABLE)


def _changes(node: ast.AST) -> Iterator[str]:
    """Give the names of what a node changes in place."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr in _CHANGING:
            yield ast.unparse(node.func.value)
    elif isinstance(node, ast.Subscript | ast.Attribute):
        if isinstance(node.ctx, ast.Store | ast.Del):
            yield ast.unparse(node.value)
    elif isinstance(node, ast.AugAssign):
        yield ast.unparse(node.target)


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_everything_public_is_documented_and_annotated(path: Path) -> None:
    """Modules, public functions, classes and methods have docstrings and types."""
    tree = _tree(path)
    assert ast.get_docstring(tree)
    for name, node in _public(tree.body):
        if not isinstance(node, ast.ClassDef):
            arguments = node.args
            every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
            every += [a for a in (arguments.vararg, arguments.kwarg) if a]
            bare = [a.arg for a in every if a.annotation is None and a.arg not in ("self", "cls")]
            assert bare == [], name
            assert node.returns is not None, name
        assert name.endswith("__init__") or ast.get_docstring(node), name


def test_modules_are_short() -> None:
    """No module has over 400 lines, half of them at most 180, a command's at most 180."""
    sizes = {name: _lines(path) for name, path in zip(NAMES, FILES, strict=True)}
    assert {name: size for name, size in sizes.items() if size > 400} == {}
    assert median(sizes.values()) <= 180
    assert {name: n for name, n in sizes.items() if name.startswith("cli/") and n > 180} == {}


def test_functions_are_short() -> None:
    """Of a hundred functions ninety-five have at most forty lines."""
    sizes = sorted(
        (node.end_lineno or 0) - node.lineno + 1 for path in FILES for node in _functions(path)
    )
    assert sizes[int(len(sizes) * 0.95)] <= 40


def test_modules_say_what_they_do() -> None:
    """No module is called after nothing in particular."""
    stems = {path.stem.strip("_") for path in FILES}
    assert stems.isdisjoint({"utils", "util", "helpers", "common", "manager", "handler", "misc"})


def test_every_resource_names_its_source() -> None:
    """Every data file says at its head where it comes from and since when it holds."""
    for path in sorted((PACKAGE / "resources").glob("*.csv")):
        lines = path.read_text(encoding="utf-8").splitlines()
        head = " ".join(line for line in lines if line.startswith("#")).lower()
        assert "source:" in head, path.name
