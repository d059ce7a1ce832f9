"""Capture: what brings images to the ledger without anyone doing anything. Every path ends in one use case.

None of them changes, delays or loses the clinical image; what is not registered yet waits where it is.
"""
