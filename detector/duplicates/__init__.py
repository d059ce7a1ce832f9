"""Regions of one picture that were copied within it: points, pairs, moves, agreement, which side is the copy."""
