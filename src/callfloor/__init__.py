"""Callfloor: a contact centre's whole floor, live, on the PBX that a company already runs."""

__version__ = "0.1.0"
