"""The run that the Sandbox proposes."""

from __future__ import annotations

MOST_MEMBERS = 50_000  # simulated in under a minute; more on request
USUAL = {"months": 12, "replications": 10, "seed": 1}
