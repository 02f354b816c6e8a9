"""Labels behind which a name stands, and the words that look like a name there.

Source: the forms of the petition offices and letters written for the project.
"""

from nlp_pipeline.stages._mask_surnames import (
    DOUBLE_SURNAMES,
    RARE_SURNAMES,
    SURNAMES,
    WORDLIKE_SURNAMES,
)


def _words(*rows: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(" ".join(rows).split()))


LABELS = _words(
    "收信人 发信人 寄信人 提交人 提报人 反馈人 诉愿人 陈诉人 声请人 告发人",
    "异议人 相对人 具名人 立书人 切结人 联署人",
    "来电者 里民 亡者 组长姓名",
    "家属 亲属",
    "姓名 名字 信访人 反映人 投诉人 举报人 检举人 申诉人 联系人 联络人 申请人 来信人",
    "来访人 来电人 写信人 致信人 具信人 留言人 诉求人 求助人 上访人 代理人 委托人 受托人",
    "报案人 陈情人 投书人 当事人 责任人 收款人 付款人 经办人 监护人 被告人 请求人 执行人",
    "建议人 咨询人 发帖人 报料人 反应人 控告人 受害人 被害人 知情人 证明人 见证人 担保人",
    "保证人 借款人 欠款人 转账人 收件人 寄件人 持证人 持卡人 参保人 登记人 权利人 产权人",
    "承包人 承租人 出租人 租赁人 继承人 赡养人 扶养人 抚养人 肇事人 嫌疑人 负责人 代办人",
    "代笔人 代写人 立据人 具状人 上诉人 起诉人 复议人 检具人 署名人 法人 病人 爱人 署名",
    "签名 签字 落款 具名 实名 中文名 曾用名 英文名 化名 真名 别名 户主 户名 车主 业主",
    "机主 货主 事主 船主 患者 原告 被告 死者 伤者 逝者 亡者 举报者 投诉者 反映者 作者",
    "记者 代表人 法人代表 代表 家长 学生 房东 丈夫 妻子 老公 老婆 父亲 母亲 儿子 女儿",
    "岳父 岳母 公公 婆婆 祖父 祖母 爷爷 奶奶 外公 外婆 爸爸 妈妈 哥哥 弟弟 姐姐 妹妹",
    "来函人 陈述人 申述人 提案人 签收人 经手人 报修人 报警人 报告人 呈报人 求诉人 具呈人",
    "立约人 填表人 申报人 撰写人 投保人 受益人 屋主 房主 店主 苦主 失主 物主 保户 笔者",
    "来信者 写信者 检举者 求助者 咨询者 陈情者 长子 次子 长女 次女 大哥 二哥 大姐 二姐",
    "小女 小儿 独子 独女 孙儿 外孙 外孙女 姑姑 姑父 姑妈 姨妈 姨父 婶婶 嫂子 弟媳 妹夫",
    "姐夫 大伯 未婚夫 未婚妻 男朋友 女朋友 亡夫 亡妻 前妻 联系人及电话 联系人和电话",
    "联系人电话 联系人/电话 姓名及电话 姓名和电话 姓名/电话 姓名/性别 叔叔 舅舅 伯父 侄子",
    "侄女 孙子 孙女 外甥 女婿 儿媳 媳妇 老伴 配偶 前夫 男友 女友 实名举报",
    "其子 其妻 其父 其母 其夫 其女 其兄 其弟 其姐 其妹 大名 小名 乳名 学名 艺名 网名 昵称",
    "全名",
    "证人 承办人 保管人 接待人 接访人 记录人 受理人 购房人 承建人 收货人 发货人 借用人",
    "使用人 所有人 发起人 召集人",
    "转让人 受让人 出借人 债权人 债务人 共有人 合伙人 复查人 再审人 代书人 代书 陈情书人",
    "雇主 致信者 求诉者 留言者",
    "志愿者 消费者 求职者 遇难者 军人 老兵 士兵 贫困户 五保户 低保户 兹委托 现委托 特委托",
    "反映群众 来电市民 来访群众 来电群众 学生名字 孩子名字 户主姓名",
)
"""Strong ones: what stands behind them is a name as soon as it can be one."""

OWN_LABELS = _words(
    "鄙人 敝人 我系 我们是",
    "名为 名唤 叫作 唤作 个叫 位叫 人叫 的叫 他叫 她叫 女的叫 男的叫",
    "我叫 我名叫 名字叫 父亲叫 母亲叫 爸爸叫 妈妈叫 儿子叫 女儿叫 我是 本人叫 本人是",
    "本人名叫 本人 名叫 叫做 本人系",
)
"""How a writer names himself and his kin."""

