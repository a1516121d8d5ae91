"""A kind of lines of a scenario document (campaigns, shocks …), and how the reader writes one of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import streamlit as st

from dashboard import figures, number_fields
from dashboard.complaints import complaint
from dashboard.i18n import N_, _
from loyalty_core.documents import validated
from loyalty_core.errors import InputError
from loyalty_core.rules.document import Document
from loyalty_core.rules.programme import Programme
from simulation.effects import Effects
from simulation.scenario import Scenario

Values = Mapping[str, Any]
FIRST, LAST = date(1970, 1, 1), date(2199, 12, 31)  # that a document can name
DAYS = {"first_day": N_("First day"), "last_day": N_("Last day")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What lines can name: the programme, the first day of a run, where members are, what is known."""

    programme: Programme
    first_day: date
    regions: Sequence[str]
    channels: Sequence[str]
    effects: Effects  # how members respond, as far as is known before a run

    @property
    def a_month(self) -> tuple[date, date]:
        """The first whole month of a run, which is proposed."""
        first = self.first_day
        while first.day != 1:
            first += timedelta(days=1)
        return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Lines of one kind; the fields of a line are named by their path in it, as in the document."""

    name: str  # of the list in the document
    title: str
    icon: str
    model: type[Document]
    labels: Mapping[str, str]
    told: Callable[[Around, Any], str]  # a line in words
    values: Callable[[Around, Any | None], dict[str, Any]]  # what the fields show, of a line or of a new one
    fields: Callable[[Around], None]
    document: Callable[[Around, Values], dict[str, Any]]  # what was entered, as the document has it
    in_time_s_order: bool = False  # whether the document wants the earliest line first

    def line(self, around: Around, entered: Values) -> Document:
        """The line that was entered; InputError where it is none, in the reader's language."""
        document = self.document(around, entered)
        for name, one in self.model.model_fields.items():
            if one.is_required() and name not in document:
                raise InputError(_("{field} is missing.").format(field=_(self.labels[name])))
        try:
            return validated(self.model, document, "line")
        except InputError as error:
            raise InputError(in_words(str(error).removeprefix("line: "), self.labels)) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What a scenario document has once (effects, joining), and how the reader writes it."""

    name: str
    of: str  # the field of the document that it is, or is a part of
    title: str
    icon: str
    told: Callable[[Around, Scenario], str]  # in words; nothing where it is as usual
    values: Callable[[Around, Scenario], dict[str, Any]]  # what the fields show
    fields: Callable[[Around], None]
    entered: Callable[[Around, Values], Any]  # the field with what was entered
    without: Callable[[Scenario], Any]  # the field where this is as usual


def key(name: str) -> str:
    """The key of a field of the line that is being written."""
    return f"sandbox:line:{name}"


def entered(name: str) -> Any:
    """What a field of it shows; None for one that is not drawn."""
    return st.session_state.get(key(name))


def of_this_one(error: InputError) -> str:
    """What is wrong with the what-if on screen, in the reader's language; its name needs no words."""
    return re.sub(r"^(scenario|方案) [^:：]*[:：] ?", "", complaint(error))


def in_words(error: str, labels: Mapping[str, str]) -> str:
    """An error of a line in the reader's language, fields as they are called on screen."""
    place = re.match(r"([\w.]+?)(\.\d+)?: ", error)
    name, sentence = ("", error) if place is None else (place[1], error[place.end() :])
    said = _("leave out dots, and spaces at its ends") if "match pattern" in sentence else complaint(sentence)
    for field, words in labels.items():
        last = field.rpartition(".")[2]
        if "_" in last:  # other names are words of the sentence, too
            said = re.sub(rf"\b{last}\b", _("“{words}”").format(words=_(words)), said)
    if name in labels:
        said = _("{name}: {what}").format(name=_(labels[name]), what=said)
    return said[:1].upper() + said[1:]


def days(labels: Mapping[str, str] = DAYS) -> None:
    """The fields of a line's first and last day."""
    for name in ("first_day", "last_day"):
        if name in labels:
            st.date_input(_(labels[name]), None, FIRST, LAST, format="YYYY-MM-DD", key=key(name))


def span(around: Around, line: Any) -> str:
    """When a line holds."""
    told = figures.span(line.first_day, line.last_day)
    return _("{days}, before the run begins").format(days=told) if line.last_day < around.first_day else told


def number(name: str, label: str, least: float, most: float, step: float = 1.0, **more: Any) -> None:
    """A field for a number that may be left out; whole where `step` and bounds are."""
    number_fields.number(label, least, most, step=step, key=key(name), may_be_empty=True, **more)


def in_percent(value: float | None) -> float | None:
    """A share as it stands in a field."""
    return None if value is None else round(100 * value, 6)


def of_percent(value: float | None) -> float | None:
    """A share that was entered as a percentage."""
    return None if value is None else round(value / 100, 8)


def both_ends(label: str, low: Any, high: Any) -> list[Any] | None:
    """A range as it was entered; None where nothing was. InputError for one end alone."""
    if (low is None) != (high is None):
        raise InputError(_("{field}: give both ends, or none.").format(field=_(label)))
    return None if low is None else [low, high]


def given(document: Mapping[str, Any]) -> dict[str, Any]:
    """What is said at all: fields without a value are left out, and groups without a field."""
    nested = {name: given(one) if isinstance(one, Mapping) else one for name, one in document.items()}
    return {name: one for name, one in nested.items() if one is not None and one not in ("", [], {})}
