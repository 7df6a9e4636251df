-- The primary track of ledger/journey/default.toml and DOMAIN's "The journey", 1 to 4. Given: happened.

CREATE TABLE stages (place INTEGER, stage TEXT, terminal BOOLEAN, win_back BOOLEAN);
INSERT INTO stages VALUES
    (1, 'awareness', false, false), (2, 'consideration', false, false), (3, 'purchase', false, false),
    (4, 'onboarding', false, false), (5, 'use', false, false), (6, 'renewal', false, false),
    (7, 'termination', true, false), (8, 'win_back', false, true);

-- Rules that one event completes. back: whether it may take the customer to an earlier stage, and as what.
CREATE TABLE rules AS
SELECT unnest(types) AS type, rule, place, back FROM (VALUES
    ('won back', 8, NULL, ['winback.succeeded']),
    ('leaving', 7, NULL, ['termination.requested', 'contract.terminated', 'contract.lapsed']),
    ('renewing', 6, 'regress', ['contract.renewed', 'contract.upgraded', 'contract.downgraded']),
    ('renewal offered', 6, NULL, ['renewal.offered']),
    ('in use', 5, NULL, ['usage.recorded', 'order.delivered', 'contract.activated', 'onboarding.completed']),
    ('getting started', 4, NULL, ['onboarding.started']),
    ('buying', 3, 'restart', ['order.placed', 'contract.started']),
    ('purchase under way', 3, NULL, ['order.approved', 'order.shipped', 'payment.settled', 'payment.failed',
                                     'contract.registered']),
    ('weighing', 2, NULL, ['lead.qualified', 'need.expressed', 'need.met', 'need.unmet', 'question.asked',
                           'offer.created', 'offer.made', 'offer.responded', 'offer.accepted', 'offer.declined',
                           'offer.withdrawn', 'application.progressed', 'application.declined',
                           'application.cancelled']),
    ('noticing', 1, NULL, ['page.viewed', 'touchpoint.occurred', 'campaign.contacted', 'campaign.responded'])
) AS listed(rule, place, back, types);

-- What concerns the track: a stage said outright, what completes a rule, what is part of a combination.
CREATE TABLE steps AS
SELECT *, row_number() OVER (PARTITION BY customer ORDER BY n) AS step
FROM (
    SELECT customer, n, moment, happened.type, [source, event_id] AS name, rule, rules.place, back,
           outright.place AS said,
           -- At the same instant explicit wins, whatever comes first in the order of the fold.
           bool_or(outright.place IS NOT NULL) OVER (PARTITION BY customer, moment) AS decided,
           CASE happened.type
               WHEN 'page.viewed' THEN 'page'
               WHEN 'campaign.responded' THEN 'answer'
               WHEN 'touchpoint.occurred' THEN CASE WHEN data->>'kind' = 'action' THEN 'action' END
               WHEN 'interaction.started' THEN CASE WHEN direction = 'inbound' THEN 'call' END
           END AS looking,
           CASE happened.type WHEN 'contract.renewed' THEN 'renewed' WHEN 'usage.recorded' THEN 'used' END AS renewing
    FROM happened
    LEFT JOIN rules ON rules.type = happened.type
    LEFT JOIN stages AS outright ON outright.stage = said_stage
)
WHERE said IS NOT NULL OR rule IS NOT NULL OR looking IS NOT NULL;

-- Of a stage to come: is it ahead? Nothing known is before all stages, and from a win-back every stage is ahead.
CREATE MACRO ahead(here, there) AS here = 0 OR here = 8 OR there > here;

CREATE MACRO recent(part, now, span) AS part IS NOT NULL AND now - part.moment <= span;

CREATE MACRO days(count) AS count * 86400000000;