NAMED_LABELS = _words("自称 原名 本名")
"""Behind these stands a name, or that of a thing: it must have a name's characters."""

CALLED = "名字叫"
"""Behind this, said of oneself, stands a name, whatever its characters."""

POSTS = _words(
    "会计 出纳 民警 交警 辅警 协警 支书 书记 主任 医生 医师 大夫 护士 老师 教师 教授 教练",
    "包工头 工头 邻居 老板 老板娘 经理 总监 队长 组长 局长 所长 校长 院长 镇长 乡长 县长",
    "市长 区长 村长 科长 处长 股长 站长 厂长 店长 园长 班长 社长 会长 董事长 行长 司机",
    "保安 律师 法官 检察官 干事 干部 党员 同事 工友 同学 朋友 战友 村民 居民 租客 租户",
    "住户 商户 员工 职工 工人 中介 销售 客服 班主任 网格员 业务员 工作人员 办事员 收费员",
    "售货员 营业员 驾驶员 管理员 教导员 辅导员 技术员 保洁员 快递员 外卖员 骑手 股东 债主",
    "老乡 同志 师傅 村干部 队员 委员 专员 科员 警员 保姆 承包商 包工 亲戚 表弟 表哥 堂弟",
    "堂哥 表姐 表妹 堂兄 女士 先生 患儿 孩子 老人 市民 群众 网民 网友 乘客 旅客",
    "养殖户 种植户 个体户 专业户 里长 理事长 秘书长 护工 船员 导游 店员 摊主 摊贩 学员 会员",
    "社员 牧民 渔民 农民",
    "商贩 小贩 大爷 大妈 大娘 大叔 阿婆 老汉 实习生 研究生",
    "同桌 室友 舍友 姑娘 小伙",
)
"""Posts and trades: the word stays, and the name behind it must have a name's characters."""

PARTIES = _words("甲方 乙方 丙方 出租方 承租方")
"""The parties of a contract: a person or a firm, whose name stands behind a colon."""

LABEL_ENDS = frozenset(label[-1] for label in (*LABELS, *OWN_LABELS, *POSTS, *NAMED_LABELS))
"""The last characters of labels."""

FOLLOWING = frozenset(
    "是为叫系（( \n\u3000ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    '“"「『才扎岩巴阿依木买吐热努艾玉次仁央达尼格桑洛旦贡苏那布额图其斯玛咪'
    + SURNAMES
    + RARE_SURNAMES
    + WORDLIKE_SURNAMES
    + "".join(two[0] for two in DOUBLE_SURNAMES.split("|"))
)
"""What can stand behind a label without a colon: a name's first character, 是, a blank."""

SIGNING = frozenset(_words("签名 签字 署名 落款"))
"""The labels of a signature: names are listed with blanks and commas."""

GROUPS = frozenset(_words("代表 村民 居民 业主 住户 家长 职工 员工 学生 教师"))
"""The labels of several persons: names are listed with blanks."""

NO_NAMES = frozenset(
    row[0] + second
    for row in _words(
        "时间常候 房号屋型 车牌号辆 籍贯 金额融 别名 任意何由 许可诺愿 敬上礼启呈请 高兴度",
        "万不分科般 东北西 乐意 于上今前去同当昨是本不希水 云南 充分满 党员性龄 全体家",
        "公务司民积 农户村民历 冷暖漠 初婚 利用益 别人的 包工车 单亲位身 原告来 双方职",
        "向上来 国企家 季度节 宁可愿 安全好定徽心检置 家住属里长 富人瑞裕 居住民然 山区里",
        "师生范 常住常年 干活部 年初前后底轻龄 广东大州西 强烈 成年立都 房东主 支持",
        "文员盲 方便向式才案法面 时候常 明天白 曾经 权利益 武汉警 母亲同 水产电 江苏西",
        "海南口 满心意 牧区民 班主长 申报诉请 白天领 盖房 相信关 石家油 种地植 管理道",
        "经常过 解决放 计划生 车主队 边疆远 连夜续 钱款财 门卫口 阿姨 须知要 马上路",
        "高一三中二级考达 齐上心 和子谐睦 养老 羊水 风淳气 严重格厉肃 权贵 荣誉 公卫 师德风",
    )
    for second in row[1:]
)
"""Two characters that begin like a name and are another word; a row: the first, its seconds."""

NO_SURNAMES = frozenset("从但应您有由能越都")
"""Surnames so rare, and words so common, that behind a label they are words."""
