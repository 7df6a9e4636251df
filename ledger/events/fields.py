"""The kinds of field an event may have, with their limits; schemas and the reference page are made from them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta

SAFE_INTEGER = 2**53 - 1
MAX_TEXT = 16_384
MAX_KEY = 255

MONEY_PATTERN = r"^-?[0-9]{1,12}(\.[0-9]{1,4})?\Z"
CURRENCY_PATTERN = r"^[A-Z]{3}\Z"

Key = Annotated[str, Meta(min_length=1, max_length=MAX_KEY)]
"""An identifier or a short name: 1 to 255 characters."""

Text = Annotated[str, Meta(min_length=1, max_length=MAX_TEXT)]
"""Free text: 1 to 16,384 characters."""

Integer = Annotated[int, Meta(ge=-SAFE_INTEGER, le=SAFE_INTEGER)]
"""A whole number every JSON reader can hold: within ±(2^53 − 1)."""

Count = Annotated[int, Meta(ge=0, le=SAFE_INTEGER)]
"""A whole number, zero or more."""

Number = Annotated[float, Meta(ge=-1e15, le=1e15)]
"""A finite number; a whole number is accepted."""

Minutes = Annotated[float, Meta(ge=0, le=1e9, extra={"unit": "minutes"})]
"""A length of time in minutes, zero or more."""

Sentiment = Annotated[float, Meta(ge=-1, le=1)]
"""Tone from -1 (negative) to 1 (positive)."""

Money = Annotated[str, Meta(pattern=MONEY_PATTERN, extra={"unit": "currency"})]
"""An amount as a decimal string: at most 12 digits before and 4 after the point."""

Currency = Annotated[str, Meta(pattern=CURRENCY_PATTERN)]
"""An ISO 4217 code: three capital letters."""

Instant = Annotated[str, Meta(max_length=40, extra={"instant": True})]
"""An ISO 8601 instant with its offset from UTC."""

Keys = Annotated[list[Key], Meta(max_length=256)]
"""A list of names: at most 256."""

FreeObject = Annotated[dict[str, Any], Meta(extra={"free": True})]
"""Any JSON object whose shape the ledger does not know."""

FreeObjects = Annotated[list[dict[str, Any]], Meta(extra={"free": True})]
"""A list of JSON objects whose shape the ledger does not know."""

PersonalText = Annotated[str, Meta(min_length=1, max_length=MAX_TEXT, extra={"personal": True})]
"""Text that may identify a person: kept apart from the clear part of the event."""

PersonalKey = Annotated[str, Meta(min_length=1, max_length=MAX_KEY, extra={"personal": True})]
"""A key that may identify a person: kept apart from the clear part of the event."""

Precision = Literal["instant", "minute", "date", "unknown"]
Direction = Literal["inbound", "outbound"]
ActorType = Literal["customer", "agent", "system", "partner"]
Metric = Literal["nps", "csat", "ces"]
