"""What every route needs: the store and the threads that deliver."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from sandbox.store import Db, Store
from sandbox.webhooks.delivery import Deliveries


@dataclass(frozen=True)
class Box:
    store: Store
    deliveries: Deliveries

    @contextmanager
    def transaction(self) -> Iterator[Db]:
        """A store transaction after which the delivering threads look for new work."""
        with self.store.transaction() as db:
            yield db
        self.deliveries.wake()


def box_of(request: Request) -> Box:
    box: Box = request.app.state.box
    return box


TheBox = Annotated[Box, Depends(box_of)]
