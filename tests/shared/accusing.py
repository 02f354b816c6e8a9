"""Accusation letters over every name of the register, for the test that none leaks.

Frames are written by hand; a script puts names into them. This is a test of the
shield and no corpus: nothing is learned from it and no accuracy is told of it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from nlp_pipeline.labels import Labels

PER_BODY = 24
PLAIN = (
    "举报{u}副职领导收受回扣，把维修工程拆成小单交给熟人。",
    "{u}的一名科长利用职务之便索要好处费，不给就压着材料不批。",
    "实名反映{u}虚报项目套取补助，发票是从外地买来的。",
    "我是退休职工，本不想写这封信。{u}这几年公款吃喝成风，账上写的是会议费。",
    "{u}有人泄露举报人姓名，第二天就有陌生人上门威胁我。",
    "恳请上级查一查{u}的负责人，他把亲侄子安排进来吃空饷。",
    "被反映人：{u}主要领导。反映内容：违规操作招投标，明招暗定。",
    "关于{u}失职渎职的检举信\n去年的事故本来可以避免，事后还弄虚作假。",
    "办证跑了五趟。后来有人指点，给{u}的经办人送了两条烟，当天就办好了。",
    "去年秋天，为了拿到批文，我被逼着宴请{u}的人，前后花了八千元，他们还嫌少，暗示要红包。",
    "强烈要求追究{u}工作人员滥用职权的责任。",
    "请纪委调查{u}，里面的人截留下拨的专款，去向不明。",
    "{u}不依法办事，反而包庇违建的老板，收了人家的好处。",
    "找{u}办事要送红包，这在我们这里已经是公开的秘密，经手的干部都收现金。",
    "县里的领导请看看吧，{u}那位姓周的主任包养情妇，还用公款买房。",
    "导致{u}小金库越做越大的，正是几任领导贪污成性。",
    "现举报{u}以权谋私：一、低价处理公家车辆；二、把门面租给自己人。",
    "{town}{u}的干部冒领困难户的钱，签字全是代签。",
    "{u}工作人员李某酒后驾车撞坏护栏，单位替他瞒报。",
    "控告{u}：领导打击报复举报人，把我从岗位上调走。",
    "我们怀疑{u}内外勾结，评标专家还没到，中标单位就已经知道了。",
    "{u}领导插手工程，指定材料商，从中拿回扣，承包人敢怒不敢言。",
)
HEADED = (
    "{h}王某任人唯亲，三年提拔的全是同乡，还收受礼金。",
    "听说{h}刘某把公车给儿子结婚用，油费走公款，请查。",
    "我实名检举{h}陈某：利用职权干预招标。",
    "{h}赵某涉嫌受贿，账本我手里有复印件。",
)
REFERRED = (
    "{u}就在我家对面。该单位的领导用公款请客，一桌就是三千多，开票写成办公用品。",
    "我在{u}排了一上午的队。窗口后面的人收了中介的钱，插队的都先办。",
    "{u}：你单位的采购员拿回扣，供货价比市场贵一倍，请自查。",
    "尊敬的{u}领导：贵单位副职吃拿卡要，企业苦不堪言。",
    "我的材料交到{u}已经半年。他们的股长索要两千元，说是打点费。",
    "{u}去年换了负责人。此人上任后大搞一言堂，虚列开支，套取经费。",
)
BUREAU = (
    "{u}离我们村不远。该局局长挪用专款盖了宿舍楼。",
    "材料送到{u}以后就没了下文。后来才知道局长收了对方的钱，故意压着。",
    "我向{u}递了申请。局里的人暗示要送礼，不送就说材料不全。",
)
SEVERAL = (
    "{u}与{o}官商勾结，把国有土地上的房子贱卖，收受开发商干股。",
    "举报{u}、{o}的两名干部合伙虚报数字，骗取奖励资金。",
    "{u}副职索贿八万元。{o}的科长也收了三万。两个人都还在岗位上。",
    "先说{u}，负责人公车私用。再说{o}，会计私设小金库。",
)
ABOVE = (
    "{u}的领导和第二小学校长联手，套取营养餐补贴。",
    "中医院院长收红包，{u}的领导收了他的好处，一直包庇。",
)
TOWNS = ("河口镇", "东岭乡", "石桥街道", "新桥县", "")


@dataclass(frozen=True)
class Accusing:
    """A letter, the bodies it accuses, and the frame it was made of."""

    text: str
    accused: frozenset[str]
    frame: str


def make_letters(labels: Labels, seed: int = 20261124) -> Iterator[Accusing]:
    """Give `PER_BODY` letters that accuse each body of the register, by every name in turn."""
    random = Random(seed)
    for name in labels.departments:
        called = list(_names(labels, name))
        random.shuffle(called)
        for number in range(PER_BODY):
            yield _make(labels, name, called[number % len(called)], number, random)


def _make(
    labels: Labels, name: str, called: tuple[str, str], number: int, random: Random
) -> Accusing:
    unit, topic = called
    frames: Sequence[str] = (PLAIN, PLAIN, REFERRED, HEADED, SEVERAL, ABOVE)[number % 6]
    if unit.endswith("局") and number % 4 == 2:
        frames = BUREAU
    frame = random.choice(frames)
    other = random.choice([other for other in labels.departments if other not in (name, "其他")])
    head = f"{unit}长" if unit.endswith("局") else f"{unit}负责人"
    text = frame.format(u=unit, o=other, h=head, town=random.choice(TOWNS))
    text += f"这事出在{topic}上。" if topic else ""
    accused = {name, other} if "{o}" in frame else {name}
    return Accusing(text, frozenset(accused), frame)


def _names(labels: Labels, name: str) -> Iterator[tuple[str, str]]:
    """Give every name that a body is called by, with the topic it was split by, if any."""
    department = labels.departments[name]
    for found in (name, department.full_name, *department.short_names, *department.former_names):
        unit, _, topic = found.partition("(")
        if len(unit) > 1 and not unit.isdecimal() and unit not in ("其他", "其他单位"):
            yield unit, topic.rstrip(")")
