"""Sign in: as somebody, or as somebody else."""

from __future__ import annotations

from dashboard.components.sign_in import show_sign_in
from dashboard.pages_by_role import places

show_sign_in(None, places()[0].name, onward=places()[0].file)
