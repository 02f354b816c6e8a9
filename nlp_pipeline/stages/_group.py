"""Groups and repeats: how many people speak, and whether they spoke before.

Those who speak are counted (signers, those represented), not those affected
(the rubric's rule on numbers): 几十人 is 30, 十几人 is 13, 我们 alone is 0.
"""

from nlp_pipeline.stages._patterns import compile_late
from nlp_pipeline.stages._rules import Rule, Search

_DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")}
_VAGUE = {"〇": 0, "两": 2, "几": 3, "数": 3}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_NUMBER = r"(?P<n>\d{1,5}|[一二两三四五六七八九十百千零〇几数]{1,7})(?:多|余|来)?"
_PEOPLE = (
    r"(?:业主|村民|工人|居民|家长|员工|住户|农民工|民工|职工|教师|老师|司机|商户|战友|老兵|群众"
    r"|农户|家庭|工友|租户|患者|受害人|投资人|购房者|购房户|老乡|军人|士官|志愿兵|缝纫工|会员|摊主)"
)
_KIND = r"[^\d\s年月日号天元万岁栋楼单次点，,、。！？!?；;：:]{0,4}?"
_WHO = (
    rf"(?:(?:个|名|位|户|家|号)?{_KIND}{_PEOPLE}"
    r"|个?人(?!民|口|次|均|家|大)|户(?!口|型|籍|主)|号人)"
)
_GAP = r"[^\d。！？!?；;\n]{0,12}?"
SPEAKERS = tuple(
    Rule("speakers", compile_late(pattern))
    for pattern in (
        rf"(?:我们|咱们|俺们|我等|咱|俺|全体|联名|一共|总共|共计|共|代表|群里|接龙到?|和|同){_GAP}"
        rf"(?<![第几数一二两三四五六七八九十百千\d]){_NUMBER}{_WHO}",
        rf"(?<![第几数一二两三四五六七八九十百千\d.]){_NUMBER}{_WHO}[^。！？!?；;\n]{{0,8}}"
        r"(?:联名|签名|签字|手印|集体|共同|一起|反映|要求|恳请|请求|强烈|商量|委托|都去|投诉|请愿)",
        rf"(?<![第几数一二两三四五六七八九十百千\d.]){_NUMBER}(?:名|位){_KIND}{_PEOPLE}",
    )
)
"""Rules for those who speak; `n` is their number."""

_AFFECTED = compile_late(
    r"涉及|影响|波及|容纳|规划|人口|受伤|死亡|中毒|伤亡|一家|全家|家里|我家|他家|家有|招聘|补贴|每户|每人"
    r"|(?:村|小区|组|镇|乡|楼|栋|县|厂|公司|学校|班)[^，,。]{0,4}(?:现|共|总共|一共)?有|容积|只有|不到|一个人|两口人"
)
AGAIN = tuple(
    Rule("again", compile_late(pattern))
    for pattern in (
        r"第(?:[二两三四五六七八九十]|\d{1,3}|[Nn])次"
        r"[^。！？!?；;\n]{0,6}(?:反映|投诉|写信|举报|来信|信访|上访|求助|留言|来访|申诉|控告)",
        r"(?:再次|又一次|再一次|重复)[^。！？!?；;\n]{0,6}(?:反映|投诉|举报|来信|求助|请求|恳请|申诉|写信|上访|信访|留言|来访)",
        r"(?:多次|几次|屡次|反复|数次|无数次|好几次|三番五次|\d{1,3}次|[两三四五六七八九十]次|一再|之前|此前|早前|先前"
        r"|曾经?|上次|上个?月|去年|前年|年年)[^。！？!?；;，,\n]{0,12}"
        r"(?:反映|投诉|举报|上访|信访|写信|留言|来信|反应(?!迟|慢|堆|釜))",
        r"(?:反映|反应|投诉|上访|举报|信访|留言|写信|12345)(?:了|过)?[^。！？!?；;，,\n]{0,8}"
        r"(?:多次|几次|好几|数次|无数次|[二两三四五六七八九十\d]{1,12}次)",
        r"(?:反映|反应|投诉|举报|上访|信访|留言)[^。！？!?；;\n]{0,12}"
        r"(?:无果|没有?结果|石沉大海|没有?回音|没有?下文|不了了之|一直没有?解决|至今未|仍未解决|踢皮球)",
        r"不是第一次(?:反映|投诉|写信|举报|来信|留言)",
    )
)
"""Rules for the claim of a repeat."""

_FIRST = compile_late(
    r"(?:(?<!不是)第一次|首次|初次|从未|从来没有?|没有?)[^。！？!?；;，,\n]{0,6}(?:反映|投诉|写信|举报|上访|信访|来信|留言)"
    r"|请问|如何(?:反映|投诉|举报)|建议"
)
_REACH = 40
_ENDS = compile_late(r"[。！？!?；;\n]")


def read_number(word: str) -> int:
    """Read a number in digits or in Chinese, vague ones by their usual sense.

    >>> [read_number(w) for w in ("28", "三百二十", "几十", "十几", "上百", "四十一")]
    [28, 320, 30, 13, 100, 41]
    """
    if word.isdecimal():
        return int(word)
    total, digit = 0, 0
    for character in word:
        if character in _UNITS:
            total += (digit or 1) * _UNITS[character]
            digit = 0
        else:
            digit = _DIGITS.get(character, _VAGUE.get(character, digit))
    return total + digit


def count_speakers(search: Search) -> int:
    """Count those who speak in a letter; 0 where no number is given, or one alone speaks."""
    text, most = search.letter.text, 0
    for rule in SPEAKERS:
        for match in search.find_all(rule):
            count = read_number(match["n"])
            if count > max(most, 1) and not _AFFECTED.search(
                text, max(0, match.start() - 6), match.end() + 4
            ):
                most = count
    return most


def claims_repeat(search: Search) -> bool:
    """Tell whether the letter says that the matter was brought up before."""
    text = search.letter.text
    return any(
        not _FIRST.search(_around(text, match.start()))
        for rule in AGAIN
        for match in search.find_all(rule)
    )


def _around(text: str, position: int) -> str:
    """Give the words around a position, not beyond its sentence."""
    before = _ENDS.split(text[max(0, position - _REACH) : position])[-1]
    return before + _ENDS.split(text[position : position + _REACH])[0]
