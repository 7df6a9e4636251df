-- Cases, feedback, orders and applications (DOMAIN, "cases and feedback" and the times of the metrics).
-- Given: happened, segments.

-- What each step of a file says. ends: it resolves, dispatches or communicates back, which an opening should precede.
CREATE TABLE parts (type TEXT, kind TEXT, part TEXT);
INSERT INTO parts VALUES
    ('case.opened', 'case', 'opens'), ('case.resolved', 'case', 'resolves'), ('case.closed', 'case', 'closes'),
    ('case.reopened', 'case', 'reopens'), ('case.reassigned', 'case', 'reassigns'),
    ('case.escalated', 'case', 'escalates'), ('case.triaged', 'case', ''), ('case.assigned', 'case', ''),
    ('case.in_progress', 'case', ''), ('case.progressed', 'case', ''),
    ('case.awaiting_customer', 'case', 'awaits'), ('case.awaiting_third_party', 'case', ''),
    ('case.awaiting_internal', 'case', ''),
    ('feedback.received', 'feedback', 'opens'), ('feedback.dispatched', 'feedback', 'dispatches'),
    ('feedback.resolved', 'feedback', 'resolves'), ('feedback.communicated', 'feedback', 'communicates'),
    ('order.placed', 'order', 'opens'), ('order.approved', 'order', ''), ('order.shipped', 'order', ''),
    ('order.delivered', 'order', 'resolves'), ('order.cancelled', 'order', 'closes'),
    ('application.progressed', 'application', ''), ('application.declined', 'application', 'closes'),
    ('application.cancelled', 'application', 'closes');

-- The file of an event: its case_id; without one, what opens or ends a file is a file of its own.
CREATE TABLE filed AS
SELECT happened.*, kind, part, coalesce(case_id, source || '/' || event_id) AS file
FROM happened LEFT JOIN parts USING (type)
WHERE case_id IS NOT NULL OR part IN ('opens', 'resolves', 'dispatches', 'communicates');

CREATE TABLE files AS
SELECT customer, file, min(n) AS first_n, min(moment) AS first_at, max(moment) AS last_at, count(*) AS events,
       arg_min(reason, n) FILTER (reason IS NOT NULL) AS reason
FROM filed GROUP BY ALL;

-- A handover is another department than the last one known.
CREATE TABLE handed AS
SELECT customer, file, count(*) FILTER (department <> before) AS handovers
FROM (
    SELECT customer, file, department, lag(department) OVER (PARTITION BY customer, file ORDER BY n) AS before
    FROM filed WHERE department IS NOT NULL
)
GROUP BY ALL;

CREATE TABLE told_parts AS
SELECT customer, file, kind,
       min(moment) FILTER (part = 'opens') AS opened_at,
       min(moment) FILTER (part = 'dispatches') AS dispatched_at,
       min(moment) FILTER (part = 'resolves') AS resolved_first_at, max(moment) FILTER (part = 'resolves') AS resolved_last_at,
       max(moment) FILTER (part = 'closes') AS closed_at, min(moment) FILTER (part = 'communicates') AS communicated_at,
       min(moment) FILTER (part IN ('resolves', 'dispatches', 'communicates')) AS first_end,
       -- The promise that the first delivery kept or broke.
       epoch_us((arg_min(data, n) FILTER (type = 'order.delivered')->>'promised_at')::TIMESTAMPTZ) AS promised_at,
       count(*) FILTER (part = 'reopens') AS reopened, count(*) FILTER (part = 'reassigns') AS reassigned,
       count(*) FILTER (part = 'escalates') AS escalated,
       coalesce(arg_min(data->>'kind', n) FILTER (type = 'feedback.received'), '') AS subject
FROM filed WHERE kind IS NOT NULL GROUP BY ALL;

-- The first answer after the opening: a step that somebody took, or a message that somebody sent. Within one
-- instant, often a whole day, the order of the fold does not say which came first.
CREATE TABLE responses AS
SELECT customer, file, told_parts.kind, min(moment) AS first_response_at
FROM told_parts JOIN filed USING (customer, file)
WHERE filed.moment >= opened_at
  AND (   (told_parts.kind = 'case'
           AND type IN ('case.triaged', 'case.assigned', 'case.in_progress', 'case.escalated', 'case.resolved'))
       OR (told_parts.kind = 'feedback'
           AND type IN ('feedback.dispatched', 'feedback.resolved', 'feedback.communicated'))
       OR (told_parts.kind IN ('case', 'feedback') AND type = 'interaction.message_sent'
           AND direction = 'outbound' AND actor IN ('agent', 'partner')))
GROUP BY ALL;

-- Waiting runs from the step that says so to the next step of the case, and counts while the case is not ended: it is
-- taken off the time to the resolution, so what follows a resolution counts only once the case is opened again.
CREATE TABLE waits AS
SELECT customer, file, sum(until_at - moment)::BIGINT AS awaiting_customer
FROM (
    SELECT *, lead(moment) OVER steps AS until_at,
           coalesce(last_value(CASE WHEN part IN ('resolves', 'closes') THEN true
                                    WHEN part = 'reopens' THEN false END IGNORE NULLS) OVER steps, false)
               AS ended
    FROM filed WHERE kind = 'case' WINDOW steps AS (PARTITION BY customer, file ORDER BY n)
)
WHERE part = 'awaits' AND NOT ended AND until_at IS NOT NULL
GROUP BY ALL;

CREATE TABLE expected_cases AS
SELECT told_parts.* EXCLUDE (file, first_end), file AS case_id, first_response_at, first_at, last_at,
       coalesce(handovers, 0) AS handovers, events,
       CASE WHEN kind = 'case' THEN coalesce(awaiting_customer, 0) ELSE 0 END AS awaiting_customer,
       coalesce(opening.channel, '') AS channel, coalesce(opening.department, '') AS department,
       coalesce((SELECT arg_max(stages.stage, walk.n) FROM walk JOIN stages USING (place)
                 WHERE walk.customer = told_parts.customer AND walk.n <= first_n), '') AS stage,
       (SELECT coalesce(json_group_object(scheme, segment), '{}') FROM segments
        WHERE segments.customer = told_parts.customer AND segments.n <= first_n
          AND (until_n IS NULL OR until_n > first_n)) AS segments,
       coalesce(files.reason, '') AS reason,
       (first_end IS NOT NULL AND (opened_at IS NULL OR first_end < opened_at))::INTEGER AS out_of_order
FROM told_parts
JOIN files USING (customer, file)
LEFT JOIN handed USING (customer, file)
LEFT JOIN responses USING (customer, file, kind)
LEFT JOIN waits USING (customer, file)
JOIN happened AS opening ON opening.customer = told_parts.customer AND opening.n = first_n;
