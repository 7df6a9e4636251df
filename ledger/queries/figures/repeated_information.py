"""Figures of what customers are asked for again."""

from __future__ import annotations

from ledger.queries.view import Figures

FIGURES: Figures = {}
