"""The pages, declared once: the navigation and `loyalty dashboard --list-pages` both read them."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.i18n import N_


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page; `view` is its file under views/, texts are English and translated when shown."""

    url_path: str
    view: str
    title: str
    section: str
    icon: str
    about: str


PAGES = (
    Page(
        url_path="overview",
        view="overview.py",
        title=N_("Overview"),
        section=N_("Watch"),
        icon=":material/monitoring:",
        about=N_("What moved, whether it is on target, and how the programme has developed."),
    ),
    Page(
        url_path="members",
        view="members.py",
        title=N_("Members"),
        section=N_("Watch"),
        icon=":material/groups:",
        about=N_("How many members there are in each state, how they move, and who stays."),
    ),
    Page(
        url_path="value",
        view="value.py",
        title=N_("Member value"),
        section=N_("Watch"),
        icon=":material/payments:",
        about=N_("What members bring, whether they come back, and what they are expected to buy."),
    ),
    Page(
        url_path="points",
        view="points.py",
        title=N_("Points"),
        section=N_("Watch"),
        icon=":material/savings:",
        about=N_("What was issued, redeemed and expired, what is outstanding, and what it will cost."),
    ),
    Page(
        url_path="tiers",
        view="tiers.py",
        title=N_("Tiers"),
        section=N_("Watch"),
        icon=":material/stairs_2:",
        about=N_("How members are spread over the tiers, how they move, and what each tier brings."),
    ),
    Page(
        url_path="campaigns",
        view="campaigns.py",
        title=N_("Campaigns"),
        section=N_("Watch"),
        icon=":material/campaign:",
        about=N_("Whom campaigns reached, what they added, what they cost, and when they run."),
    ),
    Page(
        url_path="engagement",
        view="engagement.py",
        title=N_("Engagement"),
        section=N_("Watch"),
        icon=":material/volunteer_activism:",
        about=N_("Who takes part and who is content, whose birthday comes, and why others left."),
    ),
    Page(
        url_path="segments",
        view="segments.py",
        title=N_("Segments"),
        section=N_("Watch"),
        icon=":material/category:",
        about=N_("Members who are alike: how many, what they do, how that changes, and rules of your own."),
    ),
    Page(
        url_path="actions",
        view="actions.py",
        title=N_("Actions"),
        section=N_("Watch"),
        icon=":material/bolt:",
        about=N_("Whom to turn to next, why, with what offer, and what it may bring."),
    ),
    Page(
        url_path="member",
        view="member.py",
        title=N_("Member profile"),
        section=N_("Watch"),
        icon=":material/person_search:",
        about=N_("One member: tier, points, history, contacts, and what is to be expected."),
    ),
    Page(
        url_path="sandbox",
        view="sandbox.py",
        title=N_("Sandbox"),
        section=N_("Try out"),
        icon=":material/science:",
        about=N_("Change the rules and see what would happen, beside the programme as it stands."),
    ),
    Page(
        url_path="data",
        view="data.py",
        title=N_("Data"),
        section=N_("Data"),
        icon=":material/fact_check:",
        about=N_("What came in, how good it is, whether the ledger adds up, and who plays the programme."),
    ),
    Page(
        url_path="import",
        view="import_data.py",
        title=N_("Import"),
        section=N_("Data"),
        icon=":material/upload_file:",
        about=N_("Bring in your own files: preview, dry run, import, and what was rejected."),
    ),
    Page(
        url_path="definitions",
        view="definitions.py",
        title=N_("Definitions"),
        section=N_("Data"),
        icon=":material/menu_book:",
        about=N_("Every number with its meaning and its formula."),
    ),
)
