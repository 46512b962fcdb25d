"""The entry point of `weirflow`: commands by name, and an exit code without a traceback whatever happens."""

from __future__ import annotations

import gc
import os
import sys

import click

from engine.cli import exit_codes
from engine.cli.lazy_group import LazyGroup, ReaderGone
from ir.redaction import redact, seal

COMMANDS = {
    "init": ("engine.cli.init", "Write a starter workflow with sample data that runs at once."),
    "validate": ("engine.cli.validate", "Check workflow files; nothing is opened but local files."),
    "plan": ("engine.cli.plan", "Show what a workflow will do, without doing it."),
    "run": ("engine.cli.run", "Run a workflow and deliver its files."),
    "test": ("engine.cli.test", "Run the tests of workflows, touching nothing outside."),
    "resume": ("engine.cli.resume", "Go on with a run that was killed, was cancelled or has failed."),
    "runs": ("engine.cli.runs", "List the runs, show one, stop one, or remove old ones."),
    "letters": ("engine.cli.letters", "Show the rows that a run rejected, or write them as a workbook."),
    "replay": ("engine.cli.replay", "Take rejected rows through their workflow once more."),
    "verify": ("engine.cli.verify", "Make the files of a run again and compare them."),
    "migrate": ("engine.cli.migrate", "Write a workflow of an older dialect in the words of 3.1."),
    "bench": ("engine.cli.bench", "Measure a workflow on each engine over made data of any size."),
    "schema": ("engine.cli.schema", "Print the JSON Schema of workflow files; pin: write down the types of sources."),
    "connections": (
        "engine.cli.connections",
        "List a workflow's databases, stores and mail accounts, or test them.",
    ),
    "serve": ("engine.cli.serve", "Run workflows on schedules, webhooks, events and demand."),
    "schedule": ("engine.cli.schedule", "Show when a workflow runs by itself."),
    "workflows": ("engine.cli.workflows", "List the workflows of a service, or switch one off or on."),
    "webhooks": ("engine.cli.webhooks", "List the URLs that events are sent to, or give a workflow a new one."),
    "worker": ("engine.cli.worker", "Carry out runs that a service was asked for."),
    "keys": ("engine.cli.keys", "Create, list and revoke the keys of the service."),
    "mcp": ("engine.cli.mcp", "Serve workflows to agents by the Model Context Protocol."),
    "plugins": ("engine.cli.plugins", "Show what a plugin can do; check or draft a manifest."),
    "list": ("engine.cli.listing", "List operators, functions, transforms, formats or plugins."),
}


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if not wanted or ctx.resilient_parsing:
        return
    # importlib.metadata costs 20 ms, and only --version needs it.
    from importlib.metadata import version

    python = ".".join(str(part) for part in sys.version_info[:3])
    click.echo(
        f"weirflow {version('weirflow')} (polars {version('polars')}, duckdb {version('duckdb')}, Python {python})"
    )
    ctx.exit()


@click.group(cls=LazyGroup, lazy=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version,
              help="Show the versions of weirflow and its engines.")  # fmt: skip
def weirflow() -> None:
    """One workflow file in, a checked lazy plan, a delivered report out.

    Exit codes: 0 done, 1 a run failed, 2 bad file or usage, 3 finished with dead letters or failed checks.
    """


def main() -> None:
    """Run the command line and leave with its exit code."""
    # A shell's `>&-` leaves no stream at all; what would go there goes nowhere.
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    # Imports make much and throw nothing away; to look for garbage among it is a tenth of the start.
    gc.set_threshold(50_000)
    sys.exit(run_command_line(sys.argv[1:]))


def run_command_line(arguments: list[str]) -> int:
    """The exit code of `weirflow` with these arguments; faults become words on stderr."""
    try:
        code = weirflow.main(arguments, prog_name="weirflow", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("weirflow: interrupted", err=True)
        return exit_codes.INTERRUPTED
    except (BrokenPipeError, ReaderGone):
        # Python flushes stdout once more when it ends, which would complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return exit_codes.READER_GONE
    except Exception as error:
        if os.environ.get("WEIRFLOW_TRACEBACK"):
            seal(error)
            raise
        click.echo(redact(_fault(error)), err=True)
        return exit_codes.FAILED
    return code if isinstance(code, int) else exit_codes.DONE


def _fault(error: Exception) -> str:
    """Words for what no command expected: the machine's trouble by its own name, ours with a way to report it."""
    if isinstance(error, OSError) and error.strerror:
        place = f" {error.filename}:" if error.filename else ""
        return f"weirflow:{place} {error.strerror.lower()}"
    if isinstance(error, MemoryError):
        return "weirflow: out of memory; settings.memory_limit bounds what a run may take"
    from connectors.problem import ConnectorProblem

    if isinstance(error, ConnectorProblem):
        return f"error[{error.code}]: {error.message}" + (f"\n = help: {error.hint}" if error.hint else "")
    return (
        f"weirflow: an error of its own: {type(error).__name__}: {error}\n"
        "this is a bug; WEIRFLOW_TRACEBACK=1 shows where it happened"
    )
