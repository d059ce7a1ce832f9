"""Sign in: as somebody, or as somebody else."""

from __future__ import annotations

from dashboard import way_back
from dashboard.components.sign_in import show_sign_in
from dashboard.pages_by_role import places

wanted = way_back.last_refused() or way_back.Spot(places()[0].name, {})
show_sign_in(None, wanted.page, onward=wanted)
