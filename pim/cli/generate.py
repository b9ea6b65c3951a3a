"""`pim generate`: a made-up catalogue of any size, for trials and benchmarks."""

from __future__ import annotations

from pathlib import Path

import click

from pim.cli.context import Cli, counts_line, pass_cli
from pim.generate import build


def register(group: click.Group) -> None:
    """Add the command."""
    group.add_command(generate)


@click.command()
@click.option("--products", type=click.IntRange(min=1), required=True, help="How many SKUs.")
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same bytes.")
@click.option("--feeds", default=41, show_default=True, help="How many documents of feeds.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True)
@pass_cli
def generate(cli: Cli, products: int, seed: int, feeds: int, out: Path) -> None:
    """Write a made-up footwear catalogue as flat files, and feeds; nothing is imported."""
    counts = build.write(out, products=products, seed=seed, feed_count=feeds)
    answer = {"out": str(out), "seed": seed, **counts}
    line = counts_line(counts, "products", "product_models", "categories", "feeds")
    cli.answer(answer, lambda: cli.out.print(f"{out}: {line}", markup=False))
