"""What the tests of the workbench share: invented letters, accounts, and a browser."""

from collections.abc import Mapping
from dataclasses import dataclass

import regex
from fastapi import FastAPI
from starlette.testclient import TestClient

from nlp_pipeline.store import Clerk, QueueFilter, Role, Store

PASSWORD = "seven stone bridges"
HOST = "http://127.0.0.1"

LETTERS: dict[str, str] = {
    "LIFT": "我们小区的电梯坏了快半个月，物业一直推说没钱修。楼里住着好几位坐轮椅的老人，"
    "天天下不了楼，请住建局督促物业尽快维修。",
    "WAGE": "我们十一个人在城南工地干了四个月，包工头拖着工资不给，说甲方没付款。眼看要交学费，"
    "请劳动监察帮我们把工资要回来。",
    "LAMP": "滨河路从三桥到四桥的路灯有一半不亮，晚上骑车看不清路，建议城管局安排检修。",
    "BUS": "建议在第三中学门口增设一个公交站，学生放学后要走二十多分钟才有车坐。",
    "ASK": "请问外地户口的孩子今年上小学需要准备哪些材料，什么时候可以报名？",
    "SMELL": "化工园区夜里总排放刺鼻的废气，我家窗户不敢开，孩子咳嗽了一个多月，请环保局查一查。",
    "ACCUSE": "我实名举报柳林镇副镇长何某某利用职务之便，把扶贫项目包给自己的小舅子，"
    "收受回扣八万元，请纪委调查处理。",
}
"""Invented letters by their number; the last one accuses a holder of public power."""

ROLES: dict[str, list[Role]] = {
    "zhang": [Role.INTAKE, Role.CLERK],
    "li": [Role.CLERK],
    "desk": [Role.INTAKE],
    "wang": [Role.HEAD],
    "zhao": [Role.CLERK, Role.RESTRICTED],
    "root": [Role.ADMIN],
}
"""The accounts of every test, all with the same password."""


@dataclass
class Bench:
    """A running workbench: its store, its app, and browsers that talk to it."""

    store: Store
    app: FastAPI

    def browser(self) -> TestClient:
        """Give a browser with nobody signed in."""
        return TestClient(self.app, base_url=HOST, follow_redirects=False)

    def sign_in(self, login: str) -> "Browser":
        """Give a browser with somebody signed in."""
        client = self.browser()
        answer = client.post(
            "/sign-in",
            data={"csrf": token(client.get("/sign-in").text), "name": login, "password": PASSWORD},
        )
        assert answer.status_code == 303, answer.text
        return Browser(client)

    def key(self, number: str) -> str:
        """Give the key of a letter by its number, as the restricted reader finds it."""
        clerk = self.store.clerk("zhao")
        assert clerk is not None
        return self.store.by_number(clerk.viewer, number)[0].key

    def clerk(self, login: str) -> Clerk:
        """Give an account."""
        found = self.store.clerk(login)
        assert found is not None
        return found

    def state(self, number: str) -> str:
        """Give the state of a letter."""
        return self.store.item(self.clerk("zhao").viewer, self.key(number)).state


@dataclass
class Browser:
    """A browser that sends the token of the page it last looked at."""

    client: TestClient
    csrf: str = ""

    def get(self, path: str) -> str:
        """Give a page, and keep its token."""
        answer = self.client.get(path)
        assert answer.status_code == 200, (answer.status_code, path)
        self.csrf = token(answer.text)
        return answer.text

    def post(
        self, path: str, data: Mapping[str, object] | None = None, *, htmx: bool = False
    ) -> "Answer":
        """Send a form with the token."""
        headers = {"HX-Request": "true", "X-CSRF-Token": self.csrf} if htmx else {}
        answer = self.client.post(path, data={"csrf": self.csrf, **(data or {})}, headers=headers)
        return Answer(answer.status_code, answer.text, dict(answer.headers))


@dataclass(frozen=True)
class Answer:
    """What a server answered."""

    status: int
    text: str
    headers: dict[str, str]


def token(page: str) -> str:
    """Give the token that a page carries."""
    found = regex.search(r'name="csrf" value="([^"]+)"', page)
    assert found is not None
    return str(found[1])


def fields(page: str) -> dict[str, object]:
    """Give what the form of a letter's page would send."""
    form = regex.search(r'<form id="review".*?</form>', page, regex.DOTALL)
    assert form is not None
    found: dict[str, object] = {}
    for tag in regex.findall(r"<input [^>]+>", form[0]):
        name, value = _attribute(tag, "name"), _attribute(tag, "value")
        if 'type="hidden"' in tag or " checked" in tag:
            found[name] = value
    return found


def _attribute(tag: str, name: str) -> str:
    match = regex.search(rf'{name}="([^"]*)"', tag)
    return str(match[1]) if match else ""


def waiting(bench: Bench, login: str) -> int:
    """Count what waits in the queue of a clerk."""
    return bench.store.queue(bench.clerk(login).viewer, QueueFilter()).total
