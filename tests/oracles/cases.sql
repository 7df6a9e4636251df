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
       coalesce(arg_min(data->>'kind', n) FILTER (type = 'feedback.received'), '') AS subject,
       coalesce(arg_min(data->>'theme', n) FILTER (type = 'feedback.received' AND data->>'theme' IS NOT NULL), '') AS theme,
       -- It stands resolved or closed where nothing opened it again since.
       coalesce(arg_max(part, n) FILTER (part IN ('resolves', 'closes', 'reopens')) <> 'reopens', false)::INTEGER AS settled
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
CREATE TABLE waited AS
SELECT customer, file, n, moment AS since, until_at
FROM (
    SELECT *, lead(moment) OVER steps AS until_at,
           coalesce(last_value(CASE WHEN part IN ('resolves', 'closes') THEN true
                                    WHEN part = 'reopens' THEN false END IGNORE NULLS) OVER steps, false)
               AS ended
    FROM filed WHERE kind = 'case' WINDOW steps AS (PARTITION BY customer, file ORDER BY n)
)
WHERE part = 'awaits' AND NOT ended;

-- Of the whole wait, what lies before the first response, and what before the first and the last resolution.
CREATE TABLE waits AS
SELECT waited.customer, waited.file,
       coalesce(sum(until_at - since), 0)::BIGINT AS awaiting_customer,
       max(since) FILTER (until_at IS NULL) AS waiting_since,
       coalesce(sum(least(until_at, first_response_at) - since) FILTER (since < first_response_at), 0)::BIGINT AS awaited_response,
       coalesce(sum(until_at - since) FILTER (n < first_n), 0)::BIGINT AS awaited_first,
       coalesce(sum(until_at - since) FILTER (n < last_n), 0)::BIGINT AS awaited_last
FROM waited
LEFT JOIN responses ON responses.customer = waited.customer AND responses.file = waited.file AND responses.kind = 'case'
LEFT JOIN (SELECT customer, file, min(n) AS first_n, max(n) AS last_n FROM filed WHERE type = 'case.resolved' GROUP BY ALL) AS resolved
       ON resolved.customer = waited.customer AND resolved.file = waited.file
GROUP BY ALL;

-- Where feedback was sent: to another department than before is a dispatch that had gone wrong.
CREATE TABLE sent AS
SELECT customer, file, count(*) AS dispatches, coalesce(arg_min(place, n) FILTER (place IS NOT NULL), '') AS dispatched_to,
       CASE WHEN count(*) FILTER (place <> before) > 0 THEN count(*) FILTER (place <> before)
            WHEN count(*) > 1 AND count(*) > count(place) THEN NULL ELSE 0 END AS redispatched
FROM (
    SELECT *, lag(place IGNORE NULLS) OVER (PARTITION BY customer, file ORDER BY n) AS before
    FROM (SELECT *, coalesce(data->>'department', department) AS place FROM filed WHERE type = 'feedback.dispatched')
)
GROUP BY ALL;

-- The contacts of a file, one interaction counted once; a switch is another channel than the last known one.
CREATE TABLE met AS
SELECT customer, file, count(*) FILTER (interaction_id IS NULL) + count(DISTINCT interaction_id) AS contacts,
       count(*) FILTER (channel <> before) AS switches,
       count(*) FILTER (type = 'interaction.completed' AND (data->>'repeated_information')::BOOLEAN
                        OR type = 'information.requested' AND json_array_length(data->'already_held') > 0) AS repeated
FROM (
    SELECT *, lag(channel IGNORE NULLS) OVER (PARTITION BY customer, file ORDER BY n) AS before FROM filed WHERE contact
)
GROUP BY ALL;

CREATE TABLE expected_cases AS
SELECT told_parts.* EXCLUDE (file, first_end), file AS case_id, first_response_at, first_at, last_at,
       coalesce(handovers, 0) AS handovers, events,
       CASE WHEN kind = 'case' THEN coalesce(awaiting_customer, 0) ELSE 0 END AS awaiting_customer,
       CASE WHEN kind = 'case' THEN waiting_since END AS waiting_since,
       CASE WHEN kind = 'case' THEN coalesce(awaited_response, 0) ELSE 0 END AS awaited_response,
       CASE WHEN kind = 'case' THEN coalesce(awaited_first, 0) ELSE 0 END AS awaited_first,
       CASE WHEN kind = 'case' THEN coalesce(awaited_last, 0) ELSE 0 END AS awaited_last,
       CASE WHEN kind = 'feedback' THEN coalesce(dispatches, 0) ELSE 0 END AS dispatches,
       CASE WHEN kind = 'feedback' AND dispatches IS NOT NULL THEN redispatched ELSE 0 END AS redispatched,
       CASE WHEN kind = 'feedback' THEN coalesce(dispatched_to, '') ELSE '' END AS dispatched_to,
       coalesce(contacts, 0) AS contacts, coalesce(switches, 0) AS switches, coalesce(repeated, 0) AS repeated,
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
LEFT JOIN sent USING (customer, file)
LEFT JOIN met USING (customer, file)
JOIN happened AS opening ON opening.customer = told_parts.customer AND opening.n = first_n;
