"""``memory list`` and ``memory erase``: what contacts were sent, as it is remembered."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from importer.cli import options
from importer.cli.asking import confirm
from importer.cli.refusing import errors_as_json
from importer.cli.screen import may_ask, say
from importer.cli.terminal import plain
from importer.language import number, tr, trn

if TYPE_CHECKING:
    from importer.runs.memories import Erased, RememberedContacts


@click.group("memory")
def memory_group() -> None:
    """What contacts were last sent, as --only-changes remembers it."""


@memory_group.command("list")
@options.as_json
@options.quiet
@errors_as_json
def memory_list(as_json: bool, quiet: bool) -> int:
    """List what is remembered: for which mapping and account, of how many contacts, until when.

    Of each contact only hashes are kept, which tell whether a row, or a consent, is as it was last
    sent. Nobody can read them, not even importer; they are personal data all the same. Who is in no
    file for keep_changes of importer.yaml (400 days) is forgotten.

    \b
    Examples:
      importer memory list
      importer memory list --json

    \b
    With --json, one object:
      memories: target, host, project, mapping, table, contacts, oldest, newest, expires, size,
        readable (false: the secret of the state folder is another one now)
    """
    from importer.runs.memories import memories

    found = memories()
    if as_json:
        import orjson

        content = {"memories": [asdict(one) for one in found]}
        click.echo(orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z))
        return 0
    for one in found:
        if one.readable and quiet:
            continue
        click.echo(plain(_line(one)))
    if not (found or quiet):
        say(tr("Nothing is remembered."))
    return 0


def _line(one: RememberedContacts) -> str:
    place = tr(
        "{mapping} -> {target} at {host}, project {project}",
        mapping=one.mapping,
        target=one.target,
        host=one.host,
        project=one.project,
    )
    if one.table:
        place = tr("{place}, table {table}", place=place, table=one.table)
    told = trn("{count} contact", "{count} contacts", one.contacts)
    if one.oldest is not None and one.newest is not None and one.expires is not None:
        told = tr(
            "{contacts}, last seen from {oldest} to {newest}; the first are forgotten on {expires}",
            contacts=told,
            oldest=f"{one.oldest:%Y-%m-%d}",
            newest=f"{one.newest:%Y-%m-%d}",
            expires=f"{one.expires:%Y-%m-%d}",
        )
    told = tr("{told}; {size} bytes", told=told, size=number(one.size))
    if not one.readable:
        told = tr("{told}; of no use any more: its secret is lost", told=told)
    return tr("{place}: {sentence}", place=place, sentence=told)


@memory_group.command("erase")
@click.option(
    "--key", metavar="ADDRESS", help="One contact, in all memories; as results.csv has it."
)
@click.option("--mapping", metavar="NAME", help="All that is remembered for a mapping.")
@click.option("--all", "everything", is_flag=True, help="All that is remembered.")
@click.option("-y", "--yes", is_flag=True, help="Erase without asking.")
@options.as_json
@options.quiet
@errors_as_json
def memory_erase(
    key: str | None, mapping: str | None, everything: bool, yes: bool, as_json: bool, quiet: bool
) -> int:
    """Erase what is remembered of one contact, for one mapping, or all.

    Who is erased counts as new: in the next file the whole row goes, with its yeses. Run folders
    keep what they hold of a contact until they are purged.

    \b
    Examples:
      importer memory erase --key ann@example.com
      importer memory erase --key '{"key_code": "7", "key_year": "2026"}' --yes
      importer memory erase --mapping newsletter

    \b
    With --json, which needs --yes, one object:
      memories (how many had the contact, or were erased), contacts, unreadable (memories that were
      erased as wholes, since their secret is lost)
    """
    from importer.runs.memories import erase

    if sum((key is not None, mapping is not None, everything)) != 1:
        raise click.UsageError(tr("say what to erase: one of --key, --mapping and --all."))
    ask = confirm if may_ask() and not as_json else None
    done = erase(key=key, mapping=mapping, everything=everything, yes=yes, ask=ask)
    if as_json:
        import orjson

        click.echo(orjson.dumps(asdict(done), option=orjson.OPT_INDENT_2))
        return 0
    if not quiet:
        for sentence in _said(done, of_key=key is not None):
            say(sentence)
    return 0


def _said(done: Erased, *, of_key: bool) -> list[str]:
    if of_key and not done.memories:
        told = [tr("The contact is in no memory.")]
    elif of_key:
        told = [
            trn(
                "The contact was erased from {count} memory.",
                "The contact was erased from {count} memories.",
                done.memories,
            )
        ]
    elif not done.memories:
        told = [tr("Nothing of the kind is remembered.")]
    else:
        told = [
            trn(
                "{count} contact is forgotten.",
                "{count} contacts are forgotten.",
                done.contacts,
            )
        ]
    if done.unreadable:
        told.append(
            trn(
                "{count} memory was erased as a whole: its secret is lost, so nobody can tell who "
                "is in it.",
                "{count} memories were erased as wholes: their secret is lost, so nobody can tell "
                "who is in them.",
                done.unreadable,
            )
        )
    return told
