"""Tests of one letter: taken, accepted, corrected, undone, kept as a draft, printed."""

from collections.abc import Callable

import pytest
import regex
from workbench import Bench, fields, waiting

from nlp_pipeline.process import Walk, process_letters
from nlp_pipeline.records import Failure, Letter
from nlp_pipeline.store import Filing, Role, Viewer


def test_the_letter_is_shown_as_written_with_its_evidence_marked(bench: Bench) -> None:
    """Taking the marks away gives the raw letter back; the legend explains the colours."""
    page = bench.sign_in("zhang").get(f"/letters/{bench.key('LIFT')}")
    shown = regex.search(r'<div id="letter"[^>]*>(.*?)</div>', page, regex.DOTALL)
    assert shown is not None
    text = regex.sub(r"<sup>[^<]*</sup>|<[^>]+>", "", shown[1])
    assert text.startswith("我们小区的电梯坏了快半个月")
    assert text.endswith("请住建局督促物业尽快维修。")
    assert 'class="legend"' in page
    assert regex.search(r'<mark class="m-[a-z]+', page)


def test_the_page_tells_reasons_limits_duties_and_history(bench: Bench) -> None:
    """A clerk sees why, until when, by which article, and what happened so far."""
    page = bench.sign_in("zhang").get(f"/letters/{bench.key('LIFT')}")
    for told in (
        "信访工作条例第22条第一款",
        "2026-12-08",
        "的职责",
        "登记，系统给出建议",
        "办理途径",
    ):
        assert told in page


def test_accepting_dispatches_and_goes_on_with_the_next(bench: Bench) -> None:
    """The suggestion becomes the review; the browser is led to another letter."""
    browser = bench.sign_in("zhang")
    path = f"/letters/{bench.key('LIFT')}"
    answer = browser.post(f"{path}/review", fields(browser.get(path)))
    assert answer.status == 303
    assert answer.headers["location"].startswith("/letters/")
    assert path not in answer.headers["location"]
    assert bench.state("LIFT") == "已分办"
    page = browser.get(answer.headers["location"])
    assert "已分办：住房和城乡建设局" in page


def test_a_correction_is_kept_with_what_was_changed(bench: Bench) -> None:
    """A new row holds the clerk, the changed field and the fields that were accepted."""
    browser = bench.sign_in("zhang")
    key = bench.key("LAMP")
    data = {
        **fields(browser.get(f"/letters/{key}")),
        "department": "供电公司",
        "note": "电话核实过",
    }
    browser.post(f"/letters/{key}/review", data)
    view = bench.store.letter(bench.clerk("zhang").viewer, key)
    (review,) = view.reviews
    assert review.clerk == "zhang"
    assert review.corrected == ("department",)
    assert "urgency" in review.accepted
    assert (review.labels["department"], review.note) == ("供电公司", "电话核实过")
    page = browser.get(f"/letters/{key}")
    assert "→ 供电公司" in page
    assert "电话核实过" in page


def test_a_topic_of_the_whole_tree_wins_and_brings_its_subtopic(bench: Bench) -> None:
    """What is chosen from the long list counts, whatever the radios say."""
    browser = bench.sign_in("zhang")
    key = bench.key("BUS")
    data = {**fields(browser.get(f"/letters/{key}")), "matter_other": "民政/社会救助"}
    tree = browser.get(f"/letters/{key}")
    value = regex.search(r'<option value="(民政/[^"]+)"', tree)
    assert value is not None
    browser.post(f"/letters/{key}/review", {**data, "matter_other": value[1]})
    view = bench.store.letter(bench.clerk("zhang").viewer, key)
    assert view.labels["topic"] == "民政"
    assert view.labels["subtopic"] == value[1]


