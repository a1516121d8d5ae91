"""What the account of an import is told in, on screen and on the command line."""

from __future__ import annotations

from dashboard import figures
from dashboard.i18n import N_, _

FATES = {
    "rows_read": N_("Rows read"),
    "accepted": N_("Accepted"),
    "duplicate": N_("Duplicates"),
    "conflict": N_("Conflicts"),
    "rejected": N_("Rejected"),
}
NUMBERS = {
    "tidied": N_("{column} tidied (apostrophe, full-width or invisible characters)"),
    "united": N_("{column} taken as a member whom other rows write in another form"),
}
TABLES = {
    "members": N_("members"),
    "purchases": N_("purchases"),
    "entries": N_("points entries"),
    "tier_changes": N_("tier changes"),
    "activities": N_("activities"),
    "campaigns": N_("campaigns"),
    "contacts": N_("contacts"),
    "coupons": N_("coupons"),
}


def of_numbers(name: str, column: str) -> str:
    """What became of members' numbers in a column."""
    return _(NUMBERS[name]).format(column=column)


def table_name(table: str) -> str:
    """A fact table's name in the reader's language."""
    return _(TABLES[table]) if table in TABLES else table


def counted(table: str, rows: int) -> str:
    """So many rows of a table: 1,234 purchases."""
    return _("{count} {name}").format(count=figures.count(rows), name=table_name(table))
