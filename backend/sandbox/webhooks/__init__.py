"""Webhooks and status callbacks: generated as rows, signed and delivered by background threads."""
