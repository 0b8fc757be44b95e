-- Tells of changes of a table whose rows are kept in memory: every node, once they are
-- committed, and the connection of a node that makes them, at once. Only Galley's own
-- sessions have set request.method.
do $$
begin
  if to_regprocedure('galley.rows_changed()') is null then
    create function galley.rows_changed() returns trigger language plpgsql
      set search_path = '' set client_min_messages = notice as $f$
    begin
      perform pg_catalog.pg_notify('galley_rows', tg_relid::pg_catalog.text);
      if pg_catalog.current_setting('request.method', true) is not null then
        raise notice 'galley_rows' using detail = tg_relid::pg_catalog.text;
      end if;
      return null;
    end
    $f$;
  end if;
end
$$;
