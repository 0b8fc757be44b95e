-- What the pages show of clicks. Bots are counted apart. All of it runs as the caller:
-- the policies of links and clicks decide.

-- How often each of one's links was followed.
create view link_counts with (security_invoker = true) as
  select l.id as link, count(c.id) filter (where c.agent is distinct from 'bot') as clicks
  from links l left join clicks c on c.link = l.id
  group by l.id;
revoke all on link_counts from anon, authenticated;
grant select on link_counts to authenticated;

create function clicks_by_day(link bigint, days integer default 30)
returns table (day date, clicks bigint, visitors bigint) language sql stable as $$
  select (c.at at time zone 'UTC')::date, count(*), count(distinct c.visitor)
  from clicks c
  where c.link = $1 and c.agent is distinct from 'bot' and c.at >= now() - make_interval(days => least($2, 366))
  group by 1 order by 1
$$;

create function clicks_by(link bigint, what text, days integer default 30)
returns table (name text, clicks bigint) language sql stable as $$
  select case $2 when 'referrer' then coalesce(c.referrer, 'direct') when 'country' then coalesce(c.country, 'unknown') else coalesce(c.agent, 'other') end,
    count(*)
  from clicks c
  where c.link = $1 and ($2 = 'agent' or c.agent is distinct from 'bot') and c.at >= now() - make_interval(days => least($3, 366))
  group by 1 order by 2 desc, 1 limit 10
$$;
revoke execute on function clicks_by_day(bigint, integer), clicks_by(bigint, text, integer) from public, anon;
grant execute on function clicks_by_day(bigint, integer), clicks_by(bigint, text, integer) to authenticated;
