"""A task's name belongs to one function."""

from typing import Any

from celery import Celery


class TaskNamedTwice(RuntimeError):
    """Two functions want to be the task of one name. Celery would keep one of them and only warn."""


class StrictCelery(Celery):  # type: ignore[misc]  # Celery is untyped
    """Refuses to boot with a name registered twice; the same function may come again, as when a module is loaded twice."""

    def _task_from_fun(self, fun: Any, name: str | None = None, **options: Any) -> Any:
        name = name or self.gen_task_name(fun.__name__, fun.__module__)
        known = self._tasks.get(name)
        if known is not None and getattr(known, "_decorated_fun", None) is not fun:
            raise TaskNamedTwice(f"{name}: {fun.__module__}.{fun.__qualname__} comes second")
        return super()._task_from_fun(fun, name=name, **options)

    def register_task(self, task: Any, **options: Any) -> Any:
        known = self.tasks.get(task.name)
        if known is not None and known is not task:
            raise TaskNamedTwice(f"{task.name}: {type(task).__module__}.{type(task).__qualname__} comes second")
        return super().register_task(task, **options)
