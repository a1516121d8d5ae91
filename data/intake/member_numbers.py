"""Members' numbers as spreadsheets and messengers leave them, brought to the form in which they were meant.

An apostrophe before digits keeps a spreadsheet from taking them for a number; full-width digits and letters
come from Chinese keyboards, zero-width characters from copying. All of them are one number to whoever reads
it, so they are one here, and every row whose number was tidied is told; so is every one that thereby names
the member of other rows. Spaces around are off all texts by then.
"""

from __future__ import annotations

from data.intake.sheets import LINE
from data.intake.staging_database import FILE, Duck, Source, holds_any
from data.sql import identifier, quoted


def tidy_numbers(duck: Duck, source: Source) -> dict[str, str]:
    """SQL for each column of `stage_<kind>` whose texts name members and are not all tidy; the lines that
    are not go to `tidied`, and those of them that name the member of other lines then to `united`."""
    return {name: f"tidied({identifier(name)})" for name in _columns(source) if _tell(duck, source, name)}


def _columns(source: Source) -> list[str]:
    """The columns of the file that are taken as they stand for a member's number."""
    named = {rule.columns["member_id"].source for rule in source.rule.rows if "member_id" in rule.columns}
    return [name for name in source.columns if name in named]


def _tell(duck: Duck, source: Source, name: str) -> bool:
    """Put the lines with an untidy number where they belong; whether there are any."""
    text, stage = identifier(name), f"stage_{source.kind}"
    # Nearly all texts are told by their first byte and their length, which costs little.
    untidy = (
        f"(starts_with({text}, '''') OR strlen({text}) <> length({text})) "
        f"AND {text} IS DISTINCT FROM tidied({text})"
    )
    if not holds_any(duck, f"FROM {stage} WHERE {untidy}"):
        return False
    several = f"SELECT tidied({text}) FROM {stage} GROUP BY ALL HAVING count(DISTINCT {text}) > 1"
    for table, which in (("tidied", untidy), ("united", f"{untidy} AND tidied({text}) IN ({several})")):
        duck.execute(
            f"INSERT INTO {table} SELECT {quoted(source.kind)}, {FILE}, {LINE}, {quoted(name)}, '' "
            f"FROM {stage} WHERE {which}"
        )
    return True
