"""The index of look-alikes: an exact search over the perceptual codes of all registrations, in memory."""

from ledger.lookalikes.index import FlatIndex

__all__ = ["FlatIndex"]