def test_htmx_gets_the_next_letter_without_the_head_of_the_page(bench: Bench) -> None:
    """The answer is the inner part alone, with the address and the way to undo."""
    browser = bench.sign_in("zhang")
    path = f"/letters/{bench.key('LIFT')}"
    answer = browser.post(f"{path}/review", fields(browser.get(path)), htmx=True)
    assert answer.status == 200
    assert "<!doctype" not in answer.text
    assert answer.headers["hx-push-url"].startswith("/letters/")
    assert f'hx-post="{path}/undo"' in answer.text
    assert 'hx-swap-oob="beforeend"' in answer.text


def test_a_form_sent_twice_is_one_review(bench: Bench) -> None:
    """A double press makes no second review and no error."""
    browser = bench.sign_in("zhang")
    path = f"/letters/{bench.key('LIFT')}"
    data = fields(browser.get(path))
    first, second = (browser.post(f"{path}/review", data, htmx=True) for _ in range(2))
    assert (first.status, second.status) == (200, 200)
    assert "没有保存" not in second.text
    view = bench.store.letter(bench.clerk("zhang").viewer, bench.key("LIFT"))
    assert len(view.reviews) == 1


def test_undo_brings_the_letter_back(bench: Bench) -> None:
    """An undo is a new row; the letter is to be dispatched again."""
    browser = bench.sign_in("zhang")
    path = f"/letters/{bench.key('LIFT')}"
    browser.post(f"{path}/review", fields(browser.get(path)))
    before = waiting(bench, "zhang")
    answer = browser.post(f"{path}/undo", htmx=True)
    assert "已撤销" in answer.text
    assert waiting(bench, "zhang") == before + 1
    assert bench.state("LIFT") == "登记"
    view = bench.store.letter(bench.clerk("zhang").viewer, bench.key("LIFT"))
    assert [review.kind for review in view.reviews] == ["review", "undo"]


def test_the_key_u_undoes_the_last_one_in_a_later_session_too(bench: Bench) -> None:
    """One's own newest review is found again after signing in anew."""
    browser = bench.sign_in("zhang")
    path = f"/letters/{bench.key('LIFT')}"
    browser.post(f"{path}/review", fields(browser.get(path)))
    later = bench.sign_in("zhang")
    later.get("/")
    assert later.post("/undo").headers["location"].startswith(path)
    assert bench.state("LIFT") == "登记"
    later.get("/")
    later.post("/undo")
    assert "没有可撤销的操作" in later.get("/")


def test_another_clerk_cannot_undo_but_the_head_can(bench: Bench) -> None:
    """A review is its clerk's own, or the head's to take back."""
    browser = bench.sign_in("zhang")
    path = f"/letters/{bench.key('LIFT')}"
    browser.post(f"{path}/review", fields(browser.get(path)))
    other, head = bench.sign_in("li"), bench.sign_in("wang")
    assert f"{path}/undo" not in other.get(path)
    other.post(f"{path}/undo")
    assert bench.state("LIFT") == "已分办"
    assert f"{path}/undo" in head.get(path)
    head.post(f"{path}/undo")
    assert bench.state("LIFT") == "登记"


def test_two_clerks_never_have_one_letter(bench: Bench) -> None:
    """Who comes second reads it, sees who has it, and can save nothing."""
    first, second = bench.sign_in("zhang"), bench.sign_in("li")
    path = f"/letters/{bench.key('WAGE')}"
    data = fields(first.get(path))
    page = second.get(path)
    assert "zhang-name 正在办理" in page
    assert 'id="accept"' not in page
    answer = second.post(f"{path}/review", {**data, "department": "公安局"})
    assert "没有保存" in answer.text
    assert second.post(f"{path}/draft", data, htmx=True).status == 409
    assert second.post(f"{path}/hold", htmx=True).status == 409
    assert bench.state("WAGE") == "登记"
    first.post(f"{path}/review", data)
    assert bench.state("WAGE") == "已分办"


