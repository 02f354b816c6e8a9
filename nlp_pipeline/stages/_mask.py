"""Mask: find what belongs to a person, before anything is learned or logged.

Numbers that can be told by their form (identity, phone, card, plate, mail, case
and house number) and names after a label or in a signature become typed,
numbered placeholders. Amounts, dates, road numbers and the numbers of a letter
or an order stay, and so do the lines of an office (12345, 95598). A name that
was masked by its writer (刘某某, 张××) tells nobody and stays.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import regex

from nlp_pipeline.records import Token
from nlp_pipeline.stages._mask_numbers import likely_forms


class Personal(NamedTuple):
    """Something personal in a text: its kind and where it stands."""

    kind: str
    start: int
    end: int


SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢"
    "姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤"
)
DOUBLE_SURNAMES = "欧阳|司马|上官|诸葛|司徒|夏侯|皇甫|尉迟|公孙|慕容|令狐|宇文|长孙|端木|澹台|闻人"
_RARE_SURNAMES = (
    "俞任袁柳酆鲍史费岑薛倪汤滕殷罗毕安乐时傅皮卞齐康伍元卜穆萧狄米贝明臧计成谈宋茅庞熊纪舒屈项祝董梁杜阮"
    "蓝闵席季麻强娄危童颜梅盛刁骆樊凌霍虞支柯昝管卢莫经房裘缪干解应宗宣郁单杭洪包诸左吉钮龚嵇邢裴陆荣翁荀"
    "羊惠甄曲家封芮羿储靳汲邴糜松井富巫乌焦巴弓牧隗山谷车侯宓蓬全郗班仰秋仲伊宫宁仇栾暴甘厉戎祖符刘景詹束"
    "幸韶郜黎蓟薄印宿怀蒲邰从鄂索咸籍赖卓蔺屠蒙池乔阴胥能苍双闻莘党翟贡劳逄姬申扶堵冉宰郦雍郤璩桑桂濮牛寿"
    "边扈燕冀郏浦尚农温别庄晏柴瞿阎充慕连茹习宦艾鱼容古易慎戈廖庾终暨居衡步都耿满弘匡国文寇广禄阙东欧殳沃"
    "利蔚越夔隆师巩厍聂晁勾敖融冷訾辛阚那简饶空曾毋沙乜养鞠须丰巢关蒯相查荆红游竺权逯盖益桓公仝丘苟亓佟付"
    "库岳缑亢况有琴归海墨佘佴年爱阳佟阿柏水窦章云苏潘葛奚鄢练揭苑闪揣占原泮喻郇粟衣但由隋母尧闫娜候邸门种"
)
_SURNAME = rf"(?:{DOUBLE_SURNAMES}|[{SURNAMES}])"
_ANY_SURNAME = rf"(?:{DOUBLE_SURNAMES}|[{SURNAMES}{_RARE_SURNAMES}])"
_SPACED_LABELS = ("姓 名", "签 名", "签 字", "署 名")
_OWN_LABELS = ("我叫", "我名叫", "名字叫", "我是", "本人叫", "本人是", "本人名叫", "本人")
_LABELS = (
    "姓名",
    "信访人",
    "反映人",
    "投诉人",
    "举报人",
    "检举人",
    "申诉人",
    "联系人",
    "申请人",
    "来信人",
    "来访人",
    "来电人",
    "写信人",
    "留言人",
    "诉求人",
    "求助人",
    "上访人",
    "代理人",
    "委托人",
    "报案人",
    "陈情人",
    "投书人",
    "当事人",
    "责任人",
    "收款人",
    "经办人",
    "监护人",
    "被告人",
    "请求人",
    "被执行人",
    "申请执行人",
    "法人",
    "负责人",
    "承租人",
    "受害人",
    "署名",
    "签名",
    "签字",
    "落款",
    "具名",
    "户主",
    "户名",
    "车主",
    "业主",
    "患者",
    "病人",
    "原告",
    "死者",
    "伤者",
    "代表人",
    "代表",
    "家长",
    "学生",
    "房东",
    "丈夫",
    "妻子",
    "爱人",
    "老公",
    "老婆",
    "父亲",
    "母亲",
    "儿子",
    "女儿",
)
_AFTER = (
    r"(?=[，。,.、；;：:！!\s（()）/〉》”]|$|\d|先生|女士|同志|主任|老师|今年|身份|身分|电话|手机|联系|性别|年龄|"
    r"住址|地址|家住|现住|住在|男|女|等\d?人)"
)
_GIVEN = r"(?:(?!先生|女士|小姐|某|老师|师傅|同志|主任)[\p{Han}]){1,2}?"
_OWN = (
    r"(?!高[中三二一考级达]|于[是昨今前去上同本当]|曾经|常[年常住]|方[才便]|向[来上]|安[置全徽]|万[般分不科]|白[天领]|马[上路]|"
    r"武[警汉]|党员|农[民户村]|单[身亲位]|车[主队]|房[东主]|家[住长属里]|经[常过]|全[体家]|成[年都]|公[司务民]|国[家企]|"
    r"乐意|时[常候]|明[白天]|强烈|江[西苏]|安[心检]|石[油家]|海[南口]|广[东西州大]|云南|文[员盲]|党[龄性]|师[范生]|东[北西]|"
    r"有[人车房孩关宫]|钱[财款]|申[请报诉]|能[否够]|都[是不]|连[夜续]|别[人的]|水[电产]|由[于此]|但[是愿]|种[地植]|门[口卫]|居[民住]|应[该届]|"
    r"从[此来]|充[满分]|利用|相[信关]|须[要知]|干[活部]|解[放决]|双[职方]|管[理道]|计[生划]|包[工车]|班[主长]|满[意心]|原[来告]|"
    r"年[前后底初]|边[远疆]|牧[民区]|冷[暖漠]|富[裕人]|山[区里]|宁[愿可]|季[度节])"
)
_MINORITY = r"[\p{Han}]{1,6}(?:[·•][\p{Han}×xX]{1,6}){1,2}"
_LATIN = r"[A-Z][a-z]{1,15}(?: [A-Z][a-z]{1,15}){1,2}"
_LABELLED = regex.compile(
    r"(?:姓名|签名|签字|代表)?(?:[(（]\p{Han}{1,6}[)）])?\s?"
    rf"(?:[：:]\s{{0,2}}\K(?:{_MINORITY}|{_LATIN}|{_SURNAME}{_GIVEN}{_AFTER}|\p{{Han}}{{2,4}}?{_AFTER}"
    rf"|\p{{Han}}{{5,6}}(?=，\p{{Han}}{{1,4}}族))|[是为叫]?\K{_OWN}{_SURNAME}{_GIVEN}{_AFTER})"
)
_OWN_NAME = regex.compile(rf"\s?\K(?:{_MINORITY}|{_OWN}{_ANY_SURNAME}{_GIVEN}{_AFTER})")
_AND = rf"{_ANY_SURNAME}{_GIVEN}(?=[、，,。；;\s/]|$|等)"
_LISTED = regex.compile(rf"、\s?\K{_AND}")
_SIGNED = regex.compile(rf"(?:[、,，/]\s?|\s{{1,3}})\K{_AND}")
_SIGNATURE = regex.compile(
    r"(?:敬礼|谢谢您?|致谢|感谢|敬上|为盼|为感|\n)[！!。.~\s]{0,6}(?:\p{Han}{0,8}(?:业主|村民|居民|市民|住户|职工|家长|代表))?"
    rf"[：:\s]{{0,3}}\K(?:{_MINORITY}|{_OWN}{_ANY_SURNAME}(?:(?!某)\p{{Han}}){{1,2}}?)"
    r"(?=\s{0,3}(?:敬上|叩首|拜上|呈上|敬启|谨启|谨上|上$|[(（](?:签[名字]|手印|按印|盖章)[)）])?"
    r"\s{0,3}(?:(?:19|20)\d\d[年./-]|\n|电话|手机|1[3-9]\d{9}|[、，,]\p{Han}{2,3}|二[〇零○]|$))"
)
_NO_NAME = regex.compile(
    r"^(?:无|匿名|不详|同上|本人|保密|暂无|没有|不便|详见|附件|见|全体|未|某|市民|网友|群众|谁|什么|如下|自己|我|他|她|你|这|那|空|"
    r"[男女]$|不|已|要|请|多|小区|物业|敬礼|此致|谢谢|感谢)|[某×xX]|"
    r"(?:局|公司|部|科|处|室|委|办|队|站|所|院|社区|村|街道|物业|银行|小区|学校|中学|小学|大学|医院|业主|居民|村民|群众|代表|"
    r"先生|女士|小姐|师傅|市民|住户|员工|职工|学生|家长|老师|教师|司机|商户|租户|户主|老板|店主|会员|党员|工人|农民|"
    r"教练|主任|经理|书记|村长|局长|店|厂|厅|镇|县|市|区|[省州]|团|组|会|苑|城|府|路|街|期|人员|人|生|户|者|等)$"
)
_NO_SURNAMED = regex.compile(
    r"[某×]|(?:局|公司|先生|女士|业主|居民|村民|物业|银行|小区|学校|老师|师傅|主任|经理|书记|村长|局长|住户|商户|老板|"
    r"总|工|村|镇|县|区|路|街|社区|家属|家人|家长|上访|等人?)$"
)
# A label by its end: most end in one character, which stands for two dozen look-ups.
_STEMS: dict[str, frozenset[str]] = {
    "人": frozenset(label[-3:-1] for label in _LABELS if label.endswith("人") and len(label) > 2),
    **{
        label: frozenset()
        for label in (*_LABELS, *_SPACED_LABELS, *_OWN_LABELS)
        if not label.endswith("人") or len(label) == 2
    },
}
_TAIL = 160


def find_personal(text: str) -> list[Personal]:
    """Find what is personal in a clean text, in order and without overlaps."""
    found: list[Personal] = []
    taken = bytearray(len(text))
    for item in (*_find_numbers(text), *_find_names(text)):
        if not any(taken[item.start : item.end]):
            taken[item.start : item.end] = b"\1" * (item.end - item.start)
            found.append(item)
    return sorted(found, key=lambda item: item.start)


def _find_numbers(text: str) -> Iterator[Personal]:
    for form in likely_forms(text):
        for match in form.pattern.finditer(text):
            if form.check(match):
                yield Personal(form.kind, *match.span())


def _find_names(text: str) -> Iterator[Personal]:
    """Find the names after a label, those listed behind them, and those of a signature."""
    for end in _STEMS:
        if end in text:
            for match in _follow(text, end, _OWN_NAME if end in _OWN_LABELS else _LABELLED):
                if is_name(match[0]):
                    yield Personal("人名", *match.span())
                    listed = _SIGNED if end[0] in "签署落" else _LISTED
                    yield from _find_listed(listed, text, match.end())
    for match in _SIGNATURE.finditer(text, max(0, len(text.rstrip()) - _TAIL)):
        if is_name(match[0]):
            yield Personal("人名", *match.span())
            yield from _find_listed(_SIGNED, text, match.end())


def _follow(text: str, end: str, pattern: regex.Pattern[str]) -> Iterator[regex.Match[str]]:
    """Give what a pattern finds right behind each label that ends so."""
    stems = _STEMS[end]
    place = text.find(end)
    while place >= 0:
        after = place + len(end)
        labelled = not stems or text[max(0, place - 2) : place] in stems
        if labelled and (match := pattern.match(text, after)):
            yield match
        place = text.find(end, after)


def _find_listed(listed: regex.Pattern[str], text: str, start: int) -> Iterator[Personal]:
    """Find the names that follow a name, one after the other."""
    while (match := listed.match(text, start)) and is_name(match[0]):
        yield Personal("人名", *match.span())
        start = match.end()


def is_name(words: str) -> bool:
    """Tell whether words in the place of a name are one: no office, no role, not masked already.

    >>> is_name("王建国"), is_name("刘某某"), is_name("市城管局")
    (True, False, False)
    """
    if regex.search(r"[·•]", words):
        return True
    if regex.fullmatch(rf"{_SURNAME}\p{{Han}}{{1,2}}", words):
        return not _NO_SURNAMED.search(words)
    return not _NO_NAME.search(words)


def mask_text(text: str) -> str:
    """Replace everything personal by a placeholder, the same one for the same words.

    >>> mask_text("联系电话：13800138000")
    '联系电话：〈电话1〉'
    """
    numbers: dict[tuple[str, str], int] = {}
    kinds: Counter[str] = Counter()
    parts = []
    done = 0
    for kind, start, end in find_personal(text):
        words = (kind, text[start:end])
        if words not in numbers:
            kinds[kind] += 1
            numbers[words] = kinds[kind]
        parts += [text[done:start], f"〈{kind}{numbers[words]}〉"]
        done = end
    return "".join([*parts, text[done:]])


def mask_tokens(tokens: Sequence[Token], found: Sequence[Personal]) -> list[Token]:
    """Give the tokens a model may see: each personal span becomes one placeholder."""
    if not found:
        return list(tokens)
    masked: list[Token] = []
    spans = iter(found)
    span = next(spans, None)
    for token in tokens:
        while span is not None and span.end <= token.start:
            span = next(spans, None)
        if span is None or token.end <= span.start:
            masked.append(token)
        elif not (masked and masked[-1].text == f"〈{span.kind}〉" and masked[-1].end > span.start):
            masked.append(Token(f"〈{span.kind}〉", token.start, token.end))
        else:
            masked[-1] = masked[-1]._replace(end=token.end)
    return masked
