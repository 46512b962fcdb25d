"""`weirflow connections`: which databases, stores and mail servers a workflow reaches, and whether they answer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.cli import arguments, exit_codes

if TYPE_CHECKING:
    from engine.connections.connection import Connection
    from engine.connections.trial import Trial


@click.group("connections")
def command() -> None:
    """List the databases, stores and mail accounts of a workflow, or test whether they answer."""


@command.command("list")
@arguments.workflow_file
@arguments.format_option("text", "json")
def list_command(file: Path, output_format: str) -> int:
    """List the databases, stores and mail accounts a workflow names, and where credentials are looked for.

    Nothing is opened, and no secret is read.
    """
    from engine.cli.console import print_json, printable

    found = _of_file(file, output_format)
    if found is None:
        return exit_codes.BAD_FILE_OR_USAGE
    if output_format == "json":
        print_json([{"names": list(each.names), "plugin": each.plugin, "credentials_ref": each.looked_up,
                     "place": each.place, "uses": list(each.uses)} for each in found])  # fmt: skip
        return exit_codes.DONE
    for each in found:
        click.echo(printable(_head(each)))
        click.echo(printable(f"  {'; '.join(dict.fromkeys(each.uses))}"))
    if not found:
        click.echo("this workflow reaches no database, no store and no mail server", err=True)
    return exit_codes.DONE


@command.command("test")
@click.argument("target")
@click.argument("names", nargs=-1)
@click.option("--plugin", help="The kind of connection of a reference: postgres, mysql, email …")
@click.option("--credentials-ref", "reference", help="The credentials of a location, such as env:S3.")
@arguments.format_option("text", "json")
def test_command(
    target: str, names: tuple[str, ...], plugin: str | None, reference: str | None, output_format: str
) -> int:
    """Open connections and say what answers, as whom, and what it lets do.

    TARGET is a workflow, all of whose connections are tested or only those that NAMES use; or a reference to a
    credential with --plugin; or a location such as s3://bucket. Nothing is written, and no rows are read.
    Exit codes: 0 all of them work, 1 one does not, 2 bad file or usage.

    \b
    Examples:
      weirflow connections test report.yaml
      weirflow connections test report.yaml orders
      weirflow connections test env:PG_URL --plugin postgres
      weirflow connections test email
      weirflow connections test s3://reports --credentials-ref env:S3
    """
    from connectors.policy import Policy
    from engine.cli.console import print_json
    from engine.connections.trial import tried

    chosen = _chosen(target, names, plugin, reference, output_format)
    if chosen is None:
        return exit_codes.BAD_FILE_OR_USAGE
    connections, base = chosen
    trials = []
    for each in connections:
        trials.append(tried(each, base=base, policy=Policy.open()))
        if output_format == "text":
            _print_trial(trials[-1])
    if output_format == "json":
        print_json([each.as_json() for each in trials])
    elif not trials:
        click.echo("this workflow reaches no database, no store and no mail server", err=True)
    return exit_codes.DONE if all(each.problem is None for each in trials) else exit_codes.FAILED


def _chosen(target: str, names: tuple[str, ...], plugin: str | None, reference: str | None, output_format: str,
            ) -> tuple[Sequence[Connection], Path] | None:  # fmt: skip
    from engine.connections.connection import DATABASES, MAIL, Connection
    from ir.diagnostics import did_you_mean
    from ir.secrets import reference_problem

    if "://" in target and plugin is None:
        plugin = target.partition("://")[0]
        if plugin.partition("+")[0] in {*DATABASES, "postgresql", "mariadb", "smtp", "smtps"}:
            raise click.UsageError("this is a credential: put it into the environment, and give env:NAME --plugin …")
        return [
            Connection(names=(target,), kind="storage", plugin=plugin, reference=reference, path=target)
        ], Path.cwd()
    if plugin is None and target in {*DATABASES, *MAIL}:
        plugin = target
    if plugin is not None:
        if plugin not in {*DATABASES, *MAIL}:
            kinds = ", ".join((*DATABASES, *MAIL))
            raise click.UsageError(f'"{plugin}" is not one of {kinds}; a store is given as s3://bucket')
        if names:
            raise click.UsageError("names are those of a workflow's sources and deliveries")
        if plugin == "sqlite" and Path(target).is_file():
            return [Connection(names=(target,), kind="database", plugin=plugin, path=target)], Path.cwd()
        problem = reference_problem(target)
        if problem is not None:
            raise click.UsageError(problem)
        if plugin in MAIL:
            reference = None if target == plugin else target
            return [Connection(names=(target,), kind="mail", plugin=plugin, reference=reference)], Path.cwd()
        return [Connection(names=(target,), kind="database", plugin=plugin, reference=target)], Path.cwd()
    if not Path(target).exists() and reference_problem(target) is None and Path(target).suffix not in {".yaml", ".yml"}:
        raise click.UsageError(f"there is no file {target}; a credential is tested with --plugin postgres, or another "
                               f"of {', '.join(DATABASES)}")  # fmt: skip
    found = _of_file(Path(target), output_format)
    if found is None:
        return None
    known = [name for each in found for name in each.names]
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known) or f"its connections are of {', '.join(known) or 'nothing'}"
            raise click.UsageError(f'no connection is used by "{name}"; {hint}')
    return [each for each in found if not names or set(names) & set(each.names)], Path(target).absolute().parent


def _of_file(file: Path, output_format: str) -> list[Connection] | None:
    """The connections of a workflow; None after its errors were printed."""
    from engine.cli.findings import print_failure
    from engine.connections.connection import connections_of
    from ir.diagnostics import Problems, WorkflowError
    from ir.loading import load
    from ir.workflow import read_document

    try:
        document = load(file)
        problems = Problems(document)
        _, workflow = read_document(document, problems)
        problems.raise_errors()
    except WorkflowError as error:
        print_failure(error.diagnostics, output_format=output_format, outcome="no connection was looked at")
        return None
    assert workflow is not None
    return connections_of(workflow)


def _head(connection: Connection, place: str = "") -> str:
    place = place or connection.place
    where = f" {place}" if place else ""
    credentials = f", credentials {connection.looked_up}" if connection.looked_up else ""
    return f"{', '.join(connection.names)}: {connection.plugin}{where}{credentials}"


def _print_trial(trial: Trial) -> None:
    from engine.cli.console import printable

    click.echo(printable(_head(trial.connection, trial.place)))
    for each in trial.warnings:
        click.echo(printable(f"  warning[{each.code}]: {each.message}"), err=True)
    if trial.problem is not None:
        lines = [f"does not work [{trial.problem.code}]: {trial.problem.message}", *trial.problem.notes]
        lines += [f"help: {trial.problem.hint}"] if trial.problem.hint else []
    else:
        assert trial.server is not None
        server = trial.server
        product = f"{server.product} {server.version}".strip()
        lines = [f"works: {product}{f' as {server.user}' if server.user else ''}, in {trial.seconds:.2f} s"]
        if server.abilities:
            may = ", ".join(f"{word} {'yes' if is_allowed else 'no'}" for word, is_allowed in server.abilities.items())
            lines.append(f"may: {may}")
    for line in lines:
        click.echo(printable(f"  {line}"))
