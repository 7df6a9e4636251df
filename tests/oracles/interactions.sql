-- Interactions, and the handovers between departments. Given: happened, segments, walk, stages, registry.

-- The interaction of an event: the one it names; without one, an end is an interaction of its own. A customer meets
-- the company in contacts and in the interaction's own steps; what is asked or written about it later is no meeting.
CREATE TABLE talked AS
SELECT happened.*, coalesce(interaction_id, source || '/' || event_id) AS name,
       contact OR type LIKE 'interaction.%' OR type = 'opportunity.unsupported' AS meets
FROM happened
WHERE interaction_id IS NOT NULL OR type IN ('interaction.completed', 'interaction.abandoned');

CREATE TABLE met_on AS
SELECT customer, name, arg_min(channel, n) AS channel, arg_max(channel, n) AS last_channel,
       count(*) FILTER (channel <> before) AS switches, bool_or(coalesce(assistance = 'assisted', false)) AS assisted
FROM (
    SELECT customer, name, channel, n, lag(channel) OVER (PARTITION BY customer, name ORDER BY n) AS before
    FROM talked WHERE meets AND channel IS NOT NULL
)
LEFT JOIN registry USING (channel)
GROUP BY ALL;

CREATE TABLE told_interactions AS
SELECT customer, name, min(n) AS first_n, min(moment) AS first_at, max(moment) AS last_at, count(*) AS events,
       min(moment) FILTER (type = 'interaction.started') AS started_at,
       min(moment) FILTER (type = 'interaction.message_sent' AND direction = 'outbound') AS responded_at,
       max(moment) FILTER (type IN ('interaction.completed', 'interaction.abandoned')) AS ended_at,
       arg_max(type, n) FILTER (type IN ('interaction.completed', 'interaction.abandoned')) AS ending,
       coalesce(arg_min(direction, n) FILTER (type = 'interaction.started'), arg_min(direction, n)) AS direction,
       arg_min(department, n) AS department, arg_min(case_id, n) AS case_id, arg_min(reason, n) AS reason,
       arg_max(coalesce(outcome, CASE WHEN type = 'interaction.completed' THEN data->>'outcome' END), n) AS outcome,
       arg_max((data->>'objective_achieved')::BOOLEAN::INTEGER, n) FILTER (type = 'interaction.completed') AS achieved,
       arg_max((data->>'repeated_information')::BOOLEAN::INTEGER, n) FILTER (type = 'interaction.completed')
           AS repeated,
       coalesce(bool_or(actor IN ('agent', 'partner')), false) AS acted,
       count(*) FILTER (type = 'interaction.handed_over') AS handed_over,
       count(*) FILTER (type = 'interaction.message_sent') AS messages,
       count(*) FILTER (type = 'opportunity.unsupported') AS unsupported
FROM talked GROUP BY ALL;

CREATE TABLE expected_interactions AS
SELECT told.customer, name AS interaction_id, first_at, last_at, started_at, responded_at, ended_at,
       coalesce(replace(ending, 'interaction.', ''), '') AS ending, coalesce(direction, '') AS direction,
       coalesce(met_on.channel, '') AS channel, coalesce(assistance, '') AS assistance,
       coalesce(last_channel, '') AS last_channel, coalesce(department, '') AS department,
       coalesce((SELECT arg_max(stages.stage, walk.n) FROM walk JOIN stages USING (place)
                 WHERE walk.customer = told.customer AND walk.n <= first_n), '') AS stage,
       (SELECT coalesce(json_group_object(scheme, segment), '{}') FROM segments
        WHERE segments.customer = told.customer AND segments.n <= first_n
          AND (until_n IS NULL OR until_n > first_n)) AS segments,
       coalesce(case_id, '') AS case_id, coalesce(reason, '') AS reason, coalesce(outcome, '') AS outcome,
       achieved, repeated, (acted OR coalesce(assisted, false))::INTEGER AS human, handed_over,
       coalesce(switches, 0) AS switches, messages, unsupported, events
FROM told_interactions AS told
LEFT JOIN met_on USING (customer, name)
LEFT JOIN registry ON registry.channel = met_on.channel;

-- A thread is a file with the interactions that named it by then, or an interaction by itself.
CREATE TABLE threads AS
SELECT customer, n, moment, source, event_id, type, channel, interaction_id, case_id,
       coalesce(case_id, '') || '|' || CASE WHEN case_id IS NULL THEN interaction_id ELSE '' END AS thread,
       CASE WHEN type = 'feedback.dispatched' THEN coalesce(data->>'department', department) ELSE department END
           AS department,
       type = 'interaction.handed_over' AND data->>'to' IS NOT NULL AS announces,
       CASE WHEN case_id IS NULL THEN 1
            ELSE list_position(['interaction', 'application', 'order', 'feedback', 'case'], split_part(type, '.', 1))
       END AS kind
FROM (
    SELECT * REPLACE (
        CASE WHEN interaction_id IS NULL THEN case_id
             ELSE last_value(case_id IGNORE NULLS) OVER (PARTITION BY customer, interaction_id ORDER BY n) END AS case_id
    )
    FROM happened
)
WHERE case_id IS NOT NULL OR interaction_id IS NOT NULL;

-- Handovers of the threads in which none was announced: there every change of department is one.
CREATE TABLE changes AS
SELECT *, lag(department) OVER thread AS giver, lag(moment) OVER thread AS given_at
FROM threads
WHERE department IS NOT NULL
  AND (customer, thread) NOT IN (SELECT (customer, thread) FROM threads WHERE announces)
WINDOW thread AS (PARTITION BY customer, thread ORDER BY n);

CREATE TABLE expected_handovers AS
SELECT passed.customer, source, event_id, giver AS from_department, department AS to_department, moment AS at,
       moment - given_at AS wait, coalesce(channel, '') AS channel, coalesce(case_id, '') AS case_id,
       coalesce(interaction_id, '') AS interaction_id, 0 AS announced,
       coalesce(['interaction', 'application', 'order', 'feedback', 'case'][kinds.kind], '') AS kind,
       EXISTS (FROM changes AS earlier
               WHERE earlier.customer = passed.customer AND earlier.thread = passed.thread AND earlier.n < passed.n
                 AND earlier.giver = passed.department AND earlier.department <> earlier.giver)::INTEGER AS bounced,
       coalesce((SELECT arg_max(stages.stage, walk.n) FROM walk JOIN stages USING (place)
                 WHERE walk.customer = passed.customer AND walk.n <= passed.n), '') AS stage,
       (SELECT coalesce(json_group_object(scheme, segment), '{}') FROM segments
        WHERE segments.customer = passed.customer AND segments.n <= passed.n
          AND (until_n IS NULL OR until_n > passed.n)) AS segments
FROM changes AS passed
JOIN (SELECT customer, thread, max(kind) AS kind FROM threads GROUP BY ALL) AS kinds
  ON kinds.customer = passed.customer AND kinds.thread = passed.thread
WHERE giver <> department;

-- The other files and interactions, whose handovers are told apart.
CREATE TABLE announcing AS
SELECT DISTINCT customer, coalesce(case_id, '') AS case_id, CASE WHEN case_id IS NULL THEN interaction_id END AS alone
FROM threads WHERE announces;
