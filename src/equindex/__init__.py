"""Equalization and attainment indices for regions."""
