"""`rozana doctor`: everything that is missing or dangerous, at once, with what to do about it."""
