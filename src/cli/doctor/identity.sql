-- Which server and database it is (manual, section 9.27), and how many bytes of its log it has written or replayed.
select pg_catalog.json_build_object(
    'system', (select system_identifier::text from pg_catalog.pg_control_system()),
    'database', (select oid::bigint from pg_catalog.pg_database where datname = pg_catalog.current_database()),
    'is_standby', pg_catalog.pg_is_in_recovery(),
    'position', (case when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_last_wal_replay_lsn()
        else pg_catalog.pg_current_wal_lsn() end) operator(pg_catalog.-) '0/0'::pg_catalog.pg_lsn
)::text
