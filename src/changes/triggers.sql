revoke all on function glowplug_live.note() from public;
do $$
declare
    named text;
    relation oid;
begin
    foreach named in array current_setting('glowplug.tables')::text[] loop
        relation := to_regclass(named);
        if relation is null then
            raise exception 'there is no table %', named using hint = 'Name it with its schema, as in public.task.';
        end if;
        if (select relkind not in ('r', 'p') from pg_class where oid = relation) then
            raise exception '% is not a table', named using hint = 'Name the tables that it reads.';
        end if;
        -- A statement fires the triggers of the table that it names, not those of its partitions or children.
        for relation in
            with recursive tree(oid) as (
                select relation
                union
                select i.inhrelid from tree as t join pg_inherits as i on i.inhparent = t.oid
            )
            select t.oid from tree as t join pg_class as c on c.oid = t.oid and c.relkind in ('r', 'p')
        loop
            if not exists (select from pg_trigger where tgrelid = relation and tgname = 'glowplug_live') then
                execute format(
                    'create trigger glowplug_live after insert or update or delete or truncate on %s '
                    'for each statement execute function glowplug_live.note()',
                    relation::regclass
                );
            end if;
            -- The trigger fires under any session_replication_role. If it is disabled later, it no longer has this state, which shows that
            -- it was.
            execute format('alter table %s enable always trigger glowplug_live', relation::regclass);
        end loop;
    end loop;
end
$$;
-- Changes from before there was a trigger were not recorded.
insert into glowplug_live.pruned (before) values ((pg_current_xact_id()::text::int8 + 1)::text::xid8)
on conflict (one) do update set before = greatest(pruned.before, excluded.before);
