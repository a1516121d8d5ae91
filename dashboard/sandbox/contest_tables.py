"""The tables of a contest: how what-ifs rank, each beside each, and what each of them changes."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard import cards, figures
from dashboard.i18n import _, joined, words
from dashboard.page_record import Column
from dashboard.sandbox import finding
from dashboard.sandbox.comparison import TABLED, Found
from dashboard.sandbox.questions import answer
from dashboard.sandbox.rivals import Duel, Rival, by_letter, legend
from dashboard.told import Told
from data.formula_guard import guarded
from loyalty_core.metrics.dictionary import METRICS
from loyalty_core.rules.programme import Programme
from loyalty_core.text import Text


def ranking(programme: Programme, rivals: Sequence[Rival], found: Found) -> None:
    """What each is worth, the best first, and how that is reckoned."""
    money = found.document["money"]
    notes = [words(Text(**one)) for one in (money["meaning"], *money["notes"])]
    cards.table(_("How they rank"), columns(programme, rivals), "contest", joined(notes))


def columns(programme: Programme, rivals: Sequence[Rival]) -> list[Column]:
    """What each is worth beside the programme in force, as columns."""

    def money(value: float | None) -> str:
        return answer.gain(programme, value)

    def share(value: float) -> str:
        return figures.share(value, 0)

    def regret(value: float) -> str:
        return finding.level(METRICS["revenue"], programme, value)

    shown = [
        Column(_("What-if"), [guarded(one.lettered) for one in rivals]),
        Column(_("Gain"), [one.gain.mean for one in rivals], money),
        Column(
            _("95% interval"),
            [finding.from_to(money(one.gain.low), money(one.gain.high)) for one in rivals],
            str,
        ),
    ]
    by_replications = [one.best_by_chance for one in rivals], [one.regret_by_chance for one in rivals]
    if None in by_replications[0]:
        return [
            *shown,
            Column(_("Worth most in"), [one.best for one in rivals], share),
            Column(_("Expected regret"), [one.regret for one in rivals], regret),
        ]
    return [
        *shown,
        Column(_("Chance to be worth most"), [one.best for one in rivals], share),
        Column(_("Chance by the replications alone"), by_replications[0], share),
        Column(_("Expected regret"), [one.regret for one in rivals], regret),
        Column(_("Regret by the replications alone"), by_replications[1], regret),
    ]


def each_beside_each(programme: Programme, duels: Sequence[Duel], named: str) -> None:
    """Every two what-ifs in the same replications; `named` says what their letters stand for."""

    def money(value: float | None) -> str:
        return answer.gain(programme, value)

    shown = [
        Column(_("What-if"), [one.better.letter for one in duels]),
        Column(_("Beside"), [one.other.letter for one in duels]),
        Column(_("Worth more by"), [one.gain.mean for one in duels], money),
        Column(
            _("95% interval"),
            [finding.from_to(money(one.gain.low), money(one.gain.high)) for one in duels],
            str,
        ),
        Column(_("Chance"), [_in_words(one) for one in duels], str),
    ]
    what = _("The difference between two what-ifs in the same replications, with an interval of its own")
    if any(one.by_chance is not None for one in duels):
        chance = _("chances hold what is not known, in brackets by the replications alone")
        what = _("; ").join([what, chance])
    told = _("{what} ({names})").format(what=what, names=named)
    cards.table(_("Each beside each"), shown, "contest_pairs", told)


def _in_words(duel: Duel) -> Told:
    share = figures.share(duel.chance, 0)
    told = _("{share}, {likely}").format(share=share, likely=duel.likely)
    if duel.by_chance is not None:
        told = _("{told} ({share})").format(told=told, share=figures.share(duel.by_chance, 0))
    return Told(told, duel.chance)


def metrics(programme: Programme, rivals: Sequence[Rival]) -> None:
    """What each changes of every figure."""
    others = by_letter(rivals)
    base = others[0].found
    assert base is not None
    names = [name for name in TABLED if base.has(name)]
    shown = [
        Column(_("Figure"), [words(METRICS[name].label) for name in names]),
        Column(_("Programme in force"), [_level(base, programme, name) for name in names], str),
        *(Column(one.letter, [_change(one.found, programme, name) for name in names], str) for one in others),
    ]
    what = _("Difference from the programme in force over the whole span; ±: half of its 95% interval")
    told = _("{what} ({names})").format(what=what, names=legend(rivals))
    cards.table(_("What each of them changes"), shown, "contest_metrics", told)


def _level(found: Found, programme: Programme, name: str) -> Told:
    mean = found.in_all("baseline", name).mean
    return Told(finding.level(METRICS[name], programme, mean), mean)


def _change(found: Found | None, programme: Programme, name: str) -> Told:
    if found is None:
        return Told(figures.UNKNOWN, None)
    metric, difference = METRICS[name], found.in_all("differences", name)
    told = finding.signed(metric, programme, difference.mean, difference.values)
    half = finding.size(metric, programme, difference.half_width, difference.values)
    return Told(f"{told} (±{half})" if difference.half_width else told, difference.mean)
