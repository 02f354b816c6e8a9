"""Invented past letters that the tests of similar letters share."""

from datetime import date

LETTERS = {
    "gas": "柳荫里小区三号楼楼道里从昨晚起有股臭鸡蛋味，老人说头晕，物业没有管道井的钥匙。",
    "lift": "柳荫里小区三号楼的电梯一个月坏了四回，老人被关在里面二十分钟，维保单位换了配件又坏。",
    "lamps": "青桐大道与纬九路交叉口往西，连着九盏路灯不亮，已有两个多月，报修过两次。",
    "wages": "我在老码头饭庄端盘子，八月离职，老板扣着3400元工资不给，去了三次都说会计不在。",
    "silt": "石桥村二组的灌溉渠让施工队的土堵死了，四十亩秧田进不来水，再旱几天就补种不及。",
}
"""Letters about different matters; two are of one place."""

GAS_AGAIN = (
    "再次反映！柳荫里小区三号楼楼道的臭味更冲了，像臭鸡蛋，几个老人都头晕，管道井锁着，"
    "物业还是没有钥匙，快来人！"
)
"""A repeat of the letter about gas, in other words."""

DAY = date(2026, 11, 24)
