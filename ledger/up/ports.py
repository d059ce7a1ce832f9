"""Ports: the one that the settings want, or a free one; and whether something answers there."""

from __future__ import annotations

import json
import socket
import urllib.error
import urllib.request
from collections.abc import Collection


def choose_port(host: str, wanted: int) -> int:
    """``wanted`` if nobody has it, else a port that is free now."""
    for port in (wanted, 0):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError(f"no free port on {host}")


def answers(url: str) -> bool:
    """Whether a GET of ``url`` is answered with 200 within two seconds."""
    return _ask(urllib.request.Request(url)) is not None  # noqa: S310 - our own http URLs


def chain_answers(url: str) -> bool:
    """Whether an Ethereum node answers at ``url``."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})  # noqa: S310
    answer = _ask(request)
    return answer is not None and b'"result"' in answer


def lacks_scopes(url: str, key: str, scopes: Collection[str]) -> bool:
    """Whether the session at ``url`` refuses this API key by 401 or 403, or gives it less than ``scopes``."""
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"})  # noqa: S310
    try:
        with _opener().open(request, timeout=10) as answer:
            return not set(scopes) <= set(json.load(answer)["scopes"])
    except urllib.error.HTTPError as error:
        return error.code in (401, 403)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _opener() -> urllib.request.OpenerDirector:
    # No proxy of the environment: these are our own children on this machine.
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _ask(request: urllib.request.Request) -> bytes | None:
    try:
        with _opener().open(request, timeout=2) as answer:
            return bytes(answer.read()) if answer.status == 200 else None
    except (OSError, ValueError, urllib.error.URLError):
        return None
