"""A campaign's waves among the members of a crowd: whom they reach, and what those treated do."""

from __future__ import annotations

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.days import NEVER
from simulation.campaigns import Campaign, Wave
from simulation.crowd import Crowd


def audience(crowd: Crowd, campaign: Campaign, number: int, day: int) -> tuple[Ints, Flags]:
    """Whom a campaign's wave chooses at the start of its first day, and who of them is treated."""
    if campaign.tiers:
        crowd.move_tiers(day + 1)  # those that end with the day before are over
    chosen = campaign.chosen(
        day,
        crowd.last_bought_on,
        np.where(crowd.present, crowd.population.joined_on, NEVER),
        crowd.accounts.tier,
        crowd.accounts.earner.birthday,
    )
    return chosen, campaign.treated(crowd.population.keys[chosen], crowd.streams, number)


def contact(crowd: Crowd, campaign: Campaign, number: int, wave: Wave, chosen: Ints, treated: Flags) -> None:
    """Tell those treated; they buy faster from the start of the wave, and some come because of it.

    Who comes waits no longer than up to an instant within the wave, at the pace that is then in force.
    """
    day, last_day = wave
    clock, streams = crowd.clock, crowd.streams
    crowd.journal.contacts.add(chosen, day=day, at=clock.midnight(day), campaign=number, treated=treated)
    told = chosen[treated]
    crowd.bring_up_to(told, day)
    if campaign.coupon:
        crowd.coupons.handed_out(campaign.coupon, number, told, day)
    if campaign.lift:
        crowd.waiting.speed_up(crowd.accounts, (number, day), told, campaign.lift)
    keys = crowd.population.keys[told]
    comes = campaign.returning(keys, streams, number, day, crowd.effects, crowd.responses.of_all[told])
    begins, ends = float(clock.weeks(day)), float(clock.weeks(last_day + 1))
    share = campaign.return_time(keys[comes], streams, number, day)
    who, due = told[comes], begins + share * (ends - begins)
    sooner = due < crowd.pace.due[who]
    who, due = who[sooner], due[sooner]
    rate = crowd.waiting.rate(crowd.accounts, who, day - 1)
    crowd.leaving.brought_back(who, due)
    crowd.pace.begin(who, np.full(len(who), begins), (due - begins) * rate, rate)


def end(crowd: Crowd, number: int, begun_on: int, day: int) -> None:
    """Those treated in the wave that began on `begun_on` buy as before from the start of a day."""
    wave = number, begun_on
    crowd.bring_up_to(crowd.waiting.pushes.treated(wave), day)
    crowd.waiting.slow_down(crowd.accounts, wave, day)
