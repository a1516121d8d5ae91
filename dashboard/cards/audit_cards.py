"""Who saw what is personal, and whether the record of it is whole."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard import cards, figures
from dashboard.cards import Column
from dashboard.i18n import _, ngettext
from dashboard.told import told_moment
from data.tables import Audited
from loyalty_core.rules.programme import Programme

MOST = 50


def revealed(rows: Sequence[Audited], edited: Sequence[int], programme: Programme) -> None:
    """The latest looks at personal data, the newest first; nothing where nobody looked."""
    if not rows:
        return
    title = _("{who} saw personal data last").format(who=rows[0].who)
    if edited:
        title = ngettext(
            "{count} row of the record was changed by hand",
            "{count} rows of the record were changed by hand",
            len(edited),
        ).format(count=figures.count(len(edited)))
    cards.table(
        title,
        [
            Column(_("When"), [told_moment(row.at, programme) for row in rows]),
            Column(_("Who asked"), [row.who for row in rows]),
            Column(_("Member"), [row.subject for row in rows]),
        ],
        "revealed",
        _("Who saw the personal data of which member, the newest first"),
    )
