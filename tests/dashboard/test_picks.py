"""What of a chart can be clicked, and what a click chooses."""

from __future__ import annotations

from datetime import date

import pytest

from dashboard import address, charts, figures
from dashboard.charts import Series
from dashboard.picks import Pick, clickable, field_text, of_time

MONTHS = [date(2026, 8, 31), date(2026, 9, 30), date(2026, 10, 31)]


def over_time():
    series = [Series(label="Members", values=[1.0, 2.0, 3.0], colour="#000001")]
    return charts.lines(figures.closes(MONTHS), series, figures.count, figures.short)


def test_a_chart_over_time_leads_to_each_of_its_closes_that_is_past() -> None:
    pick = of_time(over_time(), date(2026, 10, 15))
    assert pick is not None and pick.name == "as_of"
    assert pick.values == {"Aug 2026": "2026-08-31", "Sept 2026": "2026-09-30"}
    assert of_time(charts.heat(["1"], ["a"], [[1.0]], figures.count), MONTHS[-1]) is None


def test_lines_have_points_to_hit_and_stay_as_they_are_for_who_takes_them_along(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(address, "values", lambda *_: [])
    plain = over_time()
    drawn = clickable(plain, Pick("as_of", {}))
    assert [trace["mode"] for trace in drawn.traces] == ["lines+markers"]
    assert [trace["mode"] for trace in plain.traces] == ["lines"]


def test_every_field_that_is_known_can_be_hit_and_the_chosen_one_is_framed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(address, "values", lambda *_: ["field.2-1"])
    fields = charts.heat(["1", "2"], ["a", "b"], [[5.0, None], [7.0, 8.0]], figures.count)
    values = {field_text("1", "a"): "field.1-1", field_text("1", "b"): "field.2-1"}
    _heat, points = clickable(fields, Pick("in_segment", values)).checked.data
    assert list(zip(points.x, points.y, points.text, strict=True)) == [
        ("1", "a", "5"),
        ("1", "b", "7"),
        ("2", "b", "8"),
    ]
    assert list(points.marker.line.width) == [0, 2, 0]
