"""Figures of consistency, handovers, preference and self-service."""

from __future__ import annotations

from ledger.queries.view import Figures

FIGURES: Figures = {}