def test_a_late_form_is_refused_and_keeps_what_was_typed(bench: Bench) -> None:
    """Where a colleague was faster the page says so and shows the letter as it is."""
    first, second = bench.sign_in("zhang"), bench.sign_in("li")
    path = f"/letters/{bench.key('WAGE')}"
    data = fields(first.get(path))
    first.post(f"{path}/skip")
    second.post(f"{path}/review", fields(second.get(path)))
    answer = first.post(f"{path}/review", {**data, "department": "公安局"}, htmx=True)
    assert "刚刚由同事办理" in answer.text
    view = bench.store.letter(bench.clerk("li").viewer, bench.key("WAGE"))
    assert [review.clerk for review in view.reviews] == ["li"]


def test_a_draft_comes_back_after_the_browser_died(bench: Bench) -> None:
    """What was changed and not sent is there in a new browser, and marked so."""
    browser = bench.sign_in("zhang")
    path = f"/letters/{bench.key('ASK')}"
    data = {**fields(browser.get(path)), "department": "体育局", "note": "待问学校"}
    answer = browser.post(f"{path}/draft", data, htmx=True)
    assert "草稿已保存" in answer.text
    page = bench.sign_in("zhang").get(path)
    assert "已恢复您" in page
    assert 'value="体育局" checked' in page
    assert "待问学校" in page


def test_a_draft_is_gone_once_the_letter_is_reviewed(bench: Bench) -> None:
    """After an undo the suggestion is shown again, not an old draft."""
    browser = bench.sign_in("zhang")
    path = f"/letters/{bench.key('ASK')}"
    data = {**fields(browser.get(path)), "department": "体育局"}
    browser.post(f"{path}/draft", data, htmx=True)
    browser.post(f"{path}/review", data)
    browser.post(f"{path}/undo")
    assert "已恢复您" not in browser.get(path)


def test_another_clerks_draft_is_not_shown(bench: Bench) -> None:
    """A draft is its clerk's own."""
    browser = bench.sign_in("zhang")
    path = f"/letters/{bench.key('ASK')}"
    browser.post(f"{path}/draft", {**fields(browser.get(path)), "note": "待问学校"}, htmx=True)
    browser.post(f"{path}/skip")
    assert "待问学校" not in bench.sign_in("li").get(path)


def test_skipping_goes_round_the_queue_and_frees_the_letters(bench: Bench) -> None:
    """Each skip gives another letter; at the end one is back on the queue."""
    browser = bench.sign_in("zhang")
    browser.get("/")
    place = browser.post("/next").headers["location"]
    seen = []
    while place.startswith("/letters/"):
        key = place.split("/")[2].split("?")[0]
        seen.append(key)
        browser.get(place)
        place = browser.post(f"/letters/{key}/skip").headers["location"]
    assert len(seen) == len(set(seen)) == waiting(bench, "zhang")
    assert place.startswith("/?")
    assert "正在办理" not in bench.sign_in("li").get("/")


def test_without_a_department_nothing_is_saved(bench: Bench) -> None:
    """The page says what is missing and keeps the rest of the form."""
    browser = bench.sign_in("zhang")
    path = f"/letters/{bench.key('LAMP')}"
    data = {**fields(browser.get(path)), "department": "没有这个局", "note": "记得核实"}
    answer = browser.post(f"{path}/review", data)
    assert "请先选定责任单位" in answer.text
    assert "记得核实" in answer.text
    assert bench.state("LAMP") == "登记"


@pytest.mark.parametrize("seen", ["", "x", "-1", "9" * 30])
def test_a_form_that_names_no_version_is_refused(bench: Bench, seen: str) -> None:
    """A forged form does not overwrite what somebody else did."""
    browser = bench.sign_in("zhang")
    path = f"/letters/{bench.key('LAMP')}"
    data = {**fields(browser.get(path)), "seen": seen}
    assert browser.post(f"{path}/review", data).status == 422
    assert bench.state("LAMP") == "登记"


