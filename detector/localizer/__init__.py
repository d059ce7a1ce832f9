"""The localizer's evidence: planes at full resolution, features on the 8×8 grid, tiles, and a map as a whole."""
