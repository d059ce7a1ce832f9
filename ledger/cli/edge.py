"""What every command shares: its options, the way to the ledger, and what an error becomes."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand
from typer.exceptions import TyperException

from detector.errors import DetectorError
from ledger.errors import InputError, LedgerError, NoLedger, SettingsError
from ledger.files import from_os_error

if TYPE_CHECKING:
    from ledger.gateway import Gateway
    from ledger.service import Service
    from ledger.settings import Settings

YES, NO, BAD_INPUT, UNDETERMINED = 0, 1, 2, 3
CLOSED_PIPE = 141
"""Whoever reads the output has closed it, as ``| head -1`` does: 128 + SIGPIPE, as a shell says of other programs. It
is no answer; 1 would say *altered* or *no*."""
_WORST_LAST = (YES, NO, UNDETERMINED, BAD_INPUT)

Data = Annotated[
    Path | None, typer.Option("--data", metavar="DIR", help="The folder that holds everything (MEDSEAL_DATA)")
]
Server = Annotated[str | None, typer.Option("--server", metavar="URL", help="Use this API instead (MEDSEAL_SERVER)")]
Verbose = Annotated[bool, typer.Option("--verbose", help="Show logs, and the trace of an error.")]
Json = Annotated[bool, typer.Option("--json", help="JSON on standard output, one object a line.")]


def worst(codes: Iterable[int]) -> int:
    """The exit code for several answers: bad input before undetermined before no before yes; yes for none."""
    return max(codes, key=_WORST_LAST.index, default=YES)


def code_of(error: BaseException) -> int:
    """The exit code that an error stands for."""
    return BAD_INPUT if isinstance(error, InputError | SettingsError) else UNDETERMINED


def settings_for(data: Path | None, server: str | None, verbose: bool) -> Settings:
    """The settings of the environment with the command's own options over them; logs go to standard error."""
    from pydantic import ValidationError

    from ledger import logs
    from ledger.settings import Settings

    logs.configure(json_lines=False, verbose=verbose)
    given: dict[str, Any] = {"data": data, "server": server}
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        lines = (f"MEDSEAL_{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors(include_input=False))
        raise SettingsError("; ".join(lines), advice="Correct the environment variable or the option.") from error


@dataclass(frozen=True)
class Ledger:
    """An open ledger; ``service`` is the same object when it runs in this process, None behind a server."""

    gateway: Gateway
    service: Service | None


@contextmanager
def opened(settings: Settings, *, patient: bool = False, make: bool = True) -> Iterator[Ledger]:
    """The ledger behind ``settings.server``, else the one in the data folder, created on first use.

    ``patient``, for commands that read or register: a chain that does not answer is no obstacle; what needs it says so.
    ``make`` False, for commands that read: NoLedger where there is none, since an empty one would answer wrongly.
    """
    if settings.server:
        from ledger.client import Client

        key = settings.api_key.get_secret_value() if settings.api_key else None
        with Client(settings.server, key) as client:
            yield Ledger(client, None)
        return
    from ledger.service import Service

    new = not (settings.data / "deployment.json").exists()
    if new and not make:
        raise NoLedger(f"expected a ledger in {settings.data.absolute()}, found none")
    with Service.open(settings, patient=patient) as service:
        if new:
            folder = settings.data.absolute()
            typer.echo(f"note: there was no ledger in {folder}; a new one was made there (--data DIR)", err=True)
        yield Ledger(service, service)


def moment(text: str, option: str) -> datetime:
    """An ISO 8601 time, UTC where it says no zone; InputError names the option."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"expected {option} as a time such as 2026-01-31T12:00:00Z, found {text!r}") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def local_only(settings: Settings, what: str) -> None:
    """Refuse ``--server`` for what needs the data folder."""
    if settings.server:
        raise InputError(f"{what} works on the data folder, not through a server", advice="Leave --server out.")


class LedgerCommand(TyperCommand):
    """A command whose errors become a message, a line of advice and an exit code; the trace only with --verbose.

    When the reader of the output has gone it ends without a word, with :data:`CLOSED_PIPE`.
    """

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort, TyperException):
            raise
        except SystemExit as error:
            if isinstance(error.__context__, BrokenPipeError):  # rich ends the program by itself
                raise _closed_pipe() from None
            raise
        except Exception as error:  # noqa: BLE001  whatever it is, people get a message and no trace
            if isinstance(error, OSError) and error.errno == errno.EPIPE:
                raise _closed_pipe() from None
            failure = _as_ledger_error(error)
            _report(failure, ctx)
            raise typer.Exit(code_of(failure)) from None


def _closed_pipe() -> typer.Exit:
    """The end; what is still to be flushed goes nowhere, or the interpreter would complain about it."""
    with suppress(OSError), Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
    return typer.Exit(CLOSED_PIPE)


def _as_ledger_error(error: Exception) -> LedgerError:
    if isinstance(error, LedgerError):
        return error
    if isinstance(error, DetectorError):
        refused = InputError(str(error), advice=error.advice, code=error.code)
        refused.__cause__ = error
        return refused
    if isinstance(error, OSError):
        return from_os_error(error, str(error.filename or "a file operation failed"))
    failure = LedgerError(f"{type(error).__name__}: {error}", code="internal_error")
    failure.__cause__ = error
    return failure


def _report(error: LedgerError, ctx: Any) -> None:
    from ledger.cli.output import report

    report(error, trace=bool(ctx.params.get("verbose")))
