"""From texts to rows: the steps that the lines of an import take, each over whole columns in DuckDB."""

from __future__ import annotations

from collections.abc import Sequence

from data.intake.candidates import choose_candidates, register_source
from data.intake.casting import Units, number_macro
from data.intake.checking import check_lines
from data.intake.grouping import make_rows, reject_broken_groups
from data.intake.mapping import Mapping
from data.intake.reading import Stage
from data.intake.staging_database import Duck, Output, Source
from loyalty_core.rules.programme import Programme


def shape(duck: Duck, mapping: Mapping, programme: Programme, stages: Sequence[Stage]) -> list[Output]:
    """Make the rows of every output that the staged files feed."""
    sources = _sources(mapping, programme, stages)
    for source in sources:
        register_source(duck, source, stages)
    for source in sources:
        duck.execute(number_macro(source.units))
        choose_candidates(duck, source)
    outputs: list[Output] = []
    for source in sources:
        first = len(outputs)
        outputs += [Output(first + place, source, rule) for place, rule in enumerate(source.rule.rows)]
        _take_shape(duck, source, outputs[first:])
    return outputs


def _take_shape(duck: Duck, source: Source, outputs: Sequence[Output]) -> None:
    """All outputs of a file are checked before any takes shape, for a line stands or falls as a whole."""
    duck.execute(number_macro(source.units))
    for step in (check_lines, reject_broken_groups, make_rows):
        for output in outputs:
            step(duck, output)


def _sources(mapping: Mapping, programme: Programme, stages: Sequence[Stage]) -> list[Source]:
    """The kinds of files that are in this import, in the order of the mapping."""
    found = []
    for kind, rule in mapping.files.items():
        mine = [stage for stage in stages if stage.source.kind == kind]
        if mine:
            units = Units(
                programme.currency,
                programme.currency_decimals,
                programme.point_decimals,
                mapping.time_zone,
                rule.decimal,
                rule.thousands,
            )
            names = dict.fromkeys(name for stage in mine for name in stage.rows.column_names)
            columns = tuple(name for name in names if not name.startswith("_"))
            typed = frozenset[str]().union(*(stage.typed for stage in mine))
            found.append(Source(kind, rule, columns, typed, units))
    return found
