-- A thousand tables of twenty columns, each with a key to the one before it.
do $$
begin
  for number in 1..1000 loop
    execute format(
      'create table item_%1$s (
        id bigint generated always as identity primary key,
        parent_id bigint references item_%2$s (id),
        code text not null unique,
        name text not null,
        description text,
        is_active boolean not null default true,
        amount numeric(12, 2),
        ratio double precision,
        small smallint,
        medium integer not null default 0,
        big bigint,
        day date,
        moment timestamptz not null default now(),
        clock time,
        token uuid not null default gen_random_uuid(),
        tags text[] not null default ''{}'',
        numbers integer[],
        details jsonb,
        note varchar(80),
        flag char(1)
      )',
      number, greatest(number - 1, 1)
    );
  end loop;
  insert into item_999 (code, name) values ('a', 'The one row');
end
$$;
