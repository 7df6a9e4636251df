"""The only home of SQL: the log, its heads, the read model and the queries behind figures."""
