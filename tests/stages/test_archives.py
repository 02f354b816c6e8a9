"""Zip archives: members are letters, and none of their tricks works."""

import io
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_pipeline.config import ReadSettings, load_settings
from nlp_pipeline.errors import ParserError
from nlp_pipeline.records import Failure, Letter
from nlp_pipeline.stages import _archive
from nlp_pipeline.stages._archive import Allowance, Member, members_of, open_archive
from nlp_pipeline.stages.read import open_source

SETTINGS: ReadSettings = load_settings().read
LAMP = "桥头村的路灯坏了一个多月，晚上学生回家看不清路。"
WAGES = "工地拖欠我们六个人三个月工资，老板不接电话。"


def pack(*members: tuple[str | zipfile.ZipInfo, str | bytes]) -> bytes:
    """Give a zip archive."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return content.getvalue()


def read(tmp_path: Path, content: bytes) -> list[Letter | Failure]:
    """Read an archive and give its outcomes."""
    path = tmp_path / "z.zip"
    path.write_bytes(content)
    source = open_source(str(path), SETTINGS)
    assert source.header == ("id", "attachments")
    return list(source.letters())


def shown(found: list[Letter | Failure]) -> list[tuple[str, str]]:
    """Give the ids with their texts, or with the codes of the failures."""
    return [(o.id, o.raw) if isinstance(o, Letter) else (o.letter_id, o.code) for o in found]


def reason(found: list[Letter | Failure]) -> str:
    """Give the reason of the only failure."""
    (only,) = [o.reason for o in found if isinstance(o, Failure)]
    return only


def test_members_are_letters_in_order(tmp_path: Path) -> None:
    """Every member is read as if it lay in a folder; hidden ones are passed over."""
    document = docx.Document()
    document.add_paragraph(WAGES)
    saved = io.BytesIO()
    document.save(saved)
    content = pack(
        ("b/", b""),
        ("b/2.txt", LAMP.encode("gb18030")),
        ("a.docx", saved.getvalue()),
        ("__MACOSX/._a.txt", b"\0"),
        (".hidden/x.txt", b"x"),
        ("表.csv", "text\n"),
        ("c\\1.TXT", LAMP),
        ("图.png", b""),
        ("旧.doc", b""),
        ("无名", b""),
    )
    found = read(tmp_path, content)
    assert shown(found) == [
        ("b/2", LAMP),
        ("a", f"{WAGES}\n"),
        ("表", "P201"),
        ("c/1", LAMP),
        ("图", "P202"),
        ("旧", "P201"),
        ("无名", "P202"),
    ]
    assert [o.number for o in found] == [1, 2, 3, 4, 5, 6, 7]
    assert {o.source for o in found} == {str(tmp_path / "z.zip")}
    table = found[2]
    assert isinstance(table, Failure)
    assert "z.zip, member 6 cannot be read: it is a table among documents" in table.reason


def test_an_archive_in_a_folder_has_its_place(tmp_path: Path) -> None:
    """The ids of its members begin with its own; a bad one is one failure."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.zip").write_bytes(pack(("1.txt", LAMP)))
    (tmp_path / "in" / "b.zip").write_bytes(b"PK")
    source = open_source(str(tmp_path / "in"), SETTINGS)
    assert source.header == ("id", "attachments")
    assert shown(list(source.letters())) == [("a/1", LAMP), ("b", "P206")]


def test_an_archive_can_be_read_again(tmp_path: Path) -> None:
    """A second pass gives what the first one gave; an empty one gives nothing."""
    path = tmp_path / "z.zip"
    path.write_bytes(pack(("1.txt", LAMP), ("2.txt", WAGES)))
    source = open_source(str(path), SETTINGS)
    assert shown(list(source.letters())) == shown(list(source.letters()))
    path.write_bytes(pack())
    assert list(open_source(str(path), SETTINGS).letters()) == []


def old_name(name: str, encoding: str) -> zipfile.ZipInfo:
    """Give a member whose name is in an old encoding, as Windows writes it."""

    class Info(zipfile.ZipInfo):
        def _encodeFilenameFlags(self) -> tuple[bytes, int]:
            return name.encode(encoding), self.flag_bits & ~0x800

    return Info("x")


@pytest.mark.parametrize("encoding", ["gbk", "utf-8"])
def test_names_in_an_old_encoding_are_decoded(tmp_path: Path, encoding: str) -> None:
    """Without the mark for UTF-8 a name is UTF-8 or GB18030."""
    content = pack((old_name("路灯/反映.txt", encoding), LAMP), ("后.txt", WAGES))
    assert shown(read(tmp_path, content)) == [("路灯/反映", LAMP), ("后", WAGES)]


