"""Forgery detection and localization: arrays in, findings out. Filled by a later release."""
