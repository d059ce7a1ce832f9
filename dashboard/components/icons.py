"""Our own line icons on a 24-unit grid, drawn as CSS masks: nothing is fetched, colour comes from the text."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

_SHIELD = '<path d="M12 2.5 20 5.5v6.3c0 4.9-3.3 8.3-8 9.9-4.7-1.6-8-5-8-9.9V5.5Z"/>'

PATHS: Mapping[str, str] = {
    "shield-check": _SHIELD + '<path d="m8.3 12 2.7 2.7 4.8-5.3"/>',
    "shield-swap": _SHIELD + '<path d="M8 10.5h8l-2-2M16 13.5H8l2 2"/>',
    "pencil": '<path d="M12 3 2.5 20h19Z"/><path d="M12 9.5v5M12 17.3v.1"/>',
    "ban": '<circle cx="12" cy="12" r="9"/><path d="m5.7 5.7 12.6 12.6"/>',
    "magnifier": '<circle cx="10.5" cy="10.5" r="6.5"/><path d="m15.5 15.5 5.5 5.5"/>',
    "question": '<circle cx="12" cy="12" r="9" stroke-dasharray="3.5 2.6"/>'
    '<path d="M9.5 9.5a2.5 2.5 0 1 1 3.6 2.3c-.8.4-1.1.9-1.1 1.7M12 16.5v.1"/>',
    "hourglass": '<path d="M6.5 3h11M6.5 21h11M8 3c0 5 4 6 4 9s-4 4-4 9M16 3c0 5-4 6-4 9s4 4 4 9"/>',
    "check": '<path d="m5 12.5 4.5 4.5L19 7.5"/>',
    "cross": '<path d="m6.5 6.5 11 11M17.5 6.5l-11 11"/>',
    "dash": '<path d="M6.5 12h11"/>',
    "plug": '<path d="M9 3v5M15 3v5M6.5 8h11v3a5.5 5.5 0 0 1-11 0ZM12 16.5V21"/>',
    "key": '<circle cx="8" cy="15" r="4.5"/><path d="m11.5 11.5 8-8M16 7l3 3"/>',
    "chain": '<path d="M10 14a4 4 0 0 0 6 .4l3-3a4.1 4.1 0 0 0-5.8-5.8L12 6.8M14 10a4 4 0 0 0-6-.4l-3 3'
    'a4.1 4.1 0 0 0 5.8 5.8l1.2-1.2"/>',
    "file": '<path d="M6 2.5h8l4.5 4.5v14.5H6ZM14 2.5V7h4.5"/>',
    "scale": '<path d="M3 21h18M5 21V8h5v13M14 21V3h5v18"/>',
    "inbox": '<path d="M3.5 13.5 6.5 4.5h11l3 9v6h-17ZM3.5 13.5h5l1.5 2.5h4l1.5-2.5h5"/>',
    "bubble": '<path d="M4 4.5h16v11.5h-9.5L6 20v-4H4Z"/><path d="M8 8.7h8M8 11.9h5"/>',
    "flag": '<path d="M6.5 3h11v18L12 16.6 6.5 21Z"/>',
    "clock": '<circle cx="12" cy="12" r="9"/><path d="M12 6.5V12l3.5 2.5"/>',
}


def icon(name: str, size: int = 24) -> str:
    """The icon as a span of ``size`` pixels in the colour of the text around it.

    It is hidden from screen readers: a word always stands beside it. The page needs :func:`icon_styles`.
    """
    if name not in PATHS:
        raise KeyError(name)
    return f'<span class="ms-icon ms-i-{name}" style="width:{size}px;height:{size}px" aria-hidden="true"></span>'


def icon_styles() -> str:
    """The style element that gives every icon its shape: masks from data addresses, as ``st.html`` drops inline SVG."""
    rules = "".join(f'.ms-i-{name}{{--shape:url("{_address(paths)}")}}' for name, paths in PATHS.items())
    return f"<style>{rules}</style>"


def _address(paths: str) -> str:
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#000"'
        f' stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round">{paths}</svg>'
    )
    return "data:image/svg+xml," + quote(svg, safe="/:=' ")
