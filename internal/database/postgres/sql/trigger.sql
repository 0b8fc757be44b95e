-- Tells every node of schema changes. Only a superuser can make event triggers;
-- without them the nodes poll.
do $$
begin
  if not (select rolsuper from pg_catalog.pg_roles where rolname = current_user) then
    return;
  end if;
  if to_regprocedure('galley.schema_changed()') is null then
    create function galley.schema_changed() returns event_trigger language plpgsql
      set search_path = pg_catalog as $f$
    begin
      perform pg_notify('galley_schema', tg_tag);
    end
    $f$;
  end if;
  if not exists (select from pg_catalog.pg_event_trigger where evtname = 'galley_schema_changed') then
    create event trigger galley_schema_changed on ddl_command_end execute function galley.schema_changed();
  end if;
end
$$;
