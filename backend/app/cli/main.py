"""The command-line door: `rozana COMMAND`. Each command lives in a module of its own."""

import typer

from app.cli.billing import billing
from app.cli.check import check
from app.cli.doctor.command import doctor
from app.cli.env_example import env_example
from app.cli.payments import payments
from app.cli.queues import queues
from app.cli.schedules import schedules
from app.cli.schema import schema
from app.cli.seed import seed
from app.cli.stores import stores

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.command("seed")(seed)
app.command("doctor")(doctor)
app.command("check")(check)
app.command("queues")(queues)
app.command("stores")(stores)
app.add_typer(schedules, name="schedules")
app.add_typer(payments, name="payments")
app.add_typer(billing, name="billing")
app.command("env-example")(env_example)
app.command("schema")(schema)


@app.callback()
def rozana() -> None:
    """Orders, payments and recurring deliveries for shops."""


def main() -> None:
    app()


if __name__ == "__main__":
    main()