CREATE TABLE walk AS
WITH RECURSIVE walk AS (
    SELECT DISTINCT customer, 0::BIGINT AS step, 0::BIGINT AS n, 0::BIGINT AS moment, 0 AS place, 0 AS cycle,
           false AS entered, NULL::TEXT AS transition, NULL::TEXT AS rule, 0 AS came_from,
           []::STRUCT(moment BIGINT, n BIGINT, name TEXT[])[] AS proof,
           []::STRUCT(moment BIGINT, n BIGINT, name TEXT[])[] AS pages,
           NULL::STRUCT(moment BIGINT, n BIGINT, name TEXT[]) AS answer,
           NULL::STRUCT(moment BIGINT, n BIGINT, name TEXT[]) AS action,
           NULL::STRUCT(moment BIGINT, n BIGINT, name TEXT[]) AS call,
           NULL::STRUCT(moment BIGINT, n BIGINT, name TEXT[]) AS renewed,
           NULL::STRUCT(moment BIGINT, n BIGINT, name TEXT[]) AS used
    FROM steps
    UNION ALL
    SELECT customer, step, n, moment,
           CASE WHEN moves THEN target ELSE place END,
           CASE WHEN place = 0 AND moves THEN 1 WHEN moves AND turn IN ('restart', 'win_back') THEN cycle + 1
                ELSE cycle END,
           moves, CASE WHEN moves THEN turn END, CASE WHEN moves THEN chosen END, place,
           CASE WHEN NOT moves THEN [] WHEN chosen = 'looking and asking' THEN looking_proof
                WHEN chosen = 'renewed and in use' THEN [renewed, used] ELSE [this] END,
           -- What moved the customer is spent.
           CASE WHEN moves AND chosen = 'looking and asking' THEN [] ELSE pages END,
           CASE WHEN moves AND chosen = 'looking and asking' THEN NULL ELSE answer END,
           CASE WHEN moves AND chosen = 'looking and asking' THEN NULL ELSE action END,
           CASE WHEN moves AND chosen = 'looking and asking' THEN NULL ELSE call END,
           CASE WHEN moves AND chosen = 'renewed and in use' THEN NULL ELSE renewed END,
           CASE WHEN moves AND chosen = 'renewed and in use' THEN NULL ELSE used END
    FROM (
        SELECT *, target IS NOT NULL AND target <> place AS moves,
               CASE WHEN target = 8 THEN 'win_back'
                    WHEN target = 7 THEN 'terminal'
                    WHEN place = 7 THEN 'restart'
                    WHEN place = 8 THEN 'advance'
                    -- A new order after the purchase begins a cycle, also where its producer says the stage with it.
                    WHEN target < place THEN CASE WHEN back = 'restart' AND target = rule_place THEN 'restart'
                                                  ELSE 'regress' END
                    WHEN target = place + 1 THEN 'advance'
                    ELSE 'skip' END AS turn
        FROM (
            SELECT *,
                   CASE WHEN said IS NOT NULL THEN said
                        WHEN chosen = 'looking and asking' THEN 2
                        WHEN chosen = 'renewed and in use' THEN 5
                        WHEN chosen IS NOT NULL THEN rule_place END AS target
            FROM (
                -- The first in the file that may be followed decides; one for the current stage may.
                SELECT *,
                       CASE WHEN decided THEN NULL
                            WHEN renewing = 'used' AND recent(renewed, moment, days(90)) THEN 'renewed and in use'
                            WHEN looking IS NOT NULL AND len(looked) >= 2 AND (place = 2 OR ahead(place, 2))
                                THEN 'looking and asking'
                            WHEN rule_place = place OR ahead(place, rule_place) OR back IS NOT NULL THEN rule
                       END AS chosen,
                       flatten(looked) AS looking_proof
                FROM (
                    SELECT *,
                           list_filter([
                               CASE WHEN len(pages) = 3 AND recent(pages[1], moment, days(14)) THEN pages END,
                               CASE WHEN recent(answer, moment, days(14)) THEN [answer] END,
                               CASE WHEN recent(action, moment, days(14)) THEN [action] END,
                               CASE WHEN recent(call, moment, days(14)) THEN [call] END
                           ], lambda part: part IS NOT NULL) AS looked
                    FROM (
                        -- Each condition keeps its last events; none counts while the customer is further on.
                        SELECT walk.customer, steps.step, steps.n, steps.moment, walk.place, walk.cycle,
                               steps.rule, steps.place AS rule_place, back, said, decided, looking, renewing, this,
                               CASE WHEN looking = 'page' AND counts THEN list_append(pages, this)[-3:]
                                    ELSE pages END AS pages,
                               CASE WHEN looking = 'answer' AND counts THEN this ELSE answer END AS answer,
                               CASE WHEN looking = 'action' AND counts THEN this ELSE action END AS action,
                               CASE WHEN looking = 'call' AND counts THEN this ELSE call END AS call,
                               CASE WHEN renewing = 'renewed' THEN this ELSE renewed END AS renewed,
                               CASE WHEN renewing = 'used' THEN this ELSE used END AS used
                        FROM walk
                        JOIN steps ON steps.customer = walk.customer AND steps.step = walk.step + 1,
                        LATERAL (SELECT {'moment': steps.moment, 'n': steps.n, 'name': steps.name} AS this,
                                        walk.place = 2 OR ahead(walk.place, 2) AS counts)
                    )
                )
            )
        )
    )
)
SELECT * FROM walk WHERE step > 0;

-- A visit is [entered, left) in the order of the fold; one that is still open is left by nobody.
CREATE TABLE primary_visits AS
SELECT customer, 'primary' AS track, row_number() OVER entries AS number, stage, n, lead(n) OVER entries AS left_n,
       moment AS entered_at, lead(moment) OVER entries AS left_at, cycle, transition, rule,
       -- Stages jumped over on the way forward; an end or a return is no step of the way.
       CASE WHEN transition IN ('skip', 'terminal')
            THEN [passed.stage FOR passed IN (SELECT list(s ORDER BY place) FROM stages AS s)
                  IF passed.place > came_from AND passed.place < walk.place AND NOT passed.terminal
                     AND NOT passed.win_back]
            ELSE [] END AS skipped,
       [p.name FOR p IN list_sort(proof, 'ASC', 'NULLS LAST')] AS evidence
FROM walk JOIN stages USING (place)
WHERE entered
WINDOW entries AS (PARTITION BY customer ORDER BY n);
