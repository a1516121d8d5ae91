"""The one error that a person can mend."""

from __future__ import annotations


class InputError(ValueError):
    """Bad input: one line that says what is wrong, where, and how to mend it."""
