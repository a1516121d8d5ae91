"""Sandbox."""

from dashboard import frame
from dashboard.i18n import _

frame.heading(_("Sandbox"))
