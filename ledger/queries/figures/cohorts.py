"""Figures of cohorts and of the customer lifecycle."""

from __future__ import annotations

from ledger.queries.view import Figures

FIGURES: Figures = {}
