"""The fact tables, declared once: intake checks, table creation and documentation follow from here.

Money is in integer minor units of the programme's currency, points in integer units of its
`point_decimals`; a column ending in `_on` (and `valid_from`) is a business day, one ending
in `_at` an instant in UTC.
Keys identify a row across imports. An immutable table never overwrites: the same key with other
content is a conflict. A versioned table takes a new version of the row instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from loyalty_core.text import Text


class Kind(Enum):
    """What a column holds; decides its storage type and how a written value is read."""

    TEXT = "text"
    INTEGER = "integer"
    MONEY = "money"  # int64, minor units
    POINTS = "points"  # int64, 10**-point_decimals points
    DATE = "date"
    INSTANT = "instant"  # microseconds, UTC
    FLAG = "flag"
    TEXTS = "texts"  # several texts, written separated by "|"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: `choices` limits a text to declared words, `least`/`most` bound a number.

    `money_where` names another column and its words for which points are money instead.
    """

    name: str
    kind: Kind
    meaning: Text
    required: bool = False
    choices: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    money_where: tuple[str, tuple[str, ...]] | None = None

    @property
    def names_one(self) -> bool:
        """Whether its texts tell a member, a purchase, an entry … from all others."""
        return self.name.endswith("_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One fact table; `time` is the column that places a row in history."""

    name: str
    key: tuple[str, ...]
    time: str
    columns: tuple[Column, ...]
    meaning: Text
    versioned: bool = False
    may_be_derived: bool = False

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)

    def column(self, name: str) -> Column:
        """The column of that name; KeyError with the known names otherwise."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column {name}; it has {', '.join(c.name for c in self.columns)}")


SALE, REFUND = "sale", "refund"
EARN, REDEEM, EXPIRE, ADJUST, REVERSE, TRANSFER = "earn", "redeem", "expire", "adjust", "reverse", "transfer"
ENTRY_KINDS = (EARN, REDEEM, EXPIRE, ADJUST, REVERSE, TRANSFER)
DECISIONS = (ADJUST, TRANSFER)  # follow from no rule
NAMING_THEIR_LOT = (ADJUST, REVERSE, TRANSFER)  # where they take points, by the expiry of these
POINTS_ACCOUNT, STATUS_ACCOUNT = "points", "status"
STORED_VALUE_ACCOUNT, STORED_VALUE_BONUS_ACCOUNT = "stored_value", "stored_value_bonus"
STORED_VALUE_ACCOUNTS = (STORED_VALUE_ACCOUNT, STORED_VALUE_BONUS_ACCOUNT)  # hold money, not points
TREATED, HELD_OUT = "treated", "held_out"


def _column(name: str, kind: Kind, en: str, zh: str, **more: object) -> Column:
    return Column(name=name, kind=kind, meaning=Text(en, zh), **more)  # type: ignore[arg-type]


def _member(required: bool = True) -> Column:
    return _column("member_id", Kind.TEXT, "The member", "会员编号", required=required)


MEMBERS = Table(
    name="members",
    key=("member_id", "valid_from"),
    time="valid_from",
    versioned=True,
    meaning=Text(
        "A member as known from a day on; a change is a new row.", "会员自某日起的资料；变更即新增一行。"
    ),
    columns=(
        _member(),
        _column("valid_from", Kind.DATE, "First day these attributes hold", "属性生效日", required=True),
        _column(
            "joined_on",
            Kind.DATE,
            "Day of joining; the first purchase where unknown",
            "入会日；未知时取首次消费日",
        ),
        _column("left_on", Kind.DATE, "Day of leaving the programme", "退会日"),
        _column("left_reason", Kind.TEXT, "Why the member left", "退会原因"),
        _column("birth_year", Kind.INTEGER, "Year of birth", "出生年份", least=1900, most=2100),
        _column("birthday", Kind.TEXT, "Month and day of birth, MM-DD", "生日（月-日）"),
        _column("gender", Kind.TEXT, "Gender", "性别", choices=("female", "male", "other")),
        _column("region", Kind.TEXT, "Home region", "所属地区"),
        _column("channel", Kind.TEXT, "Joining channel", "入会渠道"),
        _column("store", Kind.TEXT, "Home store", "所属门店"),
        _column("staff", Kind.TEXT, "Staff who recruited the member", "推荐员工"),
        _column("consent", Kind.FLAG, "May be contacted", "同意接收联系"),
        _column(
            "attributes",
            Kind.TEXTS,
            "Further attributes, name=value; likely duplicates are found by phone, mobile, email, wechat, "
            "id_card, or name with the date of birth",
            "其他属性（名称=值）；按 phone、mobile、email、wechat、id_card，"
            "或 name 加出生日期识别疑似重复会员",
        ),
    ),
)

PURCHASES = Table(
    name="purchases",
    key=("purchase_id",),
    time="occurred_at",
    meaning=Text("A sale, or a refund with a negative amount.", "一笔销售；退款为负金额。"),
    columns=(
        _column("purchase_id", Kind.TEXT, "The sale", "交易编号", required=True),
        _member(required=False),
        _column("kind", Kind.TEXT, "Sale or refund", "销售或退款", required=True, choices=(SALE, REFUND)),
        _column("occurred_at", Kind.INSTANT, "When it happened", "发生时间", required=True),
        _column(
            "amount",
            Kind.MONEY,
            "Owed after discounts, before points and stored value",
            "折后应付（积分与储值抵扣前）",
            required=True,
        ),
        _column("discount", Kind.MONEY, "Price discounts and coupons", "折扣与优惠券", least=0),
        _column("coupon_id", Kind.TEXT, "Coupon used", "使用的优惠券"),
        _column("paid_points", Kind.MONEY, "Part paid with points", "积分抵扣金额", least=0),
        _column("paid_stored_value", Kind.MONEY, "Part paid with stored value", "储值支付金额", least=0),
        _column("quantity", Kind.INTEGER, "Pieces sold", "件数"),
        _column("store", Kind.TEXT, "Store of the sale", "门店"),
        _column("channel", Kind.TEXT, "Channel of the sale", "渠道"),
        _column("staff", Kind.TEXT, "Staff of the sale", "员工"),
        _column("categories", Kind.TEXTS, "Categories bought", "品类"),
        _column("refund_of", Kind.TEXT, "The sale that a refund takes back", "所退交易"),
    ),
)

ENTRIES = Table(
    name="entries",
    key=("entry_id",),
    time="occurred_at",
    may_be_derived=True,
    meaning=Text("A line of the points ledger.", "积分账目的一行。"),
    columns=(
        _column("entry_id", Kind.TEXT, "The entry", "账目编号", required=True),
        _member(),
        _column(
            "account",
            Kind.TEXT,
            "points, status, stored_value, stored_value_bonus or another declared account",
            "账户",
            required=True,
        ),
        _column("kind", Kind.TEXT, "What the entry does", "类型", required=True, choices=ENTRY_KINDS),
        _column(
            "amount",
            Kind.POINTS,
            "Signed amount: points, or money in the accounts of stored value",
            "带符号数量：积分；储值账户为金额",
            required=True,
            money_where=("account", STORED_VALUE_ACCOUNTS),
        ),
        _column("occurred_at", Kind.INSTANT, "When it happened", "发生时间", required=True),
        _column("recorded_at", Kind.INSTANT, "When the source wrote it down", "记录时间"),
        _column("available_on", Kind.DATE, "First day the points may be spent", "可用日"),
        _column(
            "expires_on",
            Kind.DATE,
            "First day the points are gone; of points taken back, moved or corrected, which they are",
            "失效日；追回、转移或调减时指明是哪批积分",
        ),
        _column("reason", Kind.TEXT, "Why: the rule, reward or decision", "原因"),
        _column("reference", Kind.TEXT, "The purchase, reward or entry behind it", "关联单据"),
    ),
)

TIER_CHANGES = Table(
    name="tier_changes",
    key=("member_id", "occurred_at"),
    time="occurred_at",
    may_be_derived=True,
    meaning=Text("A member moves from one tier to another.", "会员等级变动。"),
    columns=(
        _member(),
        _column("occurred_at", Kind.INSTANT, "When it happened", "发生时间", required=True),
        _column("from_tier", Kind.TEXT, "Tier before; empty on entering", "原等级"),
        _column("to_tier", Kind.TEXT, "Tier after", "新等级", required=True),
        _column("reason", Kind.TEXT, "join, upgrade, review or decision", "原因"),
    ),
)

ACTIVITIES = Table(
    name="activities",
    key=("activity_id",),
    time="occurred_at",
    meaning=Text("Something a member did other than buying.", "会员的非消费行为。"),
    columns=(
        _column("activity_id", Kind.TEXT, "The activity", "行为编号", required=True),
        _member(),
        _column("occurred_at", Kind.INSTANT, "When it happened", "发生时间", required=True),
        _column(
            "kind",
            Kind.TEXT,
            "sign_in, task, referral, survey … (see the kinds of activities), or another that rules name",
            "类型，如 sign_in、task、referral、survey …（见行为类型表），或规则中使用的其他类型",
            required=True,
        ),
        _column("value", Kind.INTEGER, "A count, a score, a distance, an amount in minor units", "数值"),
        _column("reference", Kind.TEXT, "What it refers to", "关联对象"),
    ),
)

CAMPAIGNS = Table(
    name="campaigns",
    key=("campaign_id",),
    time="starts_on",
    versioned=True,
    meaning=Text("What was offered, and when.", "活动及其时间。"),
    columns=(
        _column("campaign_id", Kind.TEXT, "The campaign", "活动编号", required=True),
        _column("name", Kind.TEXT, "Its name", "名称"),
        _column(
            "kind",
            Kind.TEXT,
            "coupon asks to redeem a coupon of it; wake_up, win_back, double_points, birthday, member_day "
            "and all others ask to buy",
            "类型：coupon 要求核销其优惠券；wake_up、win_back、double_points、birthday、member_day "
            "等要求消费",
        ),
        _column("starts_on", Kind.DATE, "First day", "开始日", required=True),
        _column("ends_on", Kind.DATE, "Last day", "结束日"),
        _column("channel", Kind.TEXT, "Main channel", "主要渠道"),
        _column(
            "goal",
            Kind.TEXT,
            "What it is meant to reach, in words; before them may stand numbers of metrics that campaigns "
            "have: lift >= 4%; treated_sales >= 20000; Silent members buy again",
            "目标：文字说明，前面可写活动指标的数值，如 lift >= 4%; treated_sales >= 20000; 沉默会员再次消费",
        ),
        _column("budget", Kind.MONEY, "Planned cost", "预算", least=0),
        _column("cost", Kind.MONEY, "Actual cost", "实际成本", least=0),
    ),
)

CONTACTS = Table(
    name="contacts",
    key=("contact_id",),
    time="planned_at",
    versioned=True,
    meaning=Text(
        "A member chosen by a campaign: treated or held out, and what happened.",
        "活动选中的会员：触达或对照，及其结果。",
    ),
    columns=(
        _column("contact_id", Kind.TEXT, "The contact", "触达编号", required=True),
        _column("campaign_id", Kind.TEXT, "The campaign", "活动编号", required=True),
        _member(),
        _column(
            "arm",
            Kind.TEXT,
            "Treated or held out",
            "触达组或对照组",
            required=True,
            choices=(TREATED, HELD_OUT),
        ),
        _column("channel", Kind.TEXT, "Channel of the contact", "渠道"),
        _column("planned_at", Kind.INSTANT, "When the member was chosen", "选中时间", required=True),
        _column("delivered_at", Kind.INSTANT, "When it arrived", "送达时间"),
        _column("opened_at", Kind.INSTANT, "When it was opened", "打开时间"),
        _column("clicked_at", Kind.INSTANT, "When it was clicked", "点击时间"),
    ),
)

COUPONS = Table(
    name="coupons",
    key=("coupon_id",),
    time="offered_at",
    versioned=True,
    meaning=Text("A coupon offered to a member, and its state.", "发给会员的优惠券及其状态。"),
    columns=(
        _column("coupon_id", Kind.TEXT, "The coupon", "优惠券编号", required=True),
        _column("campaign_id", Kind.TEXT, "The campaign behind it", "所属活动"),
        _member(required=False),
        _column(
            "state",
            Kind.TEXT,
            "Where it stands",
            "状态",
            required=True,
            choices=("offered", "claimed", "redeemed", "expired", "void"),
        ),
        _column("offered_at", Kind.INSTANT, "When it was offered", "发放时间", required=True),
        _column("claimed_at", Kind.INSTANT, "When it was claimed", "领取时间"),
        _column("redeemed_at", Kind.INSTANT, "When it was redeemed", "核销时间"),
        _column("expires_on", Kind.DATE, "First day it is worth nothing", "失效日"),
        _column("face_value", Kind.MONEY, "What it takes off", "面值", least=0),
        _column("minimum_spend", Kind.MONEY, "Spend it asks for", "最低消费", least=0),
        _column("purchase_id", Kind.TEXT, "The sale it was used for", "使用的交易"),
        _column("reference", Kind.TEXT, "The product or batch", "商品或批次"),
    ),
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (MEMBERS, PURCHASES, ENTRIES, TIER_CHANGES, ACTIVITIES, CAMPAIGNS, CONTACTS, COUPONS)
}
