"""Invented letters to three departments, of which the tests of retraining make cases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from nlp_pipeline.learning.cases import Case

FIRST_DAY = datetime(2026, 3, 2, tzinfo=UTC)

OPENINGS = (
    "我住在{place}，想说说最近的一件事。",
    "{place}的住户都在议论，",
    "上个礼拜我从外地回到{place}，发现",
    "打电话问过两次没有下文，还是{place}的老问题：",
    "孩子放学路过{place}时告诉我，",
    "替{place}几位不会写信的老人讲几句。",
)
PLACES = ("柳岸", "东坡", "望江里", "石门桥", "杏林湾", "南塘", "北山脚", "白鹭洲", "枫桥", "云台")
MATTERS = {
    "供水公司": (
        "水管从早上开始就没有水，桶里存的也用完了",
        "自来水发黄，放了半个钟头还有铁锈味",
        "水表走得飞快，水费比去年多了一倍",
        "三楼以上水压太低，热水器点不着火",
        "阀门井往外冒水，自来水白白流了两天",
    ),
    "教育局": (
        "小学班主任叫学生去外面补课，不去就换座位",
        "幼儿园的伙食费涨了，饭菜却没有荤腥",
        "中学的住宿生半夜没有热水，宿舍阿姨也不理",
        "转学手续跑了三趟，学校说名额满了",
        "老师布置的作业写到夜里十一点，孩子眼睛都坏了",
    ),
    "交警支队": (
        "路口的红绿灯坏了，车辆谁也不让谁",
        "货车夜里乱停，把车道占去一半",
        "电动车逆行，放学时差点撞到学生",
        "违章停车没有人贴条，消防通道堵死了",
        "斑马线磨得看不见，过马路全靠胆子",
    ),
}
ENDINGS = ("请派人看看。", "盼着有个答复。", "希望能管一管。", "不知道该找谁。", "谢谢。", "")


def made_cases(count: int = 60, seed: int = 0, **more: object) -> list[Case]:
    """Write so many different letters, in turn to three departments, a day between them."""
    cases = []
    names = list(MATTERS)
    for i in range(count):
        n = i + seed * 1000
        name, turn = names[i % 3], n // 3
        opening = OPENINGS[(turn * 5 + seed) % len(OPENINGS)]
        place = PLACES[(turn * 7 + i) % len(PLACES)]
        matters = MATTERS[name]
        first, second = matters[turn % 5], matters[(turn // 5 + turn + 1 + seed) % 5]
        text = f"{opening.format(place=place)}{first}；另外{second}。{ENDINGS[turn % 6]}"
        case = Case(
            f"made-{seed}:{i}",
            f"{text}（第{i % 97}号）",
            {"department": name, "purpose": "申诉求决" if turn % 4 else "咨询"},
            time=FIRST_DAY + timedelta(days=seed * 100 + i),
        )
        cases.append(replace(case, **more))  # type: ignore[arg-type]
    return cases
