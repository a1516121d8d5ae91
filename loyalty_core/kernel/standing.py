"""Where the members of a history stand on a day: the accounts from which a simulation goes on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.days import NEVER, to_date
from loyalty_core.earning.earner import birthdays
from loyalty_core.facts import (
    EARN,
    ENTRY_KINDS,
    NAMING_THEIR_LOT,
    POINTS_ACCOUNT,
    REDEEM,
    REVERSE,
    STORED_VALUE_ACCOUNTS,
)
from loyalty_core.history import History, Members
from loyalty_core.history_parts import select
from loyalty_core.kernel.accounts import Accounts
from loyalty_core.kernel.replay import Replay
from loyalty_core.kernel.walk import SALE, walk
from loyalty_core.points.wallet import NO_LOT, Wallet
from loyalty_core.rewards.held_coupons import coupons_held
from loyalty_core.rounds import rounds
from loyalty_core.rules.programme import Programme
from loyalty_core.rules.tier_rules import MEASURES
from loyalty_core.tiers.deeds import deeds
from loyalty_core.tiers.known_tiers import with_own_tiers


def enrolled(members: Members, day: int) -> Ints:
    """The members who have joined by the close of `day` and not left."""
    return np.flatnonzero((members.joined_on <= day) & (members.left_on > day))


def standing(
    history: History,
    programme: Programme,
    day: int,
    later: Sequence[Programme] = (),
    earlier: Sequence[Programme] = (),
) -> Accounts:
    """The accounts of the members `enrolled` at the close of `day`, in that order.

    Tiers from the tier changes, points from the ledger, what counts from purchases, activities and
    the ledger. Points come in lots with the dates that the ledger gives them and leave oldest expiry
    first, whatever took them; should they be overdrawn, what comes in first fills the gap, once it is
    available. A lot that fell due and is still there goes on the day after `day`. What no fact tells
    (until when a tier is held, streaks, what caps have used up) is as a replay of the history leaves
    it, for members whose tier is what the replay says. `later` are programmes that members are to come
    `under`: what these ask for is remembered, too; `earlier` are those that held before.
    """
    chosen = np.zeros(len(history.members), bool)
    chosen[enrolled(history.members, day)] = True
    own = select(history, chosen)
    accounts = Accounts(
        programme,
        own.members.joined_on,
        own.members.left_on,
        birthdays(own.versions, len(own.members)),
        own.labels,
        remember=bool(later),
    )
    replayed = None
    if later or _remembers(programme):
        held = [*_in_turn(programme, earlier), *_dated(later, day)]
        replayed = Replay(own, held, day).run().accounts
    _put_tiers(accounts, own, day, replayed)
    _put_deeds(accounts, own, programme.after(reversed(earlier)), day)
    _put_points(accounts, own, day)
    _put_cards(accounts, own, day)
    accounts.coupons = coupons_held(own, programme, day)
    if replayed is not None:
        accounts.earner = replayed.earner
        accounts.points.keep_the_clock_of(replayed.points)
        if accounts.cards is not None and replayed.cards is not None:
            accounts.cards.bonus.keep_the_clock_of(replayed.cards.bonus)
    return accounts


def _in_turn(programme: Programme, earlier: Sequence[Programme]) -> list[Programme]:
    """The programme after those before it, else from the beginning."""
    return [*earlier, programme] if earlier else [programme.model_copy(update={"effective_on": None})]


def _dated(later: Sequence[Programme], day: int) -> list[Programme]:
    """The programmes that may follow after `day`, a day each."""
    ahead = (to_date(day + 1 + number) for number in range(len(later)))
    return [one.model_copy(update={"effective_on": on}) for one, on in zip(later, ahead, strict=True)]


def _remembers(programme: Programme) -> bool:
    """Whether a standing holds more than facts tell: when tiers end, streaks, caps, the last activity."""
    tiers, rule, earning = programme.tiers, programme.qualification, programme.earning
    dated = any(tier.valid_months or tier.direct or tier.entry != "open" for tier in tiers)
    personal = dated or rule.grace_days > 0 or rule.reviews == "anniversary"
    caps = [earning.caps, *(one.caps for one in earning.all_rules)]
    capped = any(cap.day is not None or cap.month is not None for cap in caps)
    streaks = any(one.streak for one in earning.all_rules)
    fading = (programme.expiry, programme.stored_value.bonus_expiry)
    fades = any(rule.inactivity_months is not None for rule in fading)
    return personal or capped or streaks or fades


def _put_tiers(accounts: Accounts, history: History, day: int, replayed: Accounts | None) -> None:
    """The tier that the changes lead to, since the last of them; held as the replay says, if it agrees."""
    changes = with_own_tiers(history, accounts.programme).tier_changes
    tier, since = np.zeros(accounts.n, np.int32), accounts.joined_on.copy()
    past = changes.day <= day
    who = changes.member[past]
    # Of several changes of a member the last one stays.
    tier[who], since[who] = np.maximum(changes.to_tier[past], 0), changes.day[past]
    everybody, eve = np.arange(accounts.n), np.full(accounts.n, day, np.int32)
    if replayed is None:
        accounts.standing.resume(everybody, eve, tier, since)
        return
    as_replayed = (replayed.tier == tier) & (replayed.standing.since == since)
    same, other = np.flatnonzero(as_replayed), np.flatnonzero(~as_replayed)
    accounts.standing.resume(other, eve[other], tier[other], since[other])
    accounts.standing.adopt(same, replayed.standing)


def _put_deeds(accounts: Accounts, history: History, programme: Programme, day: int) -> None:
    """What counts for tiers, each measure in order of days, as the programme knows that it did then."""
    done = walk(history, (accounts.programme,), day)
    sales = np.flatnonzero(done.kind == done.kinds.index(SALE))
    accounts.has_bought[done.member[sales]] = True
    accounts.held.keep_dates(done.member[sales], *accounts.held.dates(done.day[sales]))
    measures = MEASURES if accounts.remembers else tuple(accounts.standing.measures)
    for measure in measures:
        counted = deeds(history, programme, measure)
        past = counted.day <= day
        member, on, amount = counted.member[past], counted.day[past], counted.amount[past]
        for _, turn in rounds(member, np.zeros(len(member), np.int64)):
            accounts.count(member[turn], on[turn], measure, amount[turn])


def _of_account(history: History, account: str) -> Flags:
    names = history.labels.get("entries.account", ())
    code = names.index(account) if account in names else -2
    found: Flags = history.entries.codes["account"] == code
    return found


def _put_points(accounts: Accounts, history: History, day: int) -> None:
    for name, wallet in accounts.others.items():
        held = _of_account(history, name) & (history.entries.day <= day)
        balance = np.zeros(accounts.n, np.int64)
        np.add.at(balance, history.entries.member[held], history.entries.amount[held])
        everybody = np.arange(accounts.n)
        wallet.credit(everybody, np.full(accounts.n, day), np.maximum(balance, 0), np.full(accounts.n, NEVER))
        if accounts.programme.refunds.claw_back == "allow_negative":
            _owe(wallet, np.maximum(-balance, 0))
    index = np.flatnonzero(_of_account(history, POINTS_ACCOUNT) & (history.entries.day <= day))
    _Ledger(history, index, accounts, accounts.points, day).put()


def _put_cards(accounts: Accounts, history: History, day: int) -> None:
    """Prepaid cards, where the ledger knows any: the principal that is there, and the lots of the bonus."""
    past = history.entries.day <= day
    principal, bonus = (_of_account(history, name) & past for name in STORED_VALUE_ACCOUNTS)
    if not (principal | bonus).any():
        return
    cards = accounts.open_cards()
    np.add.at(cards.principal, history.entries.member[principal], history.entries.amount[principal])
    np.maximum(cards.principal, 0, out=cards.principal)
    _Ledger(history, np.flatnonzero(bonus), accounts, cards.bonus, day).put()


def _owe(wallet: Wallet, points: Ints) -> None:
    """Let every member owe points, after those that are there."""
    nowhere = np.full(len(points), NO_LOT)
    wallet.take_back(np.arange(len(points)), points, nowhere, claw_back="allow_negative")


class _Ledger:
    """The lines of one account on their way into its wallet, up to the close of a day."""

    def __init__(self, history: History, index: Ints, accounts: Accounts, wallet: Wallet, day: int):
        entries = history.entries
        self.wallet = wallet
        self.who, self.amount = entries.member[index], entries.amount[index]
        self.on = entries.day[index]
        self.expires_on = np.maximum(entries.expires_on[index], np.int32(day + 1))
        available_on = entries.available_on[index]
        waits = available_on > day
        self.available_on = np.where(waits, available_on, self.on)
        self.earned_by = _line_of_sale(history, index)
        naming = [ENTRY_KINDS.index(kind) for kind in NAMING_THEIR_LOT]
        dated = (entries.expires_on[index] < NEVER) | waits
        kinds = entries.kind[index]
        redeemed_early = (kinds == ENTRY_KINDS.index(REDEEM)) & waits
        self.names_lot = (np.isin(kinds, naming) & dated) | redeemed_early
        self.overdrawn = np.zeros(accounts.n, np.int64)
        may_owe = accounts.programme.refunds.claw_back == "allow_negative"
        self.allows_debts = may_owe and wallet is accounts.points  # a card is never overdrawn
        # Points that wait pay a debt when they are there; a gap that nobody keeps is theirs at once.
        self.fills_gap = ~(waits & self.allows_debts)

    def put(self) -> None:
        for _, lines in rounds(self.who, np.zeros(len(self.who), np.int64)):
            self._come_in(lines[self.amount[lines] > 0])
            out = lines[self.amount[lines] < 0]
            of_lot = (self.earned_by[out] >= 0) | self.names_lot[out]
            self._take_back(out[of_lot])
            self._go_out(out[~of_lot])
        if self.allows_debts:
            _owe(self.wallet, self.overdrawn)

    def _come_in(self, lines: Ints) -> None:
        who = self.who[lines]
        gap = np.where(self.fills_gap[lines], np.minimum(self.overdrawn[who], self.amount[lines]), 0)
        self.overdrawn[who] -= gap
        self.wallet.credit(
            who, self.on[lines], self.amount[lines] - gap, self.expires_on[lines], self.available_on[lines]
        )

    def _take_back(self, lines: Ints) -> None:
        """A claw-back that names its sale, or its lot by the dates, takes from there first, as it did."""
        who = self.who[lines]
        earned = np.where(self.earned_by[lines] >= 0, self.earned_by[lines], lines)
        taken = self.wallet.take_back(
            who, -self.amount[lines], self.expires_on[earned], self.available_on[earned]
        )
        self.overdrawn[who] -= self.amount[lines] + taken.total

    def _go_out(self, lines: Ints) -> None:
        who = self.who[lines]
        taken = self.wallet.debit(who, -self.amount[lines])
        self.overdrawn[who] -= self.amount[lines] + taken


def _line_of_sale(history: History, index: Ints) -> Ints:
    """For lines that take back what a sale earned the place (in `index`) of the line that it earned;
    else -1."""
    entries, bought = history.entries, history.purchases
    line_of = np.full(len(bought.member) + 1, -1, np.int64)
    kind, purchase = entries.kind[index], entries.purchase[index]
    earned = np.flatnonzero((kind == ENTRY_KINDS.index(EARN)) & (purchase >= 0))
    line_of[purchase[earned]] = earned
    line_of[-1] = -1
    takes = (kind == ENTRY_KINDS.index(REVERSE)) & (entries.amount[index] < 0) & (purchase >= 0)
    sale = np.where(takes, np.append(bought.refund_of, -1)[purchase], -1)
    return line_of[sale]
