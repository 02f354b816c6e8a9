"""Notes: what a clerk should know of a letter besides its fields, with the article.

The matter's place, how many speak and how many may be received, a repeat, matters of
the courts (诉访分离), and what an accusation forbids. Hints, no decisions.

Known limit: a place is known by its ending (镇, 乡, 街道, 村); whether the matter arose
there is guessed: a place that is only somebody's address is left out.
"""

from nlp_pipeline.stages._group import read_number
from nlp_pipeline.stages._patterns import compile_late
from nlp_pipeline.stages._rules import Rule, Search

MOST_SPEAKERS = 5
COURTS = "涉法涉诉事项，转送同级政法部门或引导依法定程序办理（信访工作条例第22条、第31条第一项）"
RESTRICTED = (
    "涉检举控告，限授权人员查看，不得透露或转给被反映的人员、单位（信访工作条例第30条第三款）"
)
SUPERIOR = "被反映对象涉及纪检监察机关或党政主要负责人，由上级纪检监察机关人工处理，不摘抄、不复制"
_GROUP = "自述{count}人，集体走访应推选代表，不超过5人（信访工作条例第20条第三款）"
_REPEAT = (
    "自称重复反映{times}，核对是否同一事项、是否在办理期限内"
    "（信访工作条例第19条第三款、第36条第三款）"
)
_PLACE = "所述属地：{place}，由属地与责任单位共同负责（信访工作条例第5条）"

ORDINAL = Rule(
    "ordinal",
    compile_late(
        r"第(?P<n>[二三四五六七八九十]{1,3}|\d{1,3})次[^。！？!?；;\n]{0,6}"
        r"(?:反映|投诉|写信|举报|来信|信访|上访|求助|留言|来访|申诉|控告)"
    ),
)
"""How often the matter was brought up, where the letter counts."""

PLACE = Rule(
    "place",
    compile_late(
        r"(?:(?:(?!我们|你们|这个|整个|每个)[^\P{Han}在从住是报区县市]\p{Han}{1,2}[市区县旗]){1,2}"
        r"|(?<=^|[，,。：:；;！!？?\n\s在到从往住属位于是称名报我求县市区]))"
        r"(?!我们|你们|各|全|本|该|贵|某|城|在|到|去|来|从|住|是|有|的|了|和|与|向|对|回|返|下|请|新农|前往|关心|心系|背井|单位)"
        r"\p{Han}{1,2}(?<![城家回返下老房离心同还归乡各让动助整])"
        r"(?:街道办?|[镇乡](?![长里上下办政干级域亲镇村愁])"
        r")(?:\p{Han}{2,3}(?:村(?![民长干支主委里])|社区))?"
    ),
)
"""Where the matter arose, down to the town."""

_HOME = compile_late(
    r"(?:家住|现住|住址|户籍|户口|籍贯|我是|本人是|本人系)[^。！？!?；;，,\n]{0,12}\Z"
)
_HOME_REACH = 20


def find_place(search: Search) -> str:
    """Give the first town or street named as the place of the matter, or ""."""
    text = search.letter.text
    for match in search.find_all(PLACE):
        if not _HOME.search(text, max(0, match.start() - _HOME_REACH), match.start()):
            return match[0]
    return ""


def write_notes(
    search: Search,
    path: str,
    group_size: int,
    place: str,
    *,
    is_repeat: bool,
    is_accusation: bool,
    is_top: bool,
) -> tuple[str, ...]:
    """Give the notes in the order: accusation, courts, group, repeat, place.

    Args:
        search: the letter.
        path: its legal path.
        group_size: how many speak.
        place: from `find_place`.
        is_repeat: it says that the matter was brought up before.
        is_accusation: it accuses a holder of public power.
        is_top: the accused are the discipline body or above all departments.
    """
    found = []
    if is_accusation:
        found.append(SUPERIOR if is_top else RESTRICTED)
    if path == "R4":
        found.append(COURTS)
    if group_size > MOST_SPEAKERS:
        found.append(_GROUP.format(count=group_size))
    if is_repeat:
        found.append(_REPEAT.format(times=_times(search)))
    if place:
        found.append(_PLACE.format(place=place))
    return tuple(found)


def _times(search: Search) -> str:
    """Give how often the letter says the matter was brought up, or ""."""
    counts = [read_number(match["n"]) for match in search.find_all(ORDINAL)]
    return f"（第{max(counts)}次）" if counts else ""