def test_a_name_in_no_encoding_stays(tmp_path: Path) -> None:
    """What cannot be decoded is shown as the archive gives it."""
    info = zipfile.ZipInfo("a\xff.txt".encode("latin-1").decode("cp437"))
    assert _archive.member_name(info) == "a\xa0.txt"
    info = zipfile.ZipInfo("路.txt")
    assert _archive.member_name(info) == "路.txt"


@pytest.mark.parametrize(
    ("name", "letter_id"),
    [
        ("../../etc/x.txt", "../../etc/x"),
        ("/etc/x.txt", "/etc/x"),
        ("C:\\x.txt", "C:/x"),
        ("\\\\host\\x.txt", "//host/x"),
        ("a/..\\..\\x.txt", "a/../../x"),
        ("..", ".."),
    ],
)
def test_paths_that_lead_out_are_refused(tmp_path: Path, name: str, letter_id: str) -> None:
    """The member is named by its number; the next one is read."""
    found = read(tmp_path, pack((name, WAGES), ("1.txt", LAMP)))
    assert shown(found) == [(letter_id, "P206"), ("1", LAMP)]
    assert "z.zip, member 1 could not be parsed safely: its path leads out" in reason(found)
    assert letter_id + "." not in reason(found)


def test_nothing_is_written_under_a_members_name(tmp_path: Path) -> None:
    """No file is left behind, in the folder or above it."""
    (tmp_path / "in").mkdir()
    read(tmp_path / "in", pack(("../x.txt", WAGES), ("y.txt", LAMP)))
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["in", "z.zip"]


def test_hostile_names_are_escaped(tmp_path: Path) -> None:
    """Control and direction marks of a name reach no id; long names are cut."""
    found = read(tmp_path, pack(("a\x1b[31m\u202etxt.txt", LAMP), ("长" * 300 + ".txt", WAGES)))
    assert shown(found) == [("a\\x1b[31m\\u202etxt", LAMP), ("长" * 200 + "…", WAGES)]


def with_mode(mode: int) -> zipfile.ZipInfo:
    """Give a member with the mode of a Unix file."""
    info = zipfile.ZipInfo("x.txt")
    info.external_attr = mode << 16
    return info


@pytest.mark.parametrize("mode", [0o120777, 0o020666, 0o010666])
def test_links_and_devices_are_refused(tmp_path: Path, mode: int) -> None:
    """What is no file is not unpacked."""
    found = read(tmp_path, pack((with_mode(mode), "/etc/passwd")))
    assert "member 1 could not be parsed safely: it is a link or a device" in reason(found)


def changed(content: bytes, offset: int, value: bytes) -> bytes:
    """Change bytes of the first member, in its own head and in the list at the end."""
    result = bytearray(content)
    result[offset : offset + len(value)] = value
    place = content.index(b"PK\x01\x02") + 2 + offset
    result[place : place + len(value)] = value
    return bytes(result)


@pytest.mark.parametrize(
    ("offset", "value", "problem"),
    [
        (6, b"\x01\x00", "it is encrypted with a password"),
        (8, b"\x0e\x00", "it is packed by a method that is not read"),
        (14, b"\x00\x00\x00\x00", "it is damaged"),
        (22, struct.pack("<L", 5000), "it is cut short"),
    ],
)
def test_a_bad_member_fails_alone(tmp_path: Path, offset: int, value: bytes, problem: str) -> None:
    """Encrypted, oddly packed and damaged members are told apart."""
    content = changed(pack(("1.txt", LAMP), ("2.txt", WAGES)), offset, value)
    found = read(tmp_path, content)
    assert shown(found) == [("1", "P206"), ("2", WAGES)]
    assert problem in reason(found)


def test_a_member_that_unpacks_too_far_is_refused(tmp_path: Path) -> None:
    """A bomb is not unpacked; the same text in short is read."""
    content = pack(("1.txt", b" " * (2 << 20)), ("2.txt", LAMP))
    found = read(tmp_path, content)
    assert shown(found) == [("1", "P206"), ("2", LAMP)]
    assert "more than 200 times its packed size" in reason(found)


def test_an_archive_too_large_in_sum_is_refused(tmp_path: Path) -> None:
    """The sizes that it declares are enough to refuse it."""
    content = changed(pack(("1.txt", LAMP)), 22, struct.pack("<L", (2 << 30) + 1))
    with pytest.raises(ParserError, match="it would unpack to more than 2 GB"):
        read(tmp_path, content)


