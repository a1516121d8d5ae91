"""Steps of a calibration: the choice to redeem, and what is never redeemed."""

from __future__ import annotations

from loyalty_core.facts import EARN, ENTRY_KINDS, REDEEM
from loyalty_core.history import History
from loyalty_core.points.lot_ledger import LotLedger, lot_ledger
from loyalty_core.rules.programme import Programme
from simulation.behaviour import Redeeming
from simulation.calibrated_pulls import say_pulls
from simulation.calibration_findings import Figure, Findings
from simulation.evidence import Status, Words, words
from simulation.paid_at_till import PaidAtTill, paid_at_till
from simulation.redemption import FEWEST_REDEMPTIONS, Chosen, Range, chosen_of_late, redemptions_of_late
from simulation.visible_effects import FEWEST_COHORTS, Estimate, breakage

FEWEST_EARNED = 500  # entries, for it to mean something that none was redeemed

_ZH = {
    "the programme has no reward": "计划没有奖励",
    f"fewer than {FEWEST_REDEMPTIONS} redemptions": f"兑换不足 {FEWEST_REDEMPTIONS} 次",
    "redemptions do not follow sales here": "兑换并不跟随购买发生",
    "the redemptions do not tell the choice's parameters apart": "兑换数据不足以区分选择的参数",
}


def say_points(found: Findings, history: History, programme: Programme, first_day: int) -> None:
    """What the ledger of points tells of members' choices."""
    if redemptions_of_late(history, first_day) == 0:
        _say_no_ledger(found)
        return
    ledger = lot_ledger(history, first_day - 1)
    at_till = paid_at_till(history, programme, first_day)
    if at_till is None:
        _say_rewards(found, history, programme, ledger, first_day)
    else:
        _say_at_till(found, at_till)
    say_pulls(found, history, programme, first_day)
    _say_breakage(found, breakage(ledger))


def _say_at_till(found: Findings, seen: PaidAtTill) -> None:
    """Points pay for purchases, and nothing else is taken for them."""
    default = found.effects.never_redeem
    source = words(
        f"{seen.pays.times:,} sales of {seen.payers.times:,} members paid with points",
        f"{seen.payers.times:,} 名会员的 {seen.pays.times:,} 笔消费以积分支付",
    )
    name = words("Sales paid with points, of members who ever do", "会用积分支付的会员以积分支付的消费占比")
    figure = (seen.pays.value, *seen.pays.share_range)
    found.tell("pays_with_points", name, "share", figure, Status.CALIBRATED, source)
    low, high = seen.payers.share_range
    never = (1 - seen.payers.value, 1 - high, 1 - low)
    found.tell("never_redeem", default.name, "share", never, Status.CALIBRATED, source)
    found.affect("never_redeem", never, source.en)
    found.behave(**{part: getattr(seen.behaviour(found.behaviour), part) for part in ("paying", "redeeming")})


def _say_rewards(
    found: Findings, history: History, programme: Programme, ledger: LotLedger, first_day: int
) -> None:
    """The choice of a reward after a purchase."""
    seen = chosen_of_late(history, programme, ledger, first_day, round(found.effects.expiry_window.value))
    if isinstance(seen, str):
        why = words(seen, _ZH[seen])
        found.refuse(
            f"The choice to redeem keeps the default's slopes: {why.en}.", f"兑换选择沿用默认斜率：{why.zh}。"
        )
        found.keep("never_redeem", why.en, why.zh)
        found.keep("expiry_redemption", why.en, why.zh)
    else:
        _say_choice(found, seen)


def _say_no_ledger(found: Findings) -> None:
    why = words("the data hold no redemption", "数据中没有兑换记录")
    found.refuse(
        f"Nothing is known of redeeming: {why.en}; its choice, pull and expiry stay as the library has them.",
        f"对兑换一无所知：{why.zh}；兑换选择、目标拉力和到期反应沿用效应库。",
    )
    for key in ("never_redeem", "expiry_redemption", "goal_gradient", "redemption_momentum", "breakage"):
        found.keep(key, why.en, why.zh)


