"""What period facts there are: families of columns, each counted together, and how they can be cut."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from loyalty_core.arrays import Ints
from loyalty_core.counting.business_facts import deferral, fixed_cost
from loyalty_core.counting.campaign_facts import campaign_costs, response_flows, target_flows
from loyalty_core.counting.care_facts import care_flows, care_stocks
from loyalty_core.counting.cohorts import COHORT_SLICES, LOT_SLICES
from loyalty_core.counting.contact_facts import contact_flows
from loyalty_core.counting.coupon_facts import coupon_flows, coupon_moves, coupon_sales, discounts
from loyalty_core.counting.cuts import (
    ACCOUNT,
    CAMPAIGN,
    CONTACT_CHANNEL,
    MEMBER,
    MEMBER_SLICES,
    OPENING_TIER,
    PURCHASE_SLICES,
    Cut,
)
from loyalty_core.counting.finance_facts import lot_stocks
from loyalty_core.counting.grid import Grid
from loyalty_core.counting.member_facts import member_days, member_flows, member_stocks
from loyalty_core.counting.membership_facts import benefit_flows, fee_flows, paying_stocks, renewal_flows
from loyalty_core.counting.point_facts import point_flows, point_stocks
from loyalty_core.counting.prediction_facts import COLUMNS as PREDICTED
from loyalty_core.counting.prediction_facts import predictions
from loyalty_core.counting.purchase_facts import (
    buying_after_first,
    buying_after_previous,
    buying_in_year,
    guest_flows,
    purchase_flows,
    sale_days,
)
from loyalty_core.counting.sales import Sales
from loyalty_core.counting.stored_value_facts import bonus_given, low_balances, revenue_of_year, stored_value
from loyalty_core.counting.tier_facts import tier_flows, tier_migration, tier_reviews, tier_stocks
from loyalty_core.counting.value_facts import (
    repurchase_cycle,
    retention,
    returning_visitors,
    top_spending,
    visits,
)
from loyalty_core.facts import POINTS_ACCOUNT, STORED_VALUE_ACCOUNT
from loyalty_core.history import History
from loyalty_core.rules.programme import Programme

Count = Callable[[History, Programme, Sales, Grid], dict[str, Ints]]


@dataclass(frozen=True, slots=True)
class FactFamily:
    """Columns that are counted together, and the slices that their rows can be cut by.

    `additive` columns follow from counts at the finest cut: they add up over its cells, or count members,
    each once (by `Grid.members` or `met`). The others, a median or who came again within a
    filter, must be counted from the facts that pass it. Columns that know accounts are of the `account`
    where the cut names none. What is not `separable` does not even add up over
    disjoint members (a median, a share of the top fifth, a rate read off the whole programme), so that it
    must be counted from all of them together. What is not `of_members` rests on campaigns and the programme
    alone. What can be cut by what members are, and adds up over them, can be told of each member. A cut tells
    what each of its cells is part of, unless these are medians or tops of their own (`adds_up`).
    """

    slices: frozenset[str]
    count: Count
    columns: frozenset[str]
    additive: bool = True
    separable: bool = True
    adds_up: bool = True
    account: str = POINTS_ACCOUNT
    of_members: bool = True

    @property
    def of_each_member(self) -> bool:
        """Whether the columns can be told of each member, and are those of all together in sum."""
        return self.separable and self.slices >= MEMBER_SLICES

    def can_be_cut(self, slices: frozenset[str]) -> bool:
        """Whether the rows of the family have all of those attributes."""
        return slices - {MEMBER} <= self.slices and (MEMBER not in slices or self.of_each_member)


def _family(slices: frozenset[str], count: Count, columns: str, **more: Any) -> FactFamily:
    return FactFamily(slices, count, frozenset(columns.split()), **more)


FAMILIES: tuple[FactFamily, ...] = (
    _family(
        MEMBER_SLICES,
        member_stocks,
        "members_enrolled members_new_inactive members_never_active members_active members_silent "
        "members_churned members_left members_engaged members_bought_in_year members_reachable "
        "members_consent_known opening_active_or_silent opening_lost opening_silent opening_silent_woken "
        "opening_churned opening_churned_won_back members_settling_in members_activated "
        "members_enrolled_year_earlier members_gained_in_year",
    ),
    _family(
        MEMBER_SLICES,
        member_flows,
        "members_joined members_joined_at_checkout members_departed members_silenced members_lapsed",
    ),
    _family(MEMBER_SLICES, member_days, "enrolled_days active_days"),
    _family(
        MEMBER_SLICES,
        lambda history, programme, _, grid: tier_stocks(history, programme, grid),
        "opening_below_top opening_upgraded near_upgrade near_downgrade",
    ),
    _family(
        MEMBER_SLICES,
        lambda history, programme, _, grid: tier_reviews(history, programme, grid),
        "members_reviewed members_kept",
    ),
    _family(
        MEMBER_SLICES | {OPENING_TIER},
        lambda history, programme, _, grid: tier_migration(history, programme, grid),
        "members_by_tiers",
    ),
    _family(
        MEMBER_SLICES,
        lambda history, programme, _, grid: benefit_flows(history, programme, grid),
        "members_granted members_using_benefit tier_benefit_cost",
    ),
    _family(
        MEMBER_SLICES,
        lambda history, programme, _, grid: renewal_flows(history, programme, grid),
        "memberships_due memberships_renewed",
    ),
    _family(
        MEMBER_SLICES,
        lambda history, programme, _, grid: fee_flows(history, programme, grid),
        "membership_fees",
    ),
    _family(
        MEMBER_SLICES,
        lambda history, programme, _, grid: paying_stocks(history, programme, grid),
        "members_paying",
    ),
    _family(
        MEMBER_SLICES,
        lambda history, programme, _, grid: tier_flows(history, programme, grid),
        "tier_upgrades tier_downgrades",
    ),
    _family(
        MEMBER_SLICES | PURCHASE_SLICES,
        lambda history, _, sales, grid: purchase_flows(history, sales, grid),
        "purchases revenue revenue_existing units_sold units_kept buyers",
    ),
    _family(
        MEMBER_SLICES | PURCHASE_SLICES,
        lambda history, _, sales, grid: buying_in_year(sale_days(history, sales, grid.cut), grid),
        "buyers_in_year repeat_buyers_in_year",
        additive=False,
    ),
    _family(
        MEMBER_SLICES | PURCHASE_SLICES,
        lambda history, _, sales, grid: buying_after_previous(sale_days(history, sales, grid.cut), grid),
        "previous_buyers previous_buyers_again",
        additive=False,
    ),
    _family(
        MEMBER_SLICES | PURCHASE_SLICES,
        lambda history, _, sales, grid: buying_after_first(sale_days(history, sales, grid.cut), grid),
        "first_buyers first_buyers_again",
        additive=False,
    ),
    _family(
        PURCHASE_SLICES,
        lambda history, _, __, grid: guest_flows(history, grid),
        "guest_purchases guest_revenue",
    ),
    _family(
        MEMBER_SLICES | PURCHASE_SLICES,
        lambda history, _, __, grid: top_spending(history, grid),
        "revenue_top_fifth",
        additive=False,
        separable=False,
        adds_up=False,
    ),
    _family(
        MEMBER_SLICES,
        lambda history, _, sales, grid: repurchase_cycle(history, sales, grid),
        "cycle_days cycles_known",
        additive=False,
        separable=False,
        adds_up=False,
    ),
    _family(
        MEMBER_SLICES,
        lambda history, programme, _, grid: predictions(history, programme, grid),
        " ".join(PREDICTED),
        additive=False,
        separable=False,
    ),
    _family(
        MEMBER_SLICES | COHORT_SLICES,
        lambda history, _, sales, grid: retention(history, sales, grid),
        "cohort_members cohort_buyers",
        additive=False,
    ),
    _family(
        MEMBER_SLICES | PURCHASE_SLICES,
        lambda history, _, __, grid: visits(history, grid),
        "visits",
        additive=False,
    ),
    _family(
        MEMBER_SLICES | PURCHASE_SLICES,
        lambda history, _, __, grid: returning_visitors(history, grid),
        "visitors visitors_returning",
        additive=False,
        separable=False,
    ),
    _family(
        MEMBER_SLICES | {ACCOUNT},
        lambda history, programme, _, grid: point_flows(history, programme, grid),
        "points_issued points_redeemed points_expired points_adjusted points_due reward_cost "
        "members_redeeming",
    ),
    _family(
        MEMBER_SLICES | {ACCOUNT},
        lambda history, programme, _, grid: point_stocks(history, programme, grid),
        "points_opening points_outstanding points_pending points_negative members_negative "
        "members_who_could_afford",
    ),
    _family(
        MEMBER_SLICES | {CAMPAIGN},
        lambda history, _, __, grid: coupon_flows(history, grid),
        "coupons_offered coupons_offered_claimed claims_recorded coupons_ended coupons_ended_redeemed "
        "coupons_valid coupons_valid_redeemed",
    ),
    _family(
        MEMBER_SLICES | {CAMPAIGN},
        lambda history, _, __, grid: coupon_moves(history, grid),
        "coupons_claimed coupons_redeemed coupons_expired coupons_open coupons_recorded",
    ),
    _family(
        MEMBER_SLICES | PURCHASE_SLICES,
        lambda history, _, __, grid: coupon_sales(history, grid),
        "coupon_revenue coupon_sales_recorded",
    ),
    _family(
        MEMBER_SLICES | PURCHASE_SLICES,
        lambda history, _, __, grid: discounts(history, grid),
        "discounts_given discounts_recorded",
    ),
    _family(
        MEMBER_SLICES | {ACCOUNT},
        lambda history, _, __, grid: stored_value(history, grid),
        "stored_value_opening stored_value_topped_up stored_value_consumed stored_value_balance "
        "stored_value_recorded",
        account=STORED_VALUE_ACCOUNT,
    ),
    _family(
        MEMBER_SLICES,
        lambda history, _, __, grid: bonus_given(history, grid),
        "stored_value_bonus_given stored_value_bonus_recorded",
    ),
    _family(
        MEMBER_SLICES,
        lambda history, programme, _, grid: low_balances(history, programme, grid),
        "low_balances low_balances_topped_up",
    ),
    _family(
        MEMBER_SLICES,
        lambda history, _, __, grid: revenue_of_year(history, grid),
        "revenue_of_year",
    ),
    _family(
        MEMBER_SLICES | {CAMPAIGN, CONTACT_CHANNEL},
        lambda history, _, __, grid: contact_flows(history, grid),
        "contacts_made contacted contacts_delivered contacts_opened contacts_clicked "
        "campaign_contacts_recorded deliveries_recorded opens_recorded clicks_recorded",
    ),
    _family(
        MEMBER_SLICES | {CAMPAIGN, CONTACT_CHANNEL},
        lambda history, _, __, grid: target_flows(history, grid),
        "targeted targeted_with_coupon targeted_redeeming treated_settled treated_responded",
    ),
    _family(
        MEMBER_SLICES | {CAMPAIGN},
        lambda history, _, sales, grid: response_flows(history, sales, grid),
        "treated_bought treated_spend held_out_settled held_out_bought points_burnt others_enrolled "
        "others_bought",
    ),
    _family(
        frozenset({CAMPAIGN}),
        lambda history, _, __, grid: campaign_costs(history, grid),
        "campaign_cost campaign_costs_known",
        additive=False,
        separable=False,
        of_members=False,
    ),
    _family(
        MEMBER_SLICES,
        lambda history, _, __, grid: care_flows(history, grid),
        "survey_answers survey_satisfied nps_answers nps_net complaints complaints_recorded referrals "
        "referrals_recorded tasks_offered tasks_completed fields_sampled fields_right",
    ),
    _family(
        MEMBER_SLICES,
        lambda history, _, __, grid: care_stocks(history, grid),
        "members_signed_in sign_in_days members_on_streak members_uncontacted profiles_fresh "
        "sign_ins_recorded contacts_recorded profile_changes_recorded",
    ),
    _family(
        MEMBER_SLICES | LOT_SLICES,
        lambda history, _, __, grid: lot_stocks(history, grid),
        "lot_points_issued lot_points_redeemed lot_points_left mature_points_issued mature_points_redeemed "
        "points_expected points_expected_opening points_expected_low points_expected_high points_in_interval",
        additive=False,
        separable=False,
    ),
    _family(
        frozenset(),
        lambda _, programme, __, grid: fixed_cost(programme, grid),
        "fixed_cost",
        additive=False,
        separable=False,
        of_members=False,
    ),
    _family(
        frozenset(),
        lambda history, programme, _, grid: deferral(history, programme, grid),
        "revenue_deferred revenue_recognised deferred_balance",
        additive=False,
        separable=False,
    ),
)


def families_for(cut: Cut, columns: Collection[str] | None = None) -> tuple[FactFamily, ...]:
    """The families that can be cut that way; with `columns` only those that hold one of them."""
    return tuple(
        family
        for family in FAMILIES
        if family.can_be_cut(cut.slices) and (columns is None or not family.columns.isdisjoint(columns))
    )
