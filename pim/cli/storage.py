"""`pim storage`: the storage that several machines share."""

from __future__ import annotations

import sys
from dataclasses import asdict

import click

from pim.cli.context import Cli, pass_cli
from pim.errors import Refused
from pim.storage import Bucket, bucket_of


def register(group: click.Group) -> None:
    """Add the commands of this noun."""
    group.add_command(storage)


@click.group()
def storage() -> None:
    """Look after the storage that several machines share (PIM_STORAGE_URL)."""


@storage.command()
@pass_cli
def check(cli: Cli) -> None:
    """Try out everything that Polka asks of the storage, conditional writes above all."""
    from pim.storage.check import check as try_out

    tried = list(try_out(_bucket(cli)))

    def show() -> None:
        for each in tried:
            cli.out.print(f"{'no ' if each.problem else 'yes'}  {each.what}", markup=False)
            if each.problem:
                cli.out.print(f"     {each.problem}", markup=False)

    cli.answer([asdict(each) for each in tried], show)
    sys.exit(1 if any(each.problem for each in tried) else 0)


@storage.command()
@pass_cli
def push(cli: Cli) -> None:
    """Send the media and feeds of this machine, once, when it is to share them from now on."""
    from channels.feeds.service import list_feeds
    from channels.publication.lock import alone
    from channels.publication.review import folder_of
    from channels.publication.sharing import SharedFolder
    from pim.assets.storage import Storage

    _bucket(cli)
    sent = {}
    with cli.work() as work:
        for feed in list_feeds(work.session):
            folder = folder_of(cli.settings, feed)
            if isinstance(folder, SharedFolder):
                with alone(work.session.get_bind().engine, feed):
                    sent[feed.code] = folder.adopt()
    media = Storage.from_settings(cli.settings).send(cli.settings.storage)
    publications = sum(map(len, sent.values()))
    line = f"{media} media files and {publications} publications of {len(sent)} feeds were sent."
    cli.answer({"media": media, "publications": sent}, lambda: cli.out.print(line, markup=False))


def _bucket(cli: Cli) -> Bucket:
    bucket = bucket_of(cli.settings)
    if bucket is None:
        raise Refused("PIM_STORAGE_URL names no storage: set it to s3://bucket/prefix.")
    return bucket
