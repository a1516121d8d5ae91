"""A small shop's export for the tests of intake: its mapping, its rows, and imports of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from data.intake.accounts import FileAccount, ImportReport
from data.intake.importing import import_files
from data.intake.mapping import Mapping, mapping_from_yaml

HEADER = "id,member,when,amount,pieces"
MAPPING = """
name: shop
time_zone: Asia/Shanghai
programme:
  name: shop
  time_zone: Asia/Shanghai
  currency: CNY
  tiers: [{name: member}, {name: gold, threshold: 300}]
files:
  sales:
    match: ["sales*"]
    READ
    rows:
      - table: purchases
        columns:
          purchase_id: id
          member_id: member
          kind: {value: sale}
          occurred_at: {from: when, format: "%Y-%m-%d %H:%M:%S"}
          amount: amount
          quantity: pieces
"""


def shop_mapping(*reading: str) -> Mapping:
    """The shop's mapping, with more lines on how the file is read."""
    return mapping_from_yaml(MAPPING.replace("READ", "\n    ".join(reading)))


def sale(number: int, amount: str = "10.00") -> str:
    """A good line."""
    return f"s{number},m{number % 7},2026-03-{number % 28 + 1:02d} 10:00:00,{amount},1"


def lines(rows: Iterable[str], header: str = HEADER, end: str = "\r\n") -> bytes:
    """The file that holds the rows."""
    return (end.join([header, *rows]) + end).encode("utf-8")


def written(folder: Path, content: bytes, name: str = "sales.csv") -> Path:
    """The file, on disk."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(content)
    return path


def imported(
    workspace: Path,
    sources: Sequence[Path | str] | Path,
    mapping: Mapping | None = None,
    dry_run: bool = False,
) -> ImportReport:
    """The report of importing the sources."""
    sources = [sources] if isinstance(sources, Path) else sources
    return import_files(workspace, sources, mapping or shop_mapping(), dry_run=dry_run)


def counts(account: FileAccount) -> tuple[int, int, int, int, int]:
    """Rows read, accepted, duplicate, conflict, rejected."""
    return account.rows_read, account.accepted, account.duplicate, account.conflict, account.rejected