def test_the_accused_body_gets_the_letter_only_against_a_confirmation(bench: Bench) -> None:
    """The reason is shown; going on all the same is possible and stands in the audit."""
    browser = bench.sign_in("zhao")
    key = bench.key("ACCUSE")
    page = browser.get(f"/letters/{key}")
    assert "不得转送" in page
    excluded = bench.store.letter(bench.clerk("zhao").viewer, key).prediction
    assert excluded is not None
    barred = excluded.decision.excluded[0][0]
    data = {**fields(page), "department": barred}
    answer = browser.post(f"/letters/{key}/review", data)
    assert "不得转送" in answer.text
    assert 'name="despite"' in answer.text
    assert bench.state("ACCUSE") == "登记"
    browser.post(f"/letters/{key}/review", {**data, "despite": "1"})
    assert bench.state("ACCUSE") == "已分办"
    assert ("zhao", "dispatch_despite") in audited(bench)


def test_a_look_at_a_restricted_letter_is_in_the_audit(bench: Bench) -> None:
    """Who opened it can be told afterwards."""
    bench.sign_in("zhao").get(f"/letters/{bench.key('ACCUSE')}")
    assert [clerk for clerk, action in audited(bench) if action == "look"] == ["zhao"]


def test_the_register_desk_reads_and_cannot_change(bench: Bench) -> None:
    """No button, no lease, and a forged form is refused."""
    desk = bench.sign_in("desk")
    path = f"/letters/{bench.key('LIFT')}"
    page = desk.get(path)
    assert "只能查看" in page
    assert 'id="accept"' not in page
    assert desk.post(f"{path}/review", {"department": "公安局", "seen": "1"}).status == 403
    assert "正在办理" not in bench.sign_in("li").get(path)


def test_the_slip_names_the_department_and_not_the_person(
    bench: Bench, file_letter: Callable[..., str]
) -> None:
    """The unit gets the matter, the limits and the text with what is personal masked."""
    text = "我叫陈桂香，电话13800138000，家住清溪街道。楼下饭店油烟直排进我家厨房，请城管局处理。"
    key = file_letter("OIL", text)
    browser = bench.sign_in("zhang")
    page = browser.get(f"/letters/{key}/slip")
    assert "尚未核定" in page
    assert "油烟" in page
    assert "13800138000" not in page
    assert "陈桂香" not in page
    browser.post(f"/letters/{key}/review", fields(browser.get(f"/letters/{key}")))
    assert "尚未核定" not in browser.get(f"/letters/{key}/slip")


@pytest.mark.parametrize(
    "attack",
    [
        "<script>document.title='x'</script>",
        '<img src=x onerror="alert(1)">',
        '"><svg/onload=alert(1)>',
        "</div></main><form hx-get='/' hx-trigger='load'>",
        "{{ 7*7 }} {% raw %} ${7*7}",
        "'; DROP TABLE letters; --",
        "\u202eabc\u202c \u2066x\u2069",
        "\x1b[2J\x07",
    ],
)
def test_a_letter_full_of_markup_stays_text(
    bench: Bench, file_letter: Callable[..., str], attack: str
) -> None:
    """In the text, in the title, in lists and on the slip nothing of it acts."""
    key = file_letter(
        "EVIL", f"小区停水三天了{attack}请尽快恢复供水，老人没水做饭{attack}", title=attack + "停水"
    )
    browser = bench.sign_in("zhang")
    for path in ("/", f"/letters/{key}", f"/letters/{key}/slip"):
        page = browser.get(path)
        assert "<script>document" not in page
        assert "<img src=x" not in page
        assert "<svg/onload" not in page
        assert "hx-get='/'" not in page
        assert ("7*7" in page) == ("7*7" in attack)
        assert not set("\u202e\u2066\x1b\x07") & set(page)
    page = browser.get(f"/letters/{key}")
    browser.post(f"/letters/{key}/review", {**fields(page), "note": attack})
    assert "<script>document" not in browser.get(f"/letters/{key}")