def test_an_archive_of_too_many_members_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its list is refused before it is parsed."""
    monkeypatch.setattr(_archive, "MAX_MEMBERS", 3)
    with pytest.raises(ParserError, match="holds more than 3 members"):
        read(tmp_path, pack(*((f"{n}.txt", LAMP) for n in range(4))))
    assert len(read(tmp_path, pack(*((f"{n}.txt", LAMP) for n in range(3))))) == 3


def test_a_list_that_would_fill_the_memory_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list of few members with endless names is refused by its size."""
    monkeypatch.setattr(_archive, "_MAX_DIRECTORY", 1000)
    content = pack(*((f"{n}{'x' * 300}.txt", LAMP) for n in range(4)))
    with pytest.raises(ParserError, match="it is no zip archive, damaged"):
        read(tmp_path, content)


def test_archives_within_count_against_the_one_around(tmp_path: Path) -> None:
    """Together they unpack no more than one alone may."""
    path = tmp_path / "z.zip"
    path.write_bytes(pack(("1.txt", LAMP), ("2.txt", LAMP)))
    allowance = Allowance(members=3)
    with open_archive(path, path, allowance) as archive:
        assert len(archive.infolist()) == 2
    with pytest.raises(ParserError, match="members"), open_archive(path, path, allowance):
        pytest.fail("it was opened")


def test_archives_lie_no_deeper_than_one_in_another(tmp_path: Path) -> None:
    """One within is read; one within that fails by name of its place."""
    inner = pack(("3.txt", LAMP))
    middle = pack(("2.txt", WAGES), ("in.zip", inner))
    found = read(tmp_path, pack(("1.txt", LAMP), ("mid.zip", middle)))
    assert shown(found) == [("1", LAMP), ("mid/2", WAGES), ("mid/in", "P206")]
    assert "z.zip, member 2, member 2 could not" in reason(found)
    assert "archive in an archive in an archive" in reason(found)


def test_a_damaged_archive_within_fails_alone(tmp_path: Path) -> None:
    """The members after it are read."""
    assert shown(read(tmp_path, pack(("a.zip", b"PK"), ("1.txt", LAMP)))) == [
        ("a", "P206"),
        ("1", LAMP),
    ]


def test_a_thousand_members_are_letters(tmp_path: Path) -> None:
    """Each is unpacked when its turn comes, and only one lies on the disk."""
    content = pack(*((f"{n:04}.txt", f"{n}：{LAMP}") for n in range(1000)))
    found = read(tmp_path, content)
    assert [o.raw for o in found if isinstance(o, Letter)] == [f"{n}：{LAMP}" for n in range(1000)]


def test_members_are_gone_when_the_next_one_comes(tmp_path: Path) -> None:
    """So is the folder they were unpacked in, also when reading breaks off."""
    path = tmp_path / "z.zip"
    path.write_bytes(pack(("1.txt", LAMP), ("2.txt", WAGES)))
    with open_archive(path, path, Allowance()) as archive:
        members: Iterator[Member] = members_of(archive)
        first = next(members)
        assert first.path.read_text(encoding="utf-8") == LAMP
        second = next(members)
        assert second.path.read_text(encoding="utf-8") == WAGES
        folder = second.path.parent
        assert len(list(folder.iterdir())) == 1
        members.close()  # type: ignore[attr-defined]
        assert not folder.exists()


@pytest.mark.parametrize("cut", [1, 30, 100])
def test_an_archive_cut_short_is_refused(tmp_path: Path, cut: int) -> None:
    """Without its end nothing of it is read."""
    content = pack(("1.txt", LAMP), ("2.txt", WAGES))
    with pytest.raises(ParserError, match="it is no zip archive, damaged"):
        read(tmp_path, content[:-cut])


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 400), st.binary(min_size=1, max_size=4))
def test_no_damage_makes_anything_but_an_error_of_ours(
    tmp_path_factory: pytest.TempPathFactory, place: int, value: bytes
) -> None:
    """Bytes changed anywhere give letters, failures, or a refusal."""
    content = bytearray(pack(("a/1.txt", LAMP), ("2.txt", WAGES)))
    content[place : place + len(value)] = value
    path = tmp_path_factory.mktemp("z") / "z.zip"
    path.write_bytes(content)
    try:
        found = list(open_source(str(path), SETTINGS).letters())
    except ParserError:
        return
    assert [o.number for o in found] == list(range(1, len(found) + 1))
