"""Sentences of the simulator and of intake, in the reader's language.

Both write English with names and figures in it, and the registry keeps the sentence and not what it was
made of; each is known here by its form. One that is not known stays as it is.
"""

from __future__ import annotations

import re
from functools import cache

from dashboard.i18n import N_, _

SOURCES = (
    N_("default of the simulator"),
    N_("invented for the demo"),
    N_("BG/NBD by maximum likelihood on {count} members"),
    N_("MBG/NBD by maximum likelihood on {count} members"),
    N_("Pareto/NBD by maximum likelihood on {count} members"),
    N_("Gamma-Gamma by maximum likelihood on {count} members"),
    N_("the data's mean rate, the default's spread and drop-out: {why}"),
    N_("the data's mean amount, the default's spread"),
    N_("flat: too few sales or weeks to see a pattern"),
    N_("{count} sales: weekdays and months"),
    N_("{count} sales: weekdays; months flat, less than two years of sales"),
    N_("appeal from {count} redemptions of the last year; its slopes are assumptions"),
    N_("{count} refunds of {of} sales of the last year; their delay is an assumption"),
    N_("{count} of {of} chances of the last year taken"),
    N_("default: fewer than {count} chances to use a coupon last year"),
    N_("{count} days of card holders of the last year"),
    N_("{count} members joined in the last {days} days"),
    N_("{count} sales: weekdays; months flat, less than a year of sales"),
    N_("NBD by maximum likelihood on {count} members: nobody is seen to leave"),
    N_("logit on {count} purchases with enough points, {of} followed by one"),
    N_("{count} gaps between purchases ({of}), weighed with: {why}"),
    N_("chain ladder over {count} months of earning"),
    N_("treated less held out, {count} members held out"),
    N_("{count} refunds of {of} sales of the last year, with their delay"),
    N_("{count} refunds of {of} sales of the last year, with their delay and parts"),
    N_(
        "{count} refunds of {of} sales of the last year, with their delay; the parts that they take are an "
        "assumption"
    ),
    N_("{count} joined since {what}; the first purchase stands for joining"),
    N_("{count} joined since {what}"),
    N_("weekly repeat purchases beside the model's expectation"),
    N_("none: too few weeks with enough purchases"),
    N_("the programme has no reward"),
    N_("the scenario"),
    N_("assumption of the scenario"),
    N_("assumption of the scenario, in place of {count}: {why}"),
    N_("fitted as if everybody might redeem: the past does not tell"),
    N_("default: {why}"),
    N_("fewer than {count} members have bought again"),
    N_("the past does not tell the model's parameters apart"),
    N_("no repeat purchase has an amount"),
    N_("fewer than {count} redemptions"),
    N_("redemptions do not follow sales here"),
    N_("fewer than {count} sales last year"),
    N_("nobody is invited to a tier in a run; who has been keeps it for its term"),
    N_(
        "no trustworthy figure seen for programmes that are free to join; of a warehouse club's members "
        "86 to 89% renew (Costco, annual report 2011), taken as an upper end"
    ),
    N_(
        "{count} bought with {of} sales of the last year; of {what} terms that ended {least} renewed, beside "
        "a prior that weighs {days}"
    ),
)
# Where the library of effects (simulation/effects.yaml) comes from.
EVIDENCE = (
    N_(
        "Gopalakrishnan et al. 2021, Marketing Science 40(3): value about +30% over five "
        "years, over 80% of it by lower attrition; earlier versions of the study far lower"
    ),
    N_("Gopalakrishnan et al. 2021, Marketing Science 40(3)"),
    N_(
        "Kivetz, Urminsky, Zheng 2006, Journal of Marketing Research 43(1): gaps shrink by 20% "
        "from first to last stamp"
    ),
    N_(
        "Nunes, Drèze 2006, Journal of Consumer Research 32(4): 34% against 19% completed, "
        "odds ratio 2.2, taken as the upper end"
    ),
    N_(
        "Behrens, de Jong, van Ommeren 2024: demand rises only just before year-end (direction"
        " published); the size is that of the goal gradient at full progress"
    ),
    N_("no size seen; Behrens, de Jong, van Ommeren 2024 find the push just before year-end only"),
    N_("Wang et al. 2016: reaching a goal raises later purchases (direction published)"),
    N_("Wang et al. 2016: missing a goal lowers later purchases (direction published)"),
    N_("Wang et al. 2016: missing hurts high tiers most (direction published)"),
    N_(
        "Wagner et al. 2009, Journal of Marketing 73(3): demoted members fall below those "
        "never promoted (direction published)"
    ),
    N_("Wagner et al. 2009, Journal of Marketing 73(3) (direction published)"),
    N_("Liu 2007, Journal of Marketing 71(4): heavy buyers unchanged"),
    N_("Liu 2007, Journal of Marketing 71(4): light and moderate buyers grow, most within three months"),
    N_("Liu 2007, Journal of Marketing 71(4): effects fade in six to nine months"),
    N_(
        "Dorotic et al. 2014, International Journal of Research in Marketing 31(4): redeeming "
        "lifts purchases before and after (published, size not seen)"
    ),
    N_("no length seen; Dorotic et al. 2014 find the lift around the redemption"),
    N_(
        "Breugelmans, Liu-Thompkins 2017: a pulse before expiry, mixed and confounded "
        "(published, size not seen)"
    ),
    N_("no size seen; reminders are usual a month ahead"),
    N_("Breugelmans, Liu-Thompkins 2017: mixed and confounded"),
    N_(
        "no size seen; Kivetz, Urminsky, Zheng 2006 find effort to rise towards a reward, and nothing of "
        "waiting for a dearer one"
    ),
    N_(
        "no size seen: what differs between tiers in the past may be the balance, which the choice to redeem "
        "knows"
    ),
    N_("no trustworthy causal figure found; own hold-outs replace it as soon as there are any"),
    N_(
        "Schmitt, Skiera, Van den Bulte 2011, Journal of Marketing 75(1): value at least 16% "
        "higher; one replication found smaller margins"
    ),
    N_(
        "no share of members seen; one third of points never redeemed (Colloquy 2011) is taken as the upper "
        "end"
    ),
    N_("airline programmes: 16 to 21% of points"),
    N_("no size seen for membership fees; about proportional, in a wide range"),
    N_(
        "no size seen for membership fees; that who has paid before answers less to the price than who has "
        "not is supposed"
    ),
)
REASONS = (
    N_("{column} is not a number"),
    N_("{column} is not a whole number"),
    N_("{column} is no date of the form {form}"),
    N_("{column} is not between {least} and {most}, or was skipped by a clock change in {what}"),
    N_("{column} is not between {least} and {most}"),
    N_("{column} must be at least {least} and at most {most}"),
    N_("{column} must be at least {least}"),
    N_("{column} looks like an Excel day number; save it as a date"),
    N_("{column} is written with an exponent; write it out"),
    N_("{column} is in parentheses; write a minus sign"),
    N_("{column} is too large"),
    N_("{column} is neither true nor false"),
    N_("{column} is none of {what}"),
    N_("{column} has thousands separators; declare thousands: ','"),
    N_("{column} has a decimal comma; declare decimal: ','"),
    N_("{column} has more decimals than {what} ({count}); declare round: half_up to round it"),
    N_("{column} is empty, and {what} is required"),
    N_("the line has {count} fields, {of} are expected"),
    N_("the line has {count} fields, {of} are expected; quote values that hold the delimiter"),
    N_("the line has a quote inside a value; double it and quote the value"),
    N_("the line opens a quote that is never closed"),
    N_("the line holds a NUL byte"),
    N_("the line has {count} characters, {least} to {most} are expected"),
    N_("another line of the same group is rejected"),
    N_("the lines of its group differ in {column}"),
    N_("price 0: a gift, a loss or a stock movement, no sale"),
    N_("negative price: a correction of the books, no sale"),
    N_("a cancellation with a positive quantity: neither a sale nor a refund"),
    N_("nothing sold, and no cancellation"),
    N_("quantity 0: nothing was bought"),
)


def said(sentence: str) -> str:
    """A source or a reason in the reader's language; what it quotes in turn too."""
    for form in (*SOURCES, *EVIDENCE, *REASONS):
        found = _pattern(form).fullmatch(sentence)
        if found:
            parts = {name: said(part) if name == "why" else part for name, part in found.groupdict().items()}
            return _(form).format(**parts)
    return sentence


@cache
def _pattern(form: str) -> re.Pattern[str]:
    numbers = re.sub(r"\\{(count|of|days)\\}", r"(?P<\1>[\\d,.-]+)", re.escape(form))
    return re.compile(re.sub(r"\\{(why|column|form|least|most|what)\\}", r"(?P<\1>.+)", numbers))
