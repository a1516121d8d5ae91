"""The columns of a frame of facts as arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from loyalty_core.arrays import Flags, Ints


class Columns:
    """One frame read column by column; columns that the frame lacks are empty.

    Texts may be pandas' str, objects or categories; categories are the cheapest, as every text is
    then looked at once however often it occurs. Several texts in one place are read joined by "|".
    """

    def __init__(self, frame: pd.DataFrame | None, name: str) -> None:
        self.frame = pd.DataFrame() if frame is None else frame
        self.name = name

    def __len__(self) -> int:
        return len(self.frame)

    def rows(self, keep: Any) -> Columns:
        """Some of the rows, in that order."""
        return Columns(self.frame.iloc[keep], self.name)

    def categories(self, column: str) -> pd.Index[Any] | None:
        """The texts that a column is coded by; None where it is not."""
        dtype = self.frame[column].dtype if column in self.frame else None
        return dtype.categories if isinstance(dtype, pd.CategoricalDtype) else None

    def coded(self, column: str) -> tuple[Ints, pd.Index[Any]]:
        """Codes into the distinct texts, -1 where unknown. An empty text is unknown."""
        if column not in self.frame:
            return np.full(len(self), -1, np.int64), pd.Index([], dtype="str")
        series, categories = self.frame[column], self.categories(column)
        if categories is not None:
            codes = series.cat.codes.to_numpy(np.int64)
            texts = categories if categories.dtype == "str" else pd.Index(categories, dtype="str")
        else:
            codes, texts = pd.factorize(_joined(series).astype("str"), use_na_sentinel=True)
        occurs = np.bincount(codes + 1, minlength=len(texts) + 1)[1:] > 0
        kept = np.flatnonzero(occurs & (texts != ""))
        if len(kept) == len(texts):
            return codes, texts
        return _places(len(texts), kept)[codes], texts[kept]

    def ordered(self, column: str) -> tuple[Ints, pd.Index[Any]]:
        """As `coded`, the texts sorted."""
        codes, texts = self.coded(column)
        order = np.argsort(texts.to_numpy(object))
        return _places(len(texts), order)[codes], texts[order]

    def codes(self, column: str, labels: dict[str, tuple[str, ...]]) -> Ints:
        """Codes into the sorted labels, -1 where unknown; the labels are noted as "table.column"."""
        codes, found = self.ordered(column)
        labels[f"{self.name}.{column}"] = tuple(str(label) for label in found)
        return codes.astype(np.int32)

    def choices(self, column: str, known: pd.Index[Any] | tuple[str, ...]) -> Ints:
        """Positions in `known`, -1 where the text is none of them."""
        if known is self.categories(column):
            return self.frame[column].cat.codes.to_numpy(np.int32)
        codes, texts = self.coded(column)
        places = np.append(pd.Index(known, dtype="str").get_indexer(texts), -1)
        found: Ints = places[codes].astype(np.int32)
        return found

    def equal(self, column: str, text: str) -> Flags:
        """Where that is the text."""
        found: Flags = self.choices(column, (text,)) == 0
        return found

    def known(self, column: str) -> Flags:
        """Where there is a text."""
        found: Flags = self.coded(column)[0] >= 0
        return found

    def month_days(self, column: str) -> Ints:
        """MM-DD as month * 100 + day, int32; 0 where it is unknown or no such text."""
        codes, texts = self.coded(column)
        parts = [text.split("-") for text in texts]
        numbers = [int(part[0]) * 100 + int(part[1]) if _are_numbers(part) else 0 for part in parts]
        return np.array([*numbers, 0], np.int32)[codes]

    def whole(self, column: str, missing: int) -> Ints:
        if column not in self.frame:
            return np.full(len(self), missing, np.int64)
        values = self.frame[column]
        if isinstance(values.dtype, np.dtype) and values.dtype.kind in "iub":
            return values.to_numpy(np.int64)
        return pd.to_numeric(values).astype("Int64").fillna(missing).to_numpy(np.int64)

    def flags(self, column: str) -> Ints:
        """1 yes, 0 no, -1 unknown."""
        if column not in self.frame:
            return np.full(len(self), -1, np.int64)
        return self.frame[column].astype("boolean").astype("Int64").fillna(-1).to_numpy(np.int64)

    def dates(self, column: str, missing: Ints | np.integer[Any] | int) -> Ints:
        """Days since 1970-01-01."""
        if column not in self.frame or self.frame[column].isna().all():
            return np.broadcast_to(np.asarray(missing), len(self)).astype(np.int32)
        stamps = pd.to_datetime(self.frame[column]).to_numpy("datetime64[s]")
        days = stamps.astype("datetime64[D]").astype(np.int64)
        return np.where(np.isnat(stamps), missing, days).astype(np.int32)

    def instants(self, column: str) -> Ints:
        """Microseconds in UTC; an instant without a zone is in UTC."""
        if column not in self.frame or not len(self):
            return np.zeros(len(self), np.int64)
        stamps = pd.to_datetime(self.frame[column], utc=True).dt.tz_localize(None)
        return stamps.to_numpy("datetime64[us]").astype(np.int64)


def _joined(series: pd.Series[Any]) -> pd.Series[Any]:
    """Lists of texts as one text each."""
    if series.dtype != object or not any(isinstance(value, (list, np.ndarray)) for value in series):
        return series
    return series.map(
        lambda value: "|".join(map(str, value)) if isinstance(value, (list, np.ndarray)) else value
    )


def _are_numbers(parts: list[str]) -> bool:
    return len(parts) == 2 and all(part.isascii() and part.isdigit() for part in parts)


def _places(n: int, kept: Ints) -> Ints:
    """For each of n codes its place among those kept, -1 for the others and, at the end, for the code -1."""
    places = np.full(n + 1, -1, np.int64)
    places[kept] = np.arange(len(kept))
    return places
