"""The few questions that are asked of an Orthanc server, by its REST API (https://orthanc.uclouvain.be/book/users/rest.html).

Tested with Orthanc 1.10.1. Nothing is ever written to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from ledger.errors import InputError, LimitExceeded, NotAllowed, OutageError

_NEW_INSTANCE = "NewInstance"
_PAGE = 100


@dataclass(frozen=True)
class Changes:
    """A page of the change log: the ids of the new instances in order, where the next page starts, whether it is the
    last one."""

    instances: tuple[str, ...]
    last: int
    done: bool


class Orthanc:
    """An Orthanc server at ``url``. NotAllowed when it refuses the user, OutageError ``orthanc_unreachable`` when it
    does not answer, ``orthanc_unexpected`` when it answers otherwise than Orthanc does."""

    def __init__(
        self,
        url: str,
        *,
        user: str | None = None,
        password: str | None = None,
        trusted: Path | None = None,
        most_bytes: int = 512 << 20,
        timeout: float = 60.0,
    ) -> None:
        auth = httpx.BasicAuth(user, password or "") if user else None
        self.url = checked_url(url)
        self._most_bytes = most_bytes
        # trust_env: a proxy of the environment has no business with images of this house
        self._http = httpx.Client(
            base_url=self.url, auth=auth, verify=_verifying(trusted), timeout=timeout, trust_env=False
        )

    def changes(self, since: int) -> Changes:
        """The change log after ``since``, at most 100 changes of all kinds."""
        page = self._json("/changes", {"since": str(since), "limit": str(_PAGE)})
        try:
            new = tuple(str(one["ID"]) for one in page["Changes"] if one["ChangeType"] == _NEW_INSTANCE)
            return Changes(new, int(page["Last"]), bool(page["Done"]))
        except (KeyError, TypeError, ValueError) as error:
            raise _unexpected() from error

    def newest_change(self) -> int:
        """The number of the newest change, 0 when there was none."""
        return self._number(self._json("/changes", {"last": ""}), "Last")

    def instance_count(self) -> int:
        """How many instances it holds."""
        return self._number(self._json("/statistics"), "CountInstances")

    def series(self) -> list[str]:
        """The ids of all series."""
        return self._names(self._json("/series"))

    def instances_of(self, series: str) -> list[str]:
        """The ids of a series' instances; none when it is gone."""
        found = self._json(f"/series/{_segment(series)}", missing={"Instances": []})
        return self._names(found.get("Instances") if isinstance(found, dict) else None)

    def instance(self, instance: str) -> bytes | None:
        """The DICOM file of an instance, None when it is gone. LimitExceeded before more than the limit is read."""
        data = bytearray()
        try:
            with self._http.stream("GET", f"/instances/{_segment(instance)}/file") as answer:
                if answer.status_code == httpx.codes.NOT_FOUND:
                    return None
                _must_succeed(answer)
                for piece in answer.iter_bytes():
                    data += piece
                    if len(data) > self._most_bytes:
                        raise LimitExceeded(f"expected at most {self._most_bytes >> 20} MB, found a larger instance")
        except httpx.HTTPError as error:
            raise _unreachable(self.url) from error
        return bytes(data)

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _json(self, path: str, query: dict[str, str] | None = None, missing: Any = None) -> Any:
        try:
            answer = self._http.get(path, params=query)
        except httpx.HTTPError as error:
            raise _unreachable(self.url) from error
        if answer.status_code == httpx.codes.NOT_FOUND and missing is not None:
            return missing
        _must_succeed(answer)
        try:
            return answer.json()
        except ValueError as error:
            raise _unexpected() from error

    def _number(self, found: Any, name: str) -> int:
        try:
            return int(found[name])
        except (KeyError, TypeError, ValueError) as error:
            raise _unexpected() from error

    def _names(self, found: Any) -> list[str]:
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            raise _unexpected()
        return found


def checked_url(url: str) -> str:
    """The address of an Orthanc server; InputError for another form, and for one with a user or password in it, which
    every list of processes would show."""
    parts = urlsplit(url)
    advice = "Give it as https://orthanc.example:8042; MEDSEAL_ORTHANC_USER and MEDSEAL_ORTHANC_PASSWORD say who asks."
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError("expected the URL of an Orthanc server, found another text", advice=advice)
    if parts.username or parts.password:
        raise InputError("expected a URL without a user, found one with it", advice=advice)
    return url.rstrip("/")


def _verifying(trusted: Path | None) -> Any:
    if trusted is None:
        return True
    import ssl

    try:
        return ssl.create_default_context(cafile=str(trusted))
    except (OSError, ssl.SSLError) as error:
        raise InputError(
            f"expected certificates in {trusted}, found none that can be read",
            code="unusable_file",
            advice="Set MEDSEAL_ORTHANC_CA to a PEM file with the certificate that signed the server's.",
        ) from error


def _segment(name: str) -> str:
    """One path segment: Orthanc's ids are hexadecimal digits and dashes."""
    return name if name and all(c.isalnum() or c == "-" for c in name) and name.isascii() else "-"


def _must_succeed(answer: httpx.Response) -> None:
    if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        raise NotAllowed(
            f"expected Orthanc to let us in, found HTTP {answer.status_code}",
            code="orthanc_refused",
            advice="Set MEDSEAL_ORTHANC_USER and MEDSEAL_ORTHANC_PASSWORD to a user that may read.",
        )
    if not answer.is_success:
        raise _unexpected(f"HTTP {answer.status_code}")


def _unreachable(url: str) -> OutageError:
    return OutageError(
        f"no Orthanc server answers at {url}",
        code="orthanc_unreachable",
        advice="Check the address, that it runs, and its certificate (MEDSEAL_ORTHANC_CA). Nothing is lost meanwhile.",
    )


def _unexpected(found: str = "another") -> OutageError:
    return OutageError(
        f"expected an answer of Orthanc, found {found}",
        code="orthanc_unexpected",
        advice="Check that the address is that of an Orthanc server, without a proxy's sign-in page before it.",
    )
