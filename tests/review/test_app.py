"""Tests of the server as a whole: headers, errors in plain words, health, logs."""

import logging
from hashlib import sha256
from pathlib import Path

import pytest
import regex
from fastapi import FastAPI, Request
from starlette.testclient import TestClient
from workbench import HOST, Bench

from nlp_pipeline.config import Settings
from nlp_pipeline.errors import ModelMissingError, StoreError
from nlp_pipeline.records import Letter
from nlp_pipeline.review import app as app_module
from nlp_pipeline.review.app import Door, create_app
from nlp_pipeline.review.engine import Engine
from nlp_pipeline.review.headers import POLICY
from nlp_pipeline.review.logs import PlainFaults, keep_logs_plain


@pytest.mark.parametrize("path", ["/sign-in", "/health", "/static/workbench.css", "/nothing"])
def test_every_answer_carries_the_policy(bench: Bench, path: str) -> None:
    """Pages, files and errors alike; only static files may be kept by the browser."""
    headers = bench.browser().get(path).headers
    assert headers["content-security-policy"] == POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert ("max-age" in headers["cache-control"]) == path.startswith("/static")


def test_the_policy_allows_nothing_inline_and_nothing_from_outside() -> None:
    """No source but our own host stands in it."""
    assert "unsafe" not in POLICY
    assert "http" not in POLICY
    assert "default-src 'none'" in POLICY


def test_health_needs_no_account_and_tells_no_more_than_health(bench: Bench) -> None:
    """It says whether the store answers and which model serves."""
    with TestClient(bench.app, base_url=HOST) as client:
        found = client.get("/health").json()
    assert found == {"ok": True, "store": True, "model": bench.app.state.bench.engine.serving}
    assert found["model"]


