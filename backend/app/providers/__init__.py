"""Everybody we talk to over a network. Their words (ids, errors, dictionaries) end in this package."""
