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
    N_("Gamma-Gamma by maximum likelihood on {count} members"),
    N_("the data's mean rate, the default's spread and drop-out: {why}"),
    N_("the data's mean amount, the default's spread"),
    N_("flat: too few sales or weeks to see a pattern"),
    N_("{count} sales: weekdays and months"),
    N_("{count} sales: weekdays; months flat, less than two years of sales"),
    N_("appeal from {count} redemptions of the last year; its slopes are assumptions"),
    N_("{count} refunds of {of} sales of the last year; their delay is an assumption"),
    N_("{count} members joined in the last {days} days"),
    N_(
        "Kivetz, Urminsky, Zheng 2006, Journal of Marketing Research 43(1): "
        "gaps between purchases shrink by 20 % from the first to the last stamp"
    ),
    N_("default: {why}"),
    N_("fewer than {count} members have bought again"),
    N_("the past does not tell the model's parameters apart"),
    N_("no repeat purchase has an amount"),
    N_("fewer than {count} redemptions"),
    N_("redemptions do not follow sales here"),
    N_("fewer than {count} sales last year"),
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
    N_("{column} is missing"),
    N_("has {count} fields, {of} are expected"),
    N_("has {count} fields, {of} are expected; quote values that hold the delimiter"),
    N_("has a quote inside a value; double it and quote the value"),
    N_("has {count} characters, {of} are expected"),
)


def said(sentence: str) -> str:
    """A source or a reason in the reader's language; what it quotes in turn too."""
    for form in (*SOURCES, *REASONS):
        found = _pattern(form).fullmatch(sentence)
        if found:
            parts = {name: said(part) if name == "why" else part for name, part in found.groupdict().items()}
            return _(form).format(**parts)
    return sentence


@cache
def _pattern(form: str) -> re.Pattern[str]:
    numbers = re.sub(r"\\{(count|of|days)\\}", r"(?P<\1>[\\d,.]+)", re.escape(form))
    return re.compile(re.sub(r"\\{(why|column|form|least|most|what)\\}", r"(?P<\1>.+)", numbers))
