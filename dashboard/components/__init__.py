"""The parts that pages are made of: pure functions from wire types to markup, and a few that draw."""
