-- Every visit with what happened inside. Given: happened, segments, primary_visits, overlay_visits.

CREATE TABLE every_visit AS FROM primary_visits UNION ALL BY NAME FROM overlay_visits;

CREATE TABLE inside AS
SELECT visit.customer, track, number,
       count(*) FILTER (touchpoint) AS touchpoints,
       coalesce(list_sort(list(DISTINCT channel) FILTER (touchpoint AND channel IS NOT NULL)), []) AS channels,
       coalesce(sum((data->>'minutes')::DOUBLE) FILTER (type = 'work.completed'), 0) AS minutes
FROM every_visit AS visit
JOIN happened ON happened.customer = visit.customer AND happened.n >= visit.n
             AND (left_n IS NULL OR happened.n < left_n)
GROUP BY ALL;

CREATE TABLE spent AS
SELECT customer, track, number, json_group_object(currency, total) AS cost
FROM (
    SELECT visit.customer, track, number, data->>'currency' AS currency,
           sum(((data->>'cost')::DECIMAL(18, 4) * 10000)::BIGINT)::BIGINT AS total
    FROM every_visit AS visit
    JOIN happened ON happened.customer = visit.customer AND happened.n >= visit.n
                 AND (left_n IS NULL OR happened.n < left_n)
    WHERE type = 'work.completed' AND data->>'cost' IS NOT NULL
    GROUP BY ALL
)
GROUP BY ALL;

CREATE TABLE expected_visits AS
SELECT visit.* EXCLUDE (n, left_n), touchpoints, channels, minutes, coalesce(cost, '{}') AS cost,
       coalesce(entry.channel, '') AS channel, coalesce(entry.department, '') AS department,
       (SELECT coalesce(json_group_object(scheme, segment), '{}') FROM segments
        WHERE segments.customer = visit.customer AND segments.n <= visit.n
          AND (until_n IS NULL OR until_n > visit.n)) AS segments
FROM every_visit AS visit
JOIN happened AS entry ON entry.customer = visit.customer AND entry.n = visit.n
JOIN inside ON inside.customer = visit.customer AND inside.track = visit.track AND inside.number = visit.number
LEFT JOIN spent ON spent.customer = visit.customer AND spent.track = visit.track AND spent.number = visit.number;
