"""The history as a file to take along: every entry that fits the filters, not only the page on the screen."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from dashboard.components.downloads import at_the_click
from dashboard.session import client
from ledger.schemas.reports import HistoryFormat

FORMATS: Mapping[HistoryFormat, tuple[str, str, str]] = {
    "csv": ("CSV", "history.csv", "text/csv"),
    "jsonl": ("JSON lines", "history.jsonl", "application/jsonl"),
    "fhir": ("FHIR R4", "history.fhir.json", "application/fhir+json"),
    "fhir-r5": ("FHIR R5", "history.fhir-r5.json", "application/fhir+json"),
}
_FHIR = "A Bundle: each entry gives one Provenance and one AuditEvent. No resource names a patient or a study."


def show_exports(filters: Mapping[str, Any]) -> None:
    """A download button a format; the file is made at the click, of all that fits."""
    reports = client().reports
    with st.container(horizontal=True, vertical_alignment="center", key="exports"):
        st.caption("All that fit, as a file:")
        for name, (label, file, kind) in FORMATS.items():
            st.download_button(
                label,
                at_the_click(partial(reports.history, name, **filters)),
                file,
                kind,
                key=f"export.{name}",
                on_click="ignore",
                icon=":material/download:",
                help=_FHIR if name.startswith("fhir") else None,
            )
