-- Schema galley_docs: what tables of documents need, the same as the embedded
-- engine has built in. Functions are made once: replacing them at each start
-- would make all nodes wait for each other.
do $$
begin
  if to_regnamespace('galley_docs') is null then
    create schema galley_docs;
    grant usage on schema galley_docs to public;
  end if;

  -- RFC 7396, 2: a merge patch applied to a document, NULL where there is none yet.
  if to_regprocedure('galley_docs.merge_patch(jsonb, jsonb)') is null then
    create function galley_docs.merge_patch(target jsonb, patch jsonb) returns jsonb
    language plpgsql immutable parallel safe as $f$
    begin
      if patch is null or jsonb_typeof(patch) <> 'object' then
        return patch;
      end if;
      if target is null or jsonb_typeof(target) <> 'object' then
        target := '{}';
      end if;
      return coalesce((
        select jsonb_object_agg(m.key, m.value)
        from (
          select o.key, o.value from jsonb_each(target) o where not patch ? o.key
          union all
          select p.key, case jsonb_typeof(p.value)
            when 'object' then galley_docs.merge_patch(target -> p.key, p.value)
            else p.value end
          from jsonb_each(patch) p where p.value <> 'null'
        ) m), '{}');
    end
    $f$;
  end if;
end
$$;