def _say_choice(found: Findings, seen: Chosen) -> None:
    source = _source(seen)
    rows: list[tuple[str, Words, str, Range | None]] = [
        ("redeem_appeal", words("Appeal of redeeming", "兑换吸引力"), "utility", seen.appeal),
        (
            "redeem_eagerness",
            words("Eagerness with a larger balance", "余额增大时的兑换意愿"),
            "utility",
            seen.eagerness,
        ),
        (
            "redeem_ambition",
            words("Preference for dearer rewards", "对高价奖励的偏好"),
            "utility",
            seen.ambition,
        ),
        ("never_redeem", found.effects.never_redeem.name, "share", seen.never_share),
        ("expiry_redemption", found.effects.expiry_redemption.name, "odds", seen.expiry_odds),
    ]
    for key, name, unit, figure in rows:
        if figure is not None:
            found.tell(key, name, unit, figure, Status.CALIBRATED, source)
    if seen.never_share is None:
        why = words(
            "fitted as if everybody might redeem: the past does not tell",
            "历史数据无法区分，兑换选择按人人可能兑换拟合",
        )
        nobody: Figure = (0.0, None, None)
        found.tell("never_redeem", found.effects.never_redeem.name, "share", nobody, Status.ASSUMPTION, why)
    else:
        found.affect("never_redeem", seen.never_share, source.en)
    if seen.expiry_odds is None:
        found.keep("expiry_redemption", "too few redemptions with points about to expire, or without",
                   "积分即将到期（或未将到期）时的兑换太少")  # fmt: skip
    else:
        found.affect("expiry_redemption", seen.expiry_odds, source.en)
    found.behave(redeeming=_redeeming(seen, found.behaviour.redeeming))
    found.choice_covariance = tuple(map(tuple, seen.covariance.tolist()))
    if seen.ambition is None:
        found.refuse(
            "Which reward is taken keeps the default's preference: redemptions do not fit their prices.",
            "选择哪种奖励沿用默认偏好：兑换无法按价格对应奖励。",
        )


def redeeming_of(history: History, programme: Programme, first_day: int, default: Redeeming) -> Redeeming:
    """The choice as a simulation sets out with it; the default where the past does not tell one."""
    seen = chosen_of_late(history, programme, None, first_day, 0)
    if isinstance(seen, str):
        return default.model_copy(update={"source": f"default: {seen}"})
    return _redeeming(seen, default)


def unused_so_far(history: History, first_day: int, default: Redeeming) -> Redeeming | None:
    """Nobody redeems, where points were earned often and never once redeemed before the day; else None."""
    entries = history.entries
    earned = (entries.kind == ENTRY_KINDS.index(EARN)) & (entries.day < first_day)
    redeemed = (entries.kind == ENTRY_KINDS.index(REDEEM)) & (entries.day < first_day)
    if redeemed.any() or earned.sum() < FEWEST_EARNED:
        return None
    source = f"points were earned {earned.sum():,} times, and nobody has redeemed any"
    return default.model_copy(update={"never_share": 1.0, "status": Status.CALIBRATED, "source": source})


def _redeeming(seen: Chosen, default: Redeeming) -> Redeeming:
    """With the default's taste for dear rewards where that was not seen."""
    return Redeeming(
        appeal=round(seen.appeal[0], 6),
        eagerness=round(seen.eagerness[0], 6),
        ambition=round(default.ambition if seen.ambition is None else seen.ambition[0], 6),
        never_share=round(seen.never_share[0], 6) if seen.never_share else 0.0,
        status=Status.CALIBRATED,
        source=_source(seen).en,
    )


def _source(seen: Chosen) -> Words:
    return words(
        f"logit on {seen.chances:,} purchases with enough points, {seen.redemptions:,} followed by one",
        f"对 {seen.chances:,} 次积分足够的购买作 logit，其中 {seen.redemptions:,} 次随后兑换",
    )


def _say_breakage(found: Findings, own: Estimate | None) -> None:
    if own is None:
        few = FEWEST_COHORTS
        found.keep("breakage", f"fewer than {few} months of earning", f"积分发放不足 {few} 个月")
        return
    source = words(f"chain ladder over {own.cases} months of earning", f"{own.cases} 个发放月份的链梯法")
    figure = tuple(min(max(value, 0.0), 1.0) for value in (own.value, *own.ends))
    effect = found.effects.breakage
    found.affect("breakage", figure, source.en)
    found.tell("breakage", effect.name, effect.unit.value, figure, Status.CALIBRATED, source)
