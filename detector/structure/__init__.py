"""Rules on how a file is made: header against pixels, tables, dates, tools, leftovers. Reasons, no score."""

from __future__ import annotations

from detector.structure.inspecting import RULES, inspect
from detector.structure.model import Inspection, RuleState, State, Strength, StructureFinding

__all__ = ["RULES", "Inspection", "RuleState", "State", "Strength", "StructureFinding", "inspect"]
