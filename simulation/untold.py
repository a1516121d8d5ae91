"""Effects that a programme's own past cannot tell, and why: they stay as the library has them."""

from __future__ import annotations

from simulation.calibration_findings import Findings
from simulation.evidence import Words, words

_SELECTED = words(
    "who reaches a tier bought more to get there, and would buy less again anyway",
    "升级者为升级本就多买，之后无论如何都会回落",
)
_TOGETHER = words("everybody in the data is in the programme", "数据中人人都在计划之中")
_CHOICE = words("the choice to redeem is fitted without them", "兑换选择的拟合不含这些效应")
_STUDIES = words("only studies of many programmes hold members apart", "只有跨计划的研究能区分会员")
_STEADY = words("fees stood still", "会员费未曾变动")
_RARE = words("whose points run out are those who come seldom", "积分将到期的正是少来的会员")
_OTHERS = words("who was brought differs from others in more than that", "被推荐的会员与他人的差异不止于此")
UNTOLD: dict[str, Words] = {
    **dict.fromkeys(("programme_dropout", "programme_frequency", "programme_basket"), _TOGETHER),
    "endowed_progress": words("all who join are given the same", "入会者所得皆同"),
    **dict.fromkeys(("reached_low", "reached_high", "missed_low", "missed_high"), _SELECTED),
    **dict.fromkeys(("demotion", "demotion_high", "demotion_dropout", "review_push"), _SELECTED),
    **dict.fromkeys(("response_heavy", "response_others"), _STUDIES),
    "expiry_purchase": _RARE,
    **dict.fromkeys(("saving_up", "tier_redemption"), _CHOICE),
    "referral_retention": _OTHERS,
    **dict.fromkeys(("fee_buying", "fee_renewing"), _STEADY),
}


def say_untold(found: Findings) -> None:
    """Each reason with the effects of which it is true."""
    for why in dict.fromkeys(UNTOLD.values()):
        names = [getattr(found.effects, key).name for key, reason in UNTOLD.items() if reason == why]
        en, zh = "; ".join(name.en for name in names), "；".join(name.zh for name in names)
        found.refuse(f"Not looked for in the past ({why.en}): {en}.", f"不由历史数据估计（{why.zh}）：{zh}。")
