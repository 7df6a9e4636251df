"""The numbers the simulator draws from; the truth states them beside what came of them."""

from __future__ import annotations

from ledger.sample.quantiles import Quantiles, mix

DWELL_DAYS = {
    "awareness": Quantiles(((0, 0.2), (0.25, 3), (0.5, 10), (0.75, 28), (0.9, 60), (1, 150))),
    "consideration": Quantiles(((0, 0.2), (0.25, 4), (0.5, 12), (0.75, 30), (0.9, 70), (1, 180))),
    "purchase": Quantiles(((0, 0.5), (0.25, 2), (0.5, 5), (0.75, 9), (0.9, 18), (1, 45))),
    "onboarding": Quantiles(((0, 1), (0.25, 7), (0.5, 14), (0.75, 25), (0.9, 45), (1, 90))),
    "use": Quantiles(((0, 5), (0.25, 60), (0.5, 140), (0.75, 260), (0.9, 380), (1, 700))),
    "renewal": Quantiles(((0, 1), (0.25, 10), (0.5, 25), (0.75, 60), (0.9, 120), (1, 300))),
    "termination": Quantiles(((0, 5), (0.25, 30), (0.5, 75), (0.75, 150), (0.9, 260), (1, 400))),
    "win_back": Quantiles(((0, 0.5), (0.25, 4), (0.5, 12), (0.75, 30), (0.9, 60), (1, 120))),
}
"""Days a visit lasts when nothing ends it before."""

ZEAL = Quantiles(((0, 0.15), (0.25, 0.45), (0.5, 0.8), (0.75, 1.3), (0.9, 2.2), (0.99, 7), (1, 25)))
"""How much more a person does than another: the heavy tail of events per customer."""

RESOLUTION_HOURS = Quantiles(((0, 0.1), (0.25, 1.5), (0.5, 8), (0.75, 40), (0.9, 120), (1, 700)))
"""Hours from a case's opening to its first resolution."""

REOPENED_HOURS = Quantiles(((0, 1), (0.5, 30), (0.9, 120), (1, 400)))
"""Hours from a resolution to the reopening that undoes it, and again to the next resolution."""

GAP_MINUTES = Quantiles(((0, 0.3), (0.5, 2), (0.9, 9), (1, 40)))
"""Minutes between two steps of an interaction."""

ORDER_VALUE = Quantiles(((0, 4), (0.25, 25), (0.5, 60), (0.75, 130), (0.9, 320), (0.99, 1500), (1, 9000)))
"""The value of an order in units of its currency."""

DELIVERY_DAYS = Quantiles(((0, 0.8), (0.5, 3.5), (0.9, 9), (1, 30)))
"""Days from the shipping of an order to its delivery; it is promised for the fifth."""

SATISFACTION = {
    "awareness": 0.58,
    "consideration": 0.60,
    "purchase": 0.68,
    "onboarding": 0.55,
    "use": 0.64,
    "renewal": 0.70,
    "termination": 0.30,
    "win_back": 0.50,
    "": 0.55,
}
"""The middle of the mood (0 to 1) that scores of a stage are drawn around."""

CHANNELS = mix(web=34, app=22, email=11, phone=7, call_centre=9, chat=7, store=5, branch=3, post=2)
CURRENCIES = mix(EUR=70, USD=18, GBP=12)
TOPICS = mix(billing=30, delivery=25, product=20, contract=15, account=10)
NEEDS = mix(information=30, convenience=22, price=20, efficiency=16, reputation=12)
REASONS = mix(price=35, quality=25, moved=15, competitor=15, no_need=10)
DEPARTMENTS = {
    "email": "service",
    "phone": "service",
    "call_centre": "service",
    "chat": "service",
    "store": "sales",
    "branch": "sales",
}
"""The department that answers a channel; the others have none."""

RESPONSE_MINUTES = Quantiles(((0, 0.2), (0.5, 20), (0.9, 300), (1, 2_000)))
"""Minutes from a case's opening to its triage, the first response."""

FIRST = mix(awareness=90, consideration=6, purchase=4)
"""Where journeys begin."""

