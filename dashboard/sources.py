"""What the numbers behind a simulation rest on, in the reader's language.

The simulator says it in English sentences with figures in them; each is known here by its form, because
a finished run keeps the sentence and not what it was made of. An unknown one stays as it is.
"""

from __future__ import annotations

import re
from functools import cache

from dashboard.i18n import N_, _

FORMS = (
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


def said(source: str) -> str:
    """A source in the reader's language; what it quotes in turn too."""
    for form in FORMS:
        found = _pattern(form).fullmatch(source)
        if found:
            parts = {name: said(part) if name == "why" else part for name, part in found.groupdict().items()}
            return _(form).format(**parts)
    return source


@cache
def _pattern(form: str) -> re.Pattern[str]:
    numbers = re.sub(r"\\{(count|of|days)\\}", r"(?P<\1>[\\d,.]+)", re.escape(form))
    return re.compile(numbers.replace(r"\{why\}", "(?P<why>.+)"))
