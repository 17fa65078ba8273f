from app.core.errors import NotFound


class ScheduleNotFound(NotFound):
    """This store has no such schedule."""

    code = "schedule_not_found"
