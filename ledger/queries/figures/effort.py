"""Figures of effort, task success and friction."""

from __future__ import annotations

from ledger.queries.view import Figures

FIGURES: Figures = {}
