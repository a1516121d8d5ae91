"""Tiers: what members did that counts, when they are looked at, what becomes of them, and why."""
