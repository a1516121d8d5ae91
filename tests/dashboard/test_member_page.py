"""Member: found by a part of a number, told in full, and personal only on request."""

from __future__ import annotations

import re
import shutil
from datetime import datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import figures
from dashboard.i18n import speaking
from dashboard.live_members import FAR_AHEAD
from dashboard.pages import PAGES
from dashboard.reasons import left_for
from data.audit import REVEAL, trail
from data.member_story import contacts, members_like, profile, story
from data.workspace import Workspace
from tests.dashboard.test_pages import opened, words_of

MEMBER = "M0000001"
TOLD = ("purchases", "entries", "tier_changes", "activities", "contacts")


def page_of(folder: Path, monkeypatch: pytest.MonkeyPatch, **query: str) -> AppTest:
    page = next(one for one in PAGES if one.url_path == "member")
    return opened(page, folder, monkeypatch, **query)


def test_a_story_holds_every_fact_of_the_member_once_newest_first(demo: Path) -> None:
    snapshot = Workspace.open(demo).latest()
    rows = sum(
        int(snapshot.query(f"SELECT count(*) FROM {name} WHERE member_id = $who", {"who": MEMBER}).iloc[0, 0])
        for name in TOLD
    )
    steps = "count(offered_at) + count(claimed_at) + count(redeemed_at)"
    coupons = snapshot.query(f"SELECT {steps} FROM coupons WHERE member_id = $who", {"who": MEMBER})
    first, total = story(snapshot, MEMBER, FAR_AHEAD, most=7)
    assert total == rows + coupons.iloc[0, 0] > 7
    rest, _ = story(snapshot, MEMBER, FAR_AHEAD, most=total, skipped=7)
    at = [*first["happened_at"], *rest["happened_at"]]
    assert len(at) == total and at == sorted(at, reverse=True)


def test_members_are_found_by_a_part_of_their_number(demo: Path) -> None:
    snapshot = Workspace.open(demo).latest()
    everybody = sorted(snapshot.query("SELECT DISTINCT member_id FROM members")["member_id"])
    assert members_like(snapshot, "m00000", most=5) == [one for one in everybody if one[:6] == "M00000"][:5]
    assert members_like(snapshot, "nobody") == []
    holding = [one for one in everybody if "12" in one]
    assert len(holding) > 3 and members_like(snapshot, "12", most=len(holding) + 1) == holding


