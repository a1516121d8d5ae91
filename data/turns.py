"""Whose turn it is: counts that make arrays as long as what happened is much come one after the other.

Many readers who ask at once would otherwise have a server hold such arrays for each of them.
"""

from threading import RLock

TURN = RLock()
