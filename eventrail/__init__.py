"""Eventrail: which messages are not acknowledged, since when, and who holds them."""
