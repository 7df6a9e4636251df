"""Figures of cycles of the journey."""

from __future__ import annotations

from ledger.queries.view import Figures

FIGURES: Figures = {}