def test_no_page_has_an_inline_script_or_style(bench: Bench) -> None:
    """The policy forbids them, and no page needs one."""
    browser = bench.sign_in("zhang")
    for path in ("/", f"/letters/{bench.key('LIFT')}", "/intake", "/account"):
        page = browser.get(path)
        assert regex.search(r"<script(?![^>]+src=)", page) is None
        assert "<style" not in page
        assert regex.search(r"\sstyle=|\son[a-z]+=", page) is None
        assert regex.search(r"""(?:src|href|action)=["'](?:https?:)?//""", page) is None


def test_the_address_of_a_letter_tells_nothing_of_it(bench: Bench) -> None:
    """Keys are chance; neither number nor title stands in a URL."""
    page = bench.sign_in("zhang").get("/")
    for address in regex.findall(r'(?:href|action)="([^"]+)"', page):
        assert "LIFT" not in address
        assert "电梯" not in address


def test_a_letter_that_could_not_be_classified_is_routed_by_hand(bench: Bench) -> None:
    """A failure is a letter too: its page says so and lets the clerk choose everything."""
    letter = Letter("BAD", "请求依法处理扰民问题，晚上十一点以后仍在施工。")
    failure = Failure("BAD", "invented", 1, "segment", "P303", "it failed")
    run = bench.store.begin_run("tests", "tests")
    key = bench.store.file(run, [Filing(letter, failure)])[0].key
    browser = bench.sign_in("zhang")
    page = browser.get(f"/letters/{key}")
    assert "P303" in page
    data = {**fields(page), "department": "城市管理局", "urgency": "一般", "purpose": "申诉求决"}
    browser.post(f"/letters/{key}/review", data)
    assert bench.store.letter(bench.clerk("zhang").viewer, key).item.state == "已分办"


def test_the_hooks_of_the_keyboard_are_there(bench: Bench) -> None:
    """Every key of the help that acts on a letter has its element."""
    page = bench.sign_in("zhang").get(f"/letters/{bench.key('LIFT')}")
    for key in ("a Enter", "s", "1", "2", "3", "Escape", "?"):
        assert f'data-key="{key}"' in page
    for key in ("d", "g", "t", "p", "n"):
        assert f'data-focus-key="{key}"' in page


def test_english_pages_have_english_words_around_the_letter(bench: Bench) -> None:
    """Purposes and urgencies have English names; the letter stays as it is."""
    browser = bench.sign_in("zhang")
    browser.get("/")
    browser.post("/language", {"to": "en"})
    page = browser.get(f"/letters/{bench.key('LIFT')}")
    for told in ("Accept and next", "Deadlines", "suggestion", "History"):
        assert told in page
    assert "我们小区" in regex.sub("<[^>]+>", "", page)


def test_departments_are_found_while_typing(bench: Bench) -> None:
    """The list has the department, and says through which former name."""
    client = bench.sign_in("zhang").client
    found = client.get("/departments", params={"typed": "zjj"}).text
    assert 'data-name="住房和城乡建设局"' in found
    assert "旧称" in client.get("/departments", params={"typed": "安监局"}).text
    assert "没有找到" in client.get("/departments", params={"typed": "qqxx"}).text
    assert client.get("/departments", params={"typed": ""}).text.strip() == ""


def audited(bench: Bench) -> list[tuple[str, str]]:
    """Give who did what, as the one sees who may see all of it."""
    viewer = Viewer("root", frozenset({Role.ADMIN, Role.RESTRICTED}))
    return [(row.clerk, row.action) for row in bench.store.audit_rows(viewer)]


@pytest.fixture
def file_letter(bench: Bench, walk: Walk) -> Callable[..., str]:
    """Give a way to file one more letter; it gives the key."""

    def file(number: str, text: str, title: str = "") -> str:
        run = bench.store.begin_run(walk.model.name, "tests")
        ((letter, outcome),) = process_letters([Letter(number, text, title, "more", 1)], walk)
        (filed,) = bench.store.file(run, [Filing(letter, outcome)])
        return filed.key

    return file
