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

  -- Whether a string has a format of JSON Schema. The shapes are those of RFC 3339
  -- and RFC 9562; what is an address of mail is what has one @ and a dot after it.
  if to_regprocedure('galley_docs.has_format(text, text)') is null then
    create function galley_docs.has_format(format text, value text) returns boolean
    language plpgsql immutable parallel safe as $f$
    declare
      day constant text := '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])';
      y integer; m integer;
    begin
      case format
      when 'uuid' then return value ~ '^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$';
      when 'email' then return value ~ '^[^@[:space:]]+@[^@[:space:]]+[.][^@[:space:]]+$';
      when 'date' then
        if value !~ (day || '$') then return false; end if;
      when 'date-time' then
        if value !~ (day || '[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]+)?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$') then
          return false;
        end if;
      else
        raise exception 'the format "%" of a JSON schema is not supported', format using errcode = '0A000';
      end case;
      y := substr(value, 1, 4); m := substr(value, 6, 2);
      return substr(value, 9, 2)::integer <= case
        when m in (4, 6, 9, 11) then 30
        when m <> 2 then 31
        when y % 4 = 0 and (y % 100 <> 0 or y % 400 = 0) then 29
        else 28 end;
    end
    $f$;
  end if;

  -- Whether a value meets a part of a JSON Schema (draft 2020-12). A keyword that
  -- is not known here is refused, never passed over.
  if to_regprocedure('galley_docs.valid_at(jsonb, jsonb, jsonb)') is null then
    create function galley_docs.valid_at(root jsonb, s jsonb, d jsonb) returns boolean
    language plpgsql immutable parallel safe as $f$
    declare
      kind constant text := jsonb_typeof(d);
      k text; v jsonb; t text; part jsonb; n numeric; size bigint; ok boolean;
    begin
      if jsonb_typeof(s) = 'boolean' then
        return s = 'true';
      elsif s is null or jsonb_typeof(s) <> 'object' then
        raise exception 'the JSON schema is not valid' using errcode = '22023';
      end if;
      t := case when kind = 'string' then d #>> '{}' end;
      n := case when kind = 'number' then (d #>> '{}')::numeric end;
      size := case kind when 'array' then jsonb_array_length(d)
        when 'object' then (select count(*) from jsonb_object_keys(d)) end;
      for k, v in select e.key, e.value from jsonb_each(s) e loop
        ok := true;
        case k
        when '$schema', '$comment', '$defs', 'title', 'description', 'default', 'examples', 'deprecated',
          'readOnly', 'writeOnly', 'prefixItems', 'then', 'else', 'properties', 'patternProperties' then
          null; -- says nothing by itself, or is looked at below
        when '$ref' then
          if (v #>> '{}') !~ '^#(/[^%]*)?$' then
            raise exception 'the reference % of a JSON schema is not supported', v using errcode = '0A000';
          end if;
          part := root #> array(select replace(replace(p, '~1', '/'), '~0', '~')
            from unnest((string_to_array(v #>> '{}', '/'))[2:]) with ordinality u(p, i) order by i);
          ok := galley_docs.valid_at(root, part, d);
        when 'type' then
          ok := exists (select from jsonb_array_elements_text(case jsonb_typeof(v) when 'array' then v else jsonb_build_array(v) end) a(name)
            where a.name = kind or a.name = 'integer' and n = trunc(n));
        when 'const' then ok := d = v;
        when 'enum' then ok := exists (select from jsonb_array_elements(v) e where e = d);
        when 'minimum' then ok := n is null or n >= (v #>> '{}')::numeric;
        when 'maximum' then ok := n is null or n <= (v #>> '{}')::numeric;
        when 'exclusiveMinimum' then ok := n is null or n > (v #>> '{}')::numeric;
        when 'exclusiveMaximum' then ok := n is null or n < (v #>> '{}')::numeric;
        when 'multipleOf' then ok := n is null or n % (v #>> '{}')::numeric = 0;
        when 'minLength' then ok := t is null or length(t) >= (v #>> '{}')::numeric;
        when 'maxLength' then ok := t is null or length(t) <= (v #>> '{}')::numeric;
        when 'pattern' then ok := t is null or t ~ (v #>> '{}');
        when 'format' then ok := t is null or galley_docs.has_format(v #>> '{}', t);
        when 'minItems' then ok := kind <> 'array' or size >= (v #>> '{}')::numeric;
        when 'maxItems' then ok := kind <> 'array' or size <= (v #>> '{}')::numeric;
        when 'minProperties' then ok := kind <> 'object' or size >= (v #>> '{}')::numeric;
        when 'maxProperties' then ok := kind <> 'object' or size <= (v #>> '{}')::numeric;
        when 'required' then
          ok := kind <> 'object' or not exists (select from jsonb_array_elements_text(v) r(name) where not d ? r.name);
        when 'allOf' then
          ok := not exists (select from jsonb_array_elements(v) e where not galley_docs.valid_at(root, e, d));
        when 'anyOf' then
          ok := exists (select from jsonb_array_elements(v) e where galley_docs.valid_at(root, e, d));
        when 'oneOf' then
          ok := (select count(*) = 1 from jsonb_array_elements(v) e where galley_docs.valid_at(root, e, d));
        when 'not' then ok := not galley_docs.valid_at(root, v, d);
        when 'if' then
          if galley_docs.valid_at(root, v, d) then
            ok := not s ? 'then' or galley_docs.valid_at(root, s -> 'then', d);
          else
            ok := not s ? 'else' or galley_docs.valid_at(root, s -> 'else', d);
          end if;
        when 'items' then
          size := coalesce(jsonb_array_length(s -> 'prefixItems'), 0);
          ok := kind <> 'array' or not exists (select from jsonb_array_elements(d) with ordinality e(item, i)
            where i > size and not galley_docs.valid_at(root, v, e.item));
          size := case kind when 'array' then jsonb_array_length(d)
            when 'object' then (select count(*) from jsonb_object_keys(d)) end;
        when 'contains' then
          ok := kind <> 'array' or exists (select from jsonb_array_elements(d) e where galley_docs.valid_at(root, v, e));
        when 'uniqueItems' then
          ok := kind <> 'array' or v <> 'true' or (select count(*) = count(distinct e) from jsonb_array_elements(d) e);
        when 'propertyNames' then
          ok := kind <> 'object' or not exists (select from jsonb_object_keys(d) o(name)
            where not galley_docs.valid_at(root, v, to_jsonb(o.name)));
        when 'additionalProperties' then
          ok := kind <> 'object' or not exists (select from jsonb_each(d) e
            where not coalesce(s -> 'properties' ? e.key, false)
              and not exists (select from jsonb_object_keys(s -> 'patternProperties') o(re) where e.key ~ o.re)
              and not galley_docs.valid_at(root, v, e.value));
        else
          raise exception 'the keyword "%" of a JSON schema is not supported', k using errcode = '0A000';
        end case;
        if not ok then
          return false;
        end if;
      end loop;
      if kind = 'array' and s ? 'prefixItems' then
        return not exists (select from jsonb_array_elements(s -> 'prefixItems') with ordinality p(part, i)
          where i <= size and not galley_docs.valid_at(root, p.part, d -> (i - 1)::integer));
      elsif kind <> 'object' then
        return true;
      end if;
      return not exists (select from jsonb_each(s -> 'properties') p
          where d ? p.key and not galley_docs.valid_at(root, p.value, d -> p.key))
        and not exists (select from jsonb_each(s -> 'patternProperties') p, jsonb_each(d) e
          where e.key ~ p.key and not galley_docs.valid_at(root, p.value, e.value));
    end
    $f$;
  end if;

  -- The check of a document against a JSON Schema, for constraints. The search path
  -- is set, so that no operator of somebody else's takes part.
  if to_regprocedure('galley_docs.valid(jsonb, jsonb)') is null then
    create function galley_docs.valid(schema jsonb, document jsonb) returns boolean
    language sql immutable strict parallel safe set search_path = pg_catalog as $f$
      select galley_docs.valid_at(schema, schema, document)
    $f$;
  end if;

  -- The trigger that keeps the times of a row.
  if to_regprocedure('galley_docs.touch()') is null then
    create function galley_docs.touch() returns trigger language plpgsql as $f$
    begin
      new.created_at := old.created_at;
      new.updated_at := now();
      return new;
    end
    $f$;
  end if;
end
$$;
