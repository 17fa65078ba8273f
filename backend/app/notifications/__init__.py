"""Messages to people: queued with the event that causes them, sent once, followed until they arrive."""
