"""The command-line door: `rozana COMMAND`. Each command lives in a module of its own."""

import typer

from app.cli.seed import seed

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.command("seed")(seed)


@app.callback()
def rozana() -> None:
    """Orders, payments and recurring deliveries for shops."""


def main() -> None:
    app()


if __name__ == "__main__":
    main()
