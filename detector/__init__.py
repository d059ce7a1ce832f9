"""Forgery detection and localization in medical images: arrays in, findings out. Imports nothing of the ledger."""