NEXT = {
    "awareness": mix(consideration=62, purchase=8, **{"": 30}),
    "consideration": mix(purchase=58, awareness=5, **{"": 37}),
    "purchase": mix(onboarding=42, use=46, termination=2, **{"": 10}),
    "onboarding": mix(use=86, termination=5, **{"": 9}),
    "use": mix(renewal=33, purchase=34, onboarding=3, termination=9, **{"": 21}),
    "renewal": mix(use=62, purchase=8, termination=15, **{"": 15}),
    "termination": mix(win_back=24, purchase=6, renewal=12, **{"": 58}),
    "win_back": mix(purchase=52, use=30, termination=8, **{"": 10}),
}
"""Where a visit leads when it ends before the span does; "" stays."""

HABITS = mix(**{"page.viewed": 70, "touchpoint.occurred": 15, "campaign.responded": 10, "interaction.started": 5})
"""How the merely aware look around."""

_EXPLICIT = {"stage.entered": 6, "stage_hint": 5}

DOORS = {
    ("", "awareness"): mix(
        **{"page.viewed": 50, "touchpoint.occurred": 18, "campaign.contacted": 20, "campaign.responded": 6}, **_EXPLICIT
    ),
    ("", "consideration"): mix(**{"question.asked": 40, "lead.qualified": 40}, **_EXPLICIT),
    ("", "purchase"): mix(**{"order.placed": 90, "contract.started": 10}),
    ("awareness", "consideration"): mix(
        **{"lead.qualified": 16, "question.asked": 26, "need.expressed": 20, "offer.made": 12},
        **{"application.progressed": 6, "combination": 20},
        **_EXPLICIT,
    ),
    ("awareness", "purchase"): mix(**{"order.placed": 92}, **_EXPLICIT),
    ("consideration", "awareness"): mix(**_EXPLICIT),
    ("consideration", "purchase"): mix(**{"order.placed": 66, "contract.started": 25}, **_EXPLICIT),
    ("purchase", "onboarding"): mix(**{"onboarding.started": 90}, **_EXPLICIT),
    ("purchase", "use"): mix(**{"order.delivered": 62, "usage.recorded": 15, "contract.activated": 14}, **_EXPLICIT),
    ("purchase", "termination"): mix(**{"termination.requested": 1}),
    ("onboarding", "use"): mix(
        **{"onboarding.completed": 60, "usage.recorded": 25, "contract.activated": 8}, **_EXPLICIT
    ),
    ("onboarding", "termination"): mix(**{"termination.requested": 3, "contract.terminated": 1}),
    ("use", "renewal"): mix(
        **{"renewal.offered": 60, "contract.renewed": 14, "contract.upgraded": 10, "contract.downgraded": 6},
        **_EXPLICIT,
    ),
    ("use", "purchase"): mix(**{"order.placed": 82, "contract.started": 8}, **_EXPLICIT),
    ("use", "onboarding"): mix(**_EXPLICIT),
    ("use", "termination"): mix(
        **{"termination.requested": 55, "contract.terminated": 25, "contract.lapsed": 12}, **_EXPLICIT
    ),
    ("renewal", "use"): mix(**{"usage.recorded": 85}, **_EXPLICIT),
    ("renewal", "purchase"): mix(**{"order.placed": 1}),
    ("renewal", "termination"): mix(**{"termination.requested": 30, "contract.terminated": 30, "contract.lapsed": 40}),
    ("termination", "win_back"): mix(**{"winback.succeeded": 92}, **_EXPLICIT),
    ("termination", "purchase"): mix(**{"order.placed": 1}),
    ("termination", "renewal"): mix(**{"contract.renewed": 1}),
    ("win_back", "purchase"): mix(**{"order.placed": 85, "contract.started": 15}),
    ("win_back", "use"): mix(**{"usage.recorded": 90}, **_EXPLICIT),
    ("win_back", "termination"): mix(**{"contract.terminated": 60, "termination.requested": 40}),
}
"""How the entry of a stage is told, by where the person comes from."""

PACE = {
    "awareness": (0.05, 90),
    "consideration": (0.07, 90),
    "purchase": (0.12, 60),
    "onboarding": (0.12, 90),
    "use": (0.03, 500),
    "renewal": (0.05, 150),
    "termination": (0.025, 200),
    "win_back": (0.08, 90),
}
"""Scenes a day in a visit for a person of zeal 1, and the days after which a long visit goes quiet."""
