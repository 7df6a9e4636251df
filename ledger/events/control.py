"""What is said about the record itself: stages stated or corrected, events retracted, notes."""

from __future__ import annotations

from ledger.events.event import Data
from ledger.events.fields import Key, PersonalKey, PersonalText, Text
from ledger.events.vocabulary import event_types


class StageEntered(Data, frozen=True, kw_only=True):
    """A customer entered a stage of the journey, as someone or a system says outright."""

    type = "stage.entered"

    stage: Key
    by: PersonalKey | None = None
    reason: Text | None = None


class StageCorrected(Data, frozen=True, kw_only=True):
    """The stage of the event named by `source` and `event_id` was corrected; no stage takes its hint away."""

    type = "stage.corrected"

    source: Key
    event_id: Key
    stage: Key | None = None
    by: PersonalKey | None = None
    reason: Text | None = None


class EventRetracted(Data, frozen=True, kw_only=True):
    """The event named by `source` and `event_id` turned out not to be true."""

    type = "event.retracted"

    source: Key
    event_id: Key
    why: Text | None = None


class NoteAdded(Data, frozen=True, kw_only=True):
    """A note was added to a customer's record."""

    type = "note.added"
    required = ("text",)

    text: PersonalText | None = None


TYPES = event_types("control", StageEntered, StageCorrected, EventRetracted, NoteAdded)
