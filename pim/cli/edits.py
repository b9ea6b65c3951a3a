"""How commands tell what an edit came to."""

from __future__ import annotations

from pim.cli.context import Cli, counts_line
from pim.editing.result import BulkResult

COUNTS = ("selected", "reached", "written", "changed", "unchanged", "invalid", "left_out")
#: Names that are listed one by one.
NAMED = 50


def show_result(cli: Cli, result: BulkResult) -> None:
    """Print counts, then what was not done and why, then how to undo the rest."""
    shown = COUNTS if result.left_out else COUNTS[:-1]
    cli.out.print(counts_line(vars(result), *shown))
    for told, names in (("Nothing is called", result.unknown), ("Twice:", result.duplicates)):
        if names:
            more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
            cli.out.print(f"{told} {', '.join(names[:NAMED])}{more}", markup=False)
    if result.lost:
        told = ", ".join(f"{name} ({count:,})" for name, count in sorted(result.lost.items()))
        cli.out.print(f"Kept, and no longer shown: {told}", markup=False)
    for v in result.violations:
        cli.out.print(f"  {v['identifier'] or ''} {v['message']} {v['mend']}", markup=False)
    if result.change_set:
        cli.out.print(f"Change set {result.change_set} (pim undo {result.change_set}).")
