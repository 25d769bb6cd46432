create table reading (meter text, day date, litres integer, primary key (meter, day)) partition by range (day);
create table reading_2024 partition of reading for values from ('2024-01-01') to ('2025-01-01');
create table reading_rest partition of reading default;
insert into reading values ('a', '2024-05-01', 5), ('a', '2023-05-01', 7), ('b', '2024-05-01', 9);
create view meter_total as select meter, sum(litres) as litres from reading group by meter;
comment on view meter_total is '@graphql({"primary_key_columns": ["meter"], "max_rows": 1, "foreign_keys": [{"local_name": "total", "local_columns": ["meter"], "foreign_name": "readings", "foreign_schema": "public", "foreign_table": "reading", "foreign_columns": ["meter"]}]})';