def test_the_page_tells_the_member_and_masks_what_is_personal(
    demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Path(shutil.copytree(demo, tmp_path / "own"))
    workspace = Workspace.open(own)
    snapshot = workspace.latest()
    told = profile(snapshot, MEMBER, snapshot.as_of)
    page = page_of(own, monkeypatch, member=MEMBER)
    assert not page.exception and not page.error
    shown = words_of(page)
    assert MEMBER in page.header[0].value and " events" in shown
    assert "•••" in shown and told["birthday"] not in shown
    page.button(key="reveal").click().run()
    assert "•••" in words_of(page) and "name" in page.warning[0].value
    page.text_input(key="reveal:who").set_value("Ann")
    page.button(key="reveal").click().run()
    shown = words_of(page)
    assert "•••" not in shown and told["birthday"] in shown
    assert [(row.who, row.subject) for row in trail(workspace.registry, REVEAL, 9)] == [("Ann", MEMBER)]
    page.button(key="mask").click().run()
    assert "•••" in words_of(page) and told["birthday"] not in words_of(page)


def test_of_who_has_left_the_page_says_when_and_why(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = Workspace.open(demo).latest().query("SELECT * FROM members WHERE left_reason <> ''").iloc[0]
    page = page_of(demo, monkeypatch, member=left["member_id"], lang="zh")
    titles = [one.value for one in page.subheader]
    day = left["left_on"]
    assert f"会员资料：已于 {day.year}年{day.month}月{day.day}日退会" in titles and not page.exception
    with speaking("zh"):
        why = left_for(left["left_reason"])
    assert why in words_of(page) and left["left_reason"] not in words_of(page)


def test_who_never_bought_is_not_called_still_a_customer(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    never = Workspace.open(demo).latest().query(
        "SELECT member_id FROM members WHERE left_on IS NULL AND member_id NOT IN "
        "(SELECT member_id FROM purchases WHERE member_id IS NOT NULL)"
    )  # fmt: skip
    page = page_of(demo, monkeypatch, member=never["member_id"].iloc[0])
    titles = " ".join(one.value for one in page.subheader)
    assert "What members without a purchase come to buy" in titles
    assert "still a customer" not in titles and "Next purchase" not in titles


def test_the_next_purchase_is_told_of_who_is_likely_to_make_one(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    latest = """SELECT member_id FROM purchases JOIN members USING (member_id)
        WHERE kind = 'sale' AND left_on IS NULL GROUP BY member_id HAVING count(*) > 20
        ORDER BY max(occurred_at) {}, member_id LIMIT 1"""
    lately, long_ago = (
        Workspace.open(demo).latest().query(latest.format(way)).iloc[0, 0] for way in ("DESC", "ASC")
    )
    page = page_of(demo, monkeypatch, member=lately)
    title = next(one.value for one in page.subheader if one.value.startswith("Next purchase expected"))
    day = datetime.strptime(
        title.partition(";")[0].removeprefix("Next purchase expected around "), "%d %b %Y"
    )
    assert datetime(2026, 11, 1) <= day <= datetime(2026, 12, 31)
    told = next(one.value for one in page.caption if "in 8 of 10 cases from" in one.value)
    assert "as of 31 Oct 2026" in told
    page = page_of(demo, monkeypatch, member=long_ago)
    (spending,) = [one.value["Spending"] for one in page.dataframe if "Spending" in one.value]
    assert all(re.fullmatch(r"CN¥[\d,]+", one) for one in spending)  # no cents of what is hardly expected
    gone = " ".join(one.value for one in page.subheader)
    assert "No next purchase is expected: still a customer with a probability of" in gone


def test_contacts_are_those_of_the_member(demo: Path) -> None:
    snapshot = Workspace.open(demo).latest()
    chosen = snapshot.query(
        "SELECT member_id, count(*) AS n FROM contacts GROUP BY 1 ORDER BY 2 DESC LIMIT 1"
    )
    who, times = chosen.iloc[0]
    assert len(contacts(snapshot, who, FAR_AHEAD)) == times


def test_whoever_asks_for_a_stranger_is_told_so(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = page_of(demo, monkeypatch, member="nobody")
    assert not page.exception and "No member has “nobody” in their number." in page.info[0].value
    for odd in ("![a](http://b/c.png)", "<script>alert(1)</script>", "=1+1", "会员", "😀" * 200):
        page = page_of(demo, monkeypatch, member=odd)
        assert not page.exception and [one.value for one in page.info] == [
            figures.unmarked(f"No member has “{odd}” in their number.")
        ]
    page = page_of(demo, monkeypatch, member="M000000")
    assert not page.exception and f"member?member={MEMBER}" in words_of(page)


def test_without_a_number_the_page_begins_with_who_bought_last(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = Workspace.open(demo).latest()
    bought = snapshot.query("SELECT member_id, occurred_at, kind FROM purchases WHERE member_id IS NOT NULL")
    last = (
        bought[bought["kind"] == "sale"]
        .groupby("member_id")["occurred_at"]
        .max()
        .sort_values(ascending=False)
    )
    page = page_of(demo, monkeypatch)
    assert not page.exception and page.subheader[0].value == "Who bought last"
    (table,) = [one.value for one in page.dataframe]
    assert [one.split("member=")[1].split("&")[0] for one in table["Member"]] == last.index[:20].tolist()


def test_the_card_at_a_glance_tells_tier_points_and_what_comes_next(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = Workspace.open(demo).latest()
    sql = "SELECT sum(amount) FROM entries WHERE member_id = $who AND account = 'points'"
    balance = int(snapshot.query(sql, {"who": MEMBER}).iloc[0, 0])
    page = page_of(demo, monkeypatch, member=MEMBER)
    told = {metric.label: metric.value for metric in page.metric}
    assert told["Points balance"] == f"{balance:,}"
    assert list(told)[:4] == ["Lifecycle", "Tier", "Points balance", "Spent in 12 months"]
    (tier,) = snapshot.query(
        "SELECT to_tier FROM tier_changes WHERE member_id = $who ORDER BY occurred_at DESC LIMIT 1",
        {"who": MEMBER},
    )["to_tier"]
    assert told["Tier"].lower().startswith(tier)
    assert "review" in words_of(page) and "expire" in words_of(page)


def test_a_story_is_told_in_the_words_of_the_programme(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was paid by card names principal and bonus, shops and channels have their labels."""
    paid = (
        Workspace.open(demo)
        .latest()
        .query(
            """SELECT member_id, max(occurred_at) AS last FROM entries
        WHERE account = 'stored_value_bonus' AND kind = 'redeem' GROUP BY 1 ORDER BY last DESC, 1 LIMIT 1"""
        )
    )
    with speaking("zh"):  # AppTest writes the choices of widgets outside of the page
        page = page_of(demo, monkeypatch, member=paid["member_id"][0], lang="zh")
    (told,) = [one.value for one in page.dataframe if "详情" in one.value]
    details = " ".join(told["详情"])
    assert "本金" in details and "赠金" in details and "店" in details
    for raw in ("stored_value", "store", "wechat", "app", "web", "West", "North", "East", "South"):
        assert raw not in details
    assert "-" not in " ".join(told["金额"])


def days_of(page: AppTest) -> dict[str, str]:
    """The days that are chosen, by name in the address."""
    return {one.key: str(one.value) for one in page.date_input if one.key in ("as_of", "from", "to")}


def test_the_page_asks_for_a_day_and_for_nothing_that_has_no_say_in_one_member(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = page_of(demo, monkeypatch, member=MEMBER, region="North", as_of="2026-06-30")
    assert not page.exception
    others = {"period", "against", "region", "channel", "store", "tier", "in_segment", "chip:region:North"}
    assert not others & {one.key for one in [*page.selectbox, *page.multiselect, *page.button]}
    assert days_of(page) == {"as_of": "2026-06-30"}
    assert page.query_params["region"] == "North"  # for the pages that it has a say in
    custom = page_of(demo, monkeypatch, member=MEMBER, period="custom", to="2026-05-31")
    assert days_of(custom) == {"to": "2026-05-31"}
    never = page_of(demo, monkeypatch, member=MEMBER, as_of="soon")
    assert [one.label for one in never.button if one.key == "chip:as_of:soon"] == [r"Not here\: As of\: soon"]
