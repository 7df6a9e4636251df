-- The overlays of ledger/journey/default.toml: support, held open by cases, and advocacy, which nothing closes.
-- Given: happened, walk.

-- Each overlay is a track of its own: said outright it is open at that instant, and rules only tell who holds it.
CREATE TABLE overlay_steps AS
SELECT *, turn <> 'said' AND bool_or(turn = 'said') OVER (PARTITION BY customer, overlay, moment) AS decided,
       CASE WHEN turn = 'said' THEN NULL WHEN overlay = 'advocacy' THEN 'speaking for us' ELSE 'case open' END AS rule
FROM (
    SELECT customer, n, moment, source, event_id, case_id, said_stage AS overlay, 'said' AS turn
    FROM happened
    WHERE said_stage IN ('support', 'advocacy')
      -- A source that stamps every event of a case with its stage can still close it.
      AND NOT (said_stage = 'support' AND type IN ('case.resolved', 'case.closed'))
    UNION ALL
    SELECT customer, n, moment, source, event_id, case_id, 'support',
           CASE WHEN type IN ('case.opened', 'case.reopened') THEN 'opens' ELSE 'closes' END
    FROM happened WHERE type IN ('case.opened', 'case.reopened', 'case.resolved', 'case.closed')
    UNION ALL
    SELECT customer, n, moment, source, event_id, case_id, 'advocacy', 'opens'
    FROM happened WHERE type IN ('referral.made', 'referral.converted', 'review.published')
);

-- Which case holds support open, from when until when; '' where none was named, which the next closing lets go.
CREATE TABLE holds AS
SELECT customer, overlay, n,
       (SELECT min(closing.n) FROM overlay_steps AS closing
        WHERE closing.customer = opening.customer AND closing.overlay = opening.overlay AND closing.n > opening.n
          AND closing.turn = 'closes' AND (opening.case_id IS NULL OR closing.case_id = opening.case_id)) AS until_n
FROM overlay_steps AS opening WHERE turn <> 'closes';

-- A closing closes the overlay when nothing holds it any more.
CREATE TABLE endings AS
SELECT customer, overlay, n, moment FROM overlay_steps AS closing
WHERE turn = 'closes' AND NOT decided
  AND NOT EXISTS (FROM holds WHERE holds.customer = closing.customer AND holds.overlay = closing.overlay
                               AND holds.n < closing.n AND (until_n IS NULL OR until_n > closing.n));

CREATE TABLE openings AS
SELECT *, (SELECT count(*) FROM endings WHERE endings.customer = opening.customer
                                          AND endings.overlay = opening.overlay AND endings.n < opening.n) AS ended
FROM overlay_steps AS opening WHERE turn <> 'closes' AND NOT decided;

-- Openings with no ending between them are one visit, which the next ending ends.
CREATE TABLE overlay_visits AS
SELECT customer, 'overlay' AS track, row_number() OVER (PARTITION BY customer ORDER BY opening.n, turn DESC) AS number,
       overlay AS stage, opening.n, ending.n AS left_n, opening.moment AS entered_at, ending.moment AS left_at,
       -- The first cycle begins with the first event.
       greatest(1, coalesce((SELECT max(cycle) FROM walk
                             WHERE walk.customer = opening.customer AND walk.n <= opening.n), 1)) AS cycle,
       'overlay' AS transition, rule, []::TEXT[] AS skipped, [[source, event_id]] AS evidence
FROM (
    SELECT DISTINCT ON (customer, overlay, ended) * FROM openings ORDER BY customer, overlay, ended, n, turn DESC
) AS opening
LEFT JOIN (
    SELECT customer, overlay, n, moment, row_number() OVER (PARTITION BY customer, overlay ORDER BY n) - 1 AS ended
    FROM endings
) AS ending USING (customer, overlay, ended);