def test_health_is_503_where_the_store_is_gone(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A watcher sees it by the status alone."""

    def gone() -> bool:
        raise StoreError("sqlite", "disk I/O error")

    monkeypatch.setattr(bench.store, "ping", gone)
    assert bench.browser().get("/health").status_code == 503


def test_an_unknown_page_says_so_in_words(bench: Bench) -> None:
    """No code and no trace: what it is and where to go."""
    answer = bench.browser().get("/nothing")
    assert answer.status_code == 404
    assert "没有这一页" in answer.text


def test_a_wrong_method_says_so_in_words(bench: Bench) -> None:
    """Typing the address of a button is not an error of the server."""
    answer = bench.sign_in("zhang").client.get("/next")
    assert answer.status_code == 405
    assert "按钮" in answer.text


def test_a_store_that_fails_is_a_page_in_plain_words(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clerk is told to try again, not what the database said."""
    browser = bench.sign_in("zhang")

    def fail(*_: object, **__: object) -> None:
        raise StoreError("sqlite", "database is locked")

    monkeypatch.setattr(bench.store, "queue", fail)
    answer = browser.client.get("/")
    assert answer.status_code == 503
    assert "暂时不能使用" in answer.text
    assert "locked" not in answer.text


def test_a_fault_of_ours_is_a_page_and_its_words_are_in_no_log(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """The log has the kind and the place; what the message held is in neither."""
    app: FastAPI = bench.app

    @app.get("/broken")
    def broken(request: Request) -> None:
        raise ValueError("陈桂香 13800138000")

    client = TestClient(app, base_url=HOST, raise_server_exceptions=False)
    answer = client.get("/broken")
    assert answer.status_code == 500
    assert "内部出错" in answer.text
    assert "陈桂香" not in answer.text + caplog.text


def test_the_servers_log_tells_a_fault_by_kind_and_place() -> None:
    """The filter takes message and values out of a record with an error."""
    record = logging.LogRecord("uvicorn.error", logging.ERROR, "", 1, "Exception %s", ("x",), None)
    assert PlainFaults().filter(record)
    assert record.getMessage() == "Exception x"
    try:
        raise ValueError("陈桂香 13800138000")
    except ValueError as error:
        record.exc_info = (ValueError, error, error.__traceback__)
    PlainFaults().filter(record)
    assert record.getMessage().startswith("fault: ValueError at test_app.py:")
    assert record.exc_info is None


def test_the_filter_is_set_once() -> None:
    """Starting twice does not filter twice."""
    keep_logs_plain()
    keep_logs_plain()
    filters = logging.getLogger("uvicorn.error").filters
    assert sum(isinstance(known, PlainFaults) for known in filters) == 1


def test_static_files_lead_nowhere_else(bench: Bench) -> None:
    """No path out of the folder is served."""
    client = bench.browser()
    for path in ("../app.py", "..%2fapp.py", "%2e%2e/texts.csv", "....//app.py"):
        assert client.get(f"/static/{path}").status_code == 404


def test_no_schema_and_no_docs_are_served(bench: Bench) -> None:
    """The framework's own pages load from outside; they are off."""
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert bench.browser().get(path).status_code == 404


def test_without_a_model_the_queue_works_and_a_new_letter_is_refused_in_words(
    bench: Bench, settings: Settings
) -> None:
    """A missing model stops no reading."""

    def missing() -> str:
        return "/no/such/bundle"

    app = create_app(bench.store, settings, Door("x" * 32), missing)
    with TestClient(app, base_url=HOST) as client:
        assert client.get("/health").json()["model"] == ""
    browser = Bench(bench.store, app).sign_in("zhang")
    browser.get("/intake")
    answer = browser.post("/intake", {"text": "路灯坏了一个月没有人修", "received": ""})
    assert answer.status == 503


def test_a_new_champion_serves_the_next_letter(settings: Settings) -> None:
    """The source is asked for every letter; the same answer loads nothing."""
    champion = [settings.classify.model]
    engine = Engine(settings, lambda: champion[0])
    first = engine.walk()
    assert engine.walk() is first
    champion[0] = settings.classify.model + "/."
    assert engine.walk() is not first


def test_a_bad_champion_is_passed_over_and_the_old_one_goes_on(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says so once; letters are classified as before."""
    champion = [settings.classify.model]
    engine = Engine(settings, lambda: champion[0])
    first = engine.walk()
    champion[0] = "/no/such/bundle"
    assert engine.walk() is first
    assert engine.walk() is first
    assert caplog.text.count("the one in use goes on") == 1
    ((_, outcome),) = engine.classify([Letter("L", "路灯坏了一个月没有人修")])
    assert outcome.letter_id == "L"


def test_a_source_that_cannot_be_read_keeps_the_model_in_use(settings: Settings) -> None:
    """A shelf that is away for a moment stops nobody; at the start it does."""
    away = False

    def source() -> str:
        if away:
            raise OSError
        return settings.classify.model

    engine = Engine(settings, source)
    first = engine.walk()
    away = True
    assert engine.walk() is first
    with pytest.raises(OSError):  # noqa: PT011
        Engine(settings, source).walk()
    with pytest.raises(ModelMissingError, match="No model"):
        Engine(settings, lambda: "/no/such/bundle").walk()


def test_htmx_is_the_file_that_the_decision_names() -> None:
    """A changed or another file would not go unnoticed."""
    static = Path(app_module.__file__).parent / "static"
    digest = sha256((static / "htmx.min.js").read_bytes()).hexdigest()
    root = Path(__file__).parents[2]
    decision = root / "docs" / "decisions" / "0022-workbench.md"
    assert digest in decision.read_text(encoding="utf-8")


def test_no_file_of_ours_loads_anything_from_outside() -> None:
    """Styles, scripts and templates name no other host."""
    folder = Path(app_module.__file__).parent
    for path in [*folder.glob("static/workbench.*"), *folder.glob("templates/*.html")]:
        assert regex.search(r"https?://|url\(|@import", path.read_text(encoding="utf-8")) is None
