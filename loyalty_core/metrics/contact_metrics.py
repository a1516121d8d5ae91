"""Contacts that campaigns made, in the section Campaigns and contact of the dictionary."""

from __future__ import annotations

from typing import Any

from loyalty_core.counting.cuts import CAMPAIGN, CONTACT_CHANNEL, MEMBER_SLICES
from loyalty_core.metrics.metric import Kind, Metric, Section, Unit
from loyalty_core.text import Text

OF_CONTACTS = MEMBER_SLICES | {CAMPAIGN, CONTACT_CHANNEL}


def campaign_metric(name: str, label: Text, meaning: Text, formula: Text, **more: Any) -> Metric:
    """A share of the section, good when it rises, unless more is said."""
    declared: dict[str, Any] = {
        "kind": Kind.RATIO,
        "unit": Unit.SHARE,
        "direction": 1,
        "slices": OF_CONTACTS,
    } | more
    return Metric(
        name=name, section=Section.CAMPAIGNS, label=label, meaning=meaning, formula=formula, **declared
    )


def _contacts(what: str, label: Text, meaning: Text, formula: Text, known_by: str) -> Metric:
    name = f"contacts_{what}"
    return campaign_metric(
        name,
        label,
        meaning,
        formula,
        kind=Kind.FLOW,
        unit=Unit.COUNT,
        direction=0,
        top="contacts_made" if what == "sent" else name,
        known_by=known_by,
    )


CONTACTS: tuple[Metric, ...] = (
    campaign_metric(
        "contacted",
        Text("Members contacted", "触达人数"),
        Text(
            "Members to whom campaigns sent a contact in the period; those held out are not counted.",
            "本期活动触达的会员，不含对照组。",
        ),
        Text(
            "distinct members of the treated arm by the day they were chosen",
            "按选中日计的触达组会员，每人计一次",
        ),
        kind=Kind.FLOW,
        unit=Unit.MEMBERS,
        direction=0,
        top="contacted",
        known_by="campaign_contacts_recorded",
    ),
    _contacts(
        "sent",
        Text("Contacts sent", "发出触达"),
        Text(
            "Contacts that campaigns sent in the period, a member several times where several were sent.",
            "本期活动发出的触达，同一会员收到多次则计多次。",
        ),
        Text("count of contacts of the treated arm", "触达组的触达次数"),
        "campaign_contacts_recorded",
    ),
    _contacts(
        "delivered",
        Text("Contacts delivered", "送达次数"),
        Text(
            "Of the contacts sent in the period, those delivered by its end; unknown where no delivery is "
            "recorded.",
            "本期发出的触达中，截至期末已送达的次数；数据中没有送达记录时为未知。",
        ),
        Text("count of contacts_sent that were delivered", "contacts_sent 中已送达的次数"),
        "deliveries_recorded",
    ),
    _contacts(
        "opened",
        Text("Contacts opened", "打开次数"),
        Text(
            "Of the contacts delivered, those opened by the end of the period; unknown where no opening is "
            "recorded.",
            "已送达的触达中，截至期末已打开的次数；数据中没有打开记录时为未知。",
        ),
        Text("count of contacts_delivered that were opened", "contacts_delivered 中已打开的次数"),
        "opens_recorded",
    ),
    _contacts(
        "clicked",
        Text("Contacts clicked", "点击次数"),
        Text(
            "Of the contacts delivered, those clicked by the end of the period; unknown where no click is "
            "recorded.",
            "已送达的触达中，截至期末已点击的次数；数据中没有点击记录时为未知。",
        ),
        Text("count of contacts_delivered that were clicked", "contacts_delivered 中已点击的次数"),
        "clicks_recorded",
    ),
    campaign_metric(
        "delivered_rate",
        Text("Delivery rate", "送达率"),
        Text(
            "Of the contacts sent in the period, the share delivered by its end; unknown where no delivery "
            "is recorded.",
            "本期发出的触达中，截至期末已送达的比例；数据中没有送达记录时为未知。",
        ),
        Text("contacts delivered ÷ contacts sent", "已送达 ÷ 已发出"),
        top="contacts_delivered",
        bottom=("contacts_made",),
        known_by="deliveries_recorded",
    ),
    campaign_metric(
        "open_rate",
        Text("Open rate", "打开率"),
        Text(
            "Of the contacts delivered, the share opened by the end of the period; unknown where no "
            "opening is recorded.",
            "已送达的触达中，截至期末已打开的比例；数据中没有打开记录时为未知。",
        ),
        Text("contacts opened ÷ contacts delivered", "已打开 ÷ 已送达"),
        top="contacts_opened",
        bottom=("contacts_delivered",),
        known_by="opens_recorded",
    ),
    campaign_metric(
        "click_rate",
        Text("Click rate", "点击率"),
        Text(
            "Of the contacts delivered, the share clicked by the end of the period; unknown where no click "
            "is recorded.",
            "已送达的触达中，截至期末已点击的比例；数据中没有点击记录时为未知。",
        ),
        Text("contacts clicked ÷ contacts delivered", "已点击 ÷ 已送达"),
        top="contacts_clicked",
        bottom=("contacts_delivered",),
        known_by="clicks_recorded",
    ),
)
