-- Channel history (DOMAIN, "What the projections answer" and "channel switching"). Given: happened, registry.

-- Consecutive contacts on known channels, at most seven days apart or of the same case; what goes on with the same
-- interaction on the same channel is no second contact.
CREATE TABLE pairs AS
SELECT customer, before, channel, channel <> before AS switched, n
FROM (
    SELECT customer, n, moment, channel, case_id, interaction_id,
           lag(channel) OVER contacts AS before, lag(moment) OVER contacts AS before_at,
           lag(case_id) OVER contacts AS before_case, lag(interaction_id) OVER contacts AS before_interaction
    FROM happened WHERE contact AND channel IS NOT NULL
    WINDOW contacts AS (PARTITION BY customer ORDER BY n)
)
WHERE before IS NOT NULL
  AND (moment - before_at <= 7 * 86400000000 OR coalesce(case_id = before_case, false))
  AND NOT coalesce(channel = before AND interaction_id = before_interaction, false);

CREATE TABLE said_outcomes AS
SELECT customer, channel, json_group_object(outcome, times) AS outcomes
FROM (
    SELECT customer, coalesce(channel, '') AS channel, coalesce(outcome, data->>'outcome') AS outcome, count(*) AS times
    FROM happened WHERE touchpoint AND coalesce(outcome, data->>'outcome') IS NOT NULL
    GROUP BY ALL
)
GROUP BY ALL;

-- A scale is written from worst to best.
CREATE TABLE given_ratings AS
SELECT customer, channel, json_group_object(scale, [n, total]) AS ratings
FROM (
    SELECT customer, coalesce(channel, '') AS channel,
           (data->>'metric') || '|' || CASE WHEN data->>'high_is' = 'bad' THEN high || '-' || low
                                            ELSE low || '-' || high END AS scale,
           count(*) AS n, sum((data->>'score')::DECIMAL(18, 4))::DOUBLE AS total
    FROM (SELECT *, (data->>'scale_min')::DOUBLE::INTEGER::TEXT AS low, (data->>'scale_max')::DOUBLE::INTEGER::TEXT AS high
          FROM happened WHERE type = 'survey.responded')
    GROUP BY ALL
)
GROUP BY ALL;

CREATE TABLE preferred AS
SELECT customer, max_by(data->>'preferred_channel', n) AS channel
FROM happened WHERE type = 'preference.set' GROUP BY customer;

CREATE TABLE expected_channels AS
SELECT met.*, coalesce(outcomes, '{}') AS outcomes, coalesce(ratings, '{}') AS ratings,
       (SELECT count(*) FROM pairs WHERE switched AND pairs.customer = met.customer AND pairs.channel = met.channel)
           AS switches_in,
       (SELECT count(*) FROM pairs WHERE switched AND pairs.customer = met.customer AND before = met.channel)
           AS switches_out,
       (preferred.channel = met.channel)::INTEGER AS preferred
FROM (
    SELECT customer, coalesce(channel, '') AS channel, min(moment) AS first_at, max(moment) AS last_at, count(*) AS touchpoints,
           count(*) FILTER (direction = 'inbound') AS inbound, count(*) FILTER (direction = 'outbound') AS outbound,
           count(*) FILTER (direction IS NULL) AS undirected,
           count(*) FILTER (assistance = 'assisted') AS assisted,
           count(*) FILTER (assistance = 'unassisted') AS unassisted,
           count(*) FILTER (type = 'interaction.started') AS started,
           count(*) FILTER (type = 'interaction.completed') AS completed,
           count(*) FILTER (type = 'interaction.abandoned') AS abandoned
    FROM happened LEFT JOIN registry USING (channel)
    WHERE touchpoint
    GROUP BY customer, coalesce(happened.channel, '')
) AS met
LEFT JOIN said_outcomes USING (customer, channel)
LEFT JOIN given_ratings USING (customer, channel)
LEFT JOIN preferred ON preferred.customer = met.customer;

-- Where a contact that switched came from.
CREATE TABLE expected_pairs AS
SELECT customer, channel, CASE WHEN switched THEN before ELSE '' END AS before,
       CASE WHEN switched THEN 'switched' ELSE 'same' END AS value, count(*) AS n
FROM pairs GROUP BY ALL;

-- Touchpoints on a known channel of a customer who had a preference by then.
CREATE TABLE expected_suiting AS
SELECT customer, channel, coalesce(direction, '') AS direction,
       CASE WHEN preferred = channel THEN 'preferred' ELSE 'other' END AS suits, count(*) AS n
FROM (
    SELECT *, last_value(CASE WHEN type = 'preference.set' THEN data->>'preferred_channel' END IGNORE NULLS)
              OVER (PARTITION BY customer ORDER BY n) AS preferred
    FROM happened
)
WHERE touchpoint AND channel IS NOT NULL AND preferred IS NOT NULL
GROUP BY ALL;
