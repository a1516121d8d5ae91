"""Overview: what moved, whether it is on target, and how the programme has developed."""

from __future__ import annotations

from dashboard import frame, live
from dashboard.i18n import _

shown = live.now()
frame.heading(_("Overview"), shown)
if shown is None:
    frame.empty()
