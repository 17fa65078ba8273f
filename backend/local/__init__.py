"""Rozana on one machine with nothing installed: embedded servers, their supervisor, and the story that proves it.

Imports neither `app` nor `sandbox`: it starts them as processes and speaks to them over HTTP, as a newcomer would.
"""
