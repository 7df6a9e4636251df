"""Figures of how stays end."""

from __future__ import annotations

from ledger.queries.view import Figures

FIGURES: Figures = {}
