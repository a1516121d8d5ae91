"""Segments: members who are alike, by what they do, by a model, or by rules of one's own."""
