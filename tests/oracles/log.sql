-- What is known of each customer, in the order of the fold (DOMAIN, "The journey", 2 and 6).
-- Given: wire (line by line as it arrived), settings(zone).

-- The identity of an event is (source, event_id); what comes again says nothing.
CREATE TABLE said AS
SELECT * EXCLUDE (again),
       CASE WHEN time_precision = 'date' AND length(occurred_at) = 10
            THEN epoch_us(timezone((SELECT zone FROM settings), occurred_at::TIMESTAMP))
            ELSE epoch_us(occurred_at::TIMESTAMPTZ) END AS occurred
FROM (SELECT *, row_number() OVER (PARTITION BY source, event_id ORDER BY line) AS again FROM wire)
WHERE again = 1;

-- Merges that no unmerge undoes; the order of arrival has no part in it.
CREATE TABLE merged AS
SELECT data->>'from' AS absorbed, data->>'into' AS survivor
FROM said AS merge
WHERE type = 'customer.merged'
  AND NOT EXISTS (FROM said AS undone
                  WHERE undone.type = 'customer.unmerged'
                    AND undone.data->>'source' = merge.source AND undone.data->>'event_id' = merge.event_id);

-- Who is read together, and under which key: the one whom no merge takes away.
CREATE TABLE persons AS
WITH RECURSIVE
    ties AS (SELECT absorbed AS a, survivor AS b FROM merged UNION SELECT survivor, absorbed FROM merged),
    together AS (
        SELECT DISTINCT customer_id AS a, customer_id AS b FROM said
        UNION
        SELECT together.a, ties.b FROM together JOIN ties ON ties.a = together.b
    )
SELECT a AS customer_id,
       coalesce(min(b) FILTER (b NOT IN (SELECT absorbed FROM merged)), min(b)) AS customer
FROM together GROUP BY a;

-- A retraction removes an event of its own customer_id, whenever either arrives; but not what acts by what is known.
CREATE TABLE standing AS
SELECT * FROM said AS event
WHERE type IN ('event.retracted', 'customer.merged', 'customer.unmerged', 'customer.erased')
   OR NOT EXISTS (FROM said AS retraction
                  WHERE retraction.type = 'event.retracted'
                    AND retraction.customer_id = event.customer_id
                    AND retraction.data->>'source' = event.source AND retraction.data->>'event_id' = event.event_id);

-- Of several corrections of one event the last in the order of the fold stands.
CREATE TABLE corrected AS
SELECT DISTINCT ON (customer_id, data->>'source', data->>'event_id')
       customer_id, data->>'source' AS source, data->>'event_id' AS event_id, data->>'stage' AS stage
FROM standing WHERE type = 'stage.corrected'
ORDER BY customer_id, data->>'source', data->>'event_id',
         occurred DESC, standing.source DESC, source_sequence DESC NULLS LAST, standing.event_id DESC;

CREATE TABLE happened AS
SELECT *, row_number() OVER (PARTITION BY customer ORDER BY moment, source, source_sequence NULLS FIRST, event_id) AS n
FROM (
    SELECT persons.customer,
           CASE WHEN type = 'customer.segment_assigned' AND data->>'valid_from' IS NOT NULL
                THEN epoch_us((data->>'valid_from')::TIMESTAMPTZ) ELSE occurred END AS moment,
           standing.source, standing.event_id, type, source_sequence, channel, direction, department, case_id,
           interaction_id, reason, outcome, actor->>'type' AS actor, data,
           CASE WHEN type = 'stage.entered' AND corrected.event_id IS NOT NULL THEN corrected.stage
                WHEN type = 'stage.entered' THEN data->>'stage'
                WHEN corrected.event_id IS NOT NULL THEN corrected.stage
                ELSE stage_hint END AS said_stage,
           type IN (SELECT type FROM touchpoint_types) AS touchpoint,
           type IN (SELECT type FROM contact_types) AS contact
    FROM standing
    JOIN persons USING (customer_id)
    LEFT JOIN corrected ON corrected.customer_id = standing.customer_id
                       AND corrected.source = standing.source AND corrected.event_id = standing.event_id
    WHERE type NOT IN ('event.retracted', 'stage.corrected', 'customer.merged', 'customer.unmerged')
);

-- Which segments a customer is in, from the n-th event on (until the next assignment of the scheme).
CREATE TABLE segments AS
SELECT customer, data->>'scheme' AS scheme, data->>'segment' AS segment, n,
       lead(n) OVER (PARTITION BY customer, data->>'scheme' ORDER BY n) AS until_n
FROM happened WHERE type = 'customer.segment_assigned';
