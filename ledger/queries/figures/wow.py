"""Figures of experiences that stand out."""

from __future__ import annotations

from ledger.queries.view import Figures

FIGURES: Figures = {}
