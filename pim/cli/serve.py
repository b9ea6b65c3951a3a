"""`pim serve` and `pim worker`."""

from __future__ import annotations

import click

from pim.cli.context import Cli, pass_cli


def register(group: click.Group) -> None:
    """Add the commands of this noun."""
    group.add_command(serve)
    group.add_command(worker)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.option("--with-worker", is_flag=True, help="Carry out runs in a process beside.")
@pass_cli
def serve(cli: Cli, host: str, port: int, with_worker: bool) -> None:
    """Serve the pages."""
    from pim.web.server import serve as serve_pages  # Flask is not loaded for other commands

    serve_pages(cli.settings, host=host, port=port, with_worker=with_worker)


@click.command()
@click.option("--processes", default=1, show_default=True, type=click.IntRange(1))
@pass_cli
def worker(cli: Cli, processes: int) -> None:
    """Carry out queued runs until told to stop."""
    from pim.jobs.worker import run_worker

    with cli.engine(keep=True) as engine:
        url = engine.url.render_as_string(hide_password=False)
        run_worker(cli.settings, url, processes=processes)
