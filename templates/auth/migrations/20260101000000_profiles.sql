-- What people tell of themselves. Their address, password and factors are in schema
-- auth, which is Galley's; whoever is deleted there loses the profile with it.
--
-- A profile is made by the hook access_token at the first sign-in, so that nobody has
-- one who never confirmed an address.

create table profiles (
  id         uuid primary key references auth.users (id) on delete cascade,
  name       text not null check (length(trim(name)) between 1 and 60),
  bio        text not null default '' check (length(bio) <= 500),
  created_at timestamptz not null default now()
);

-- By default Galley grants all on new tables to anon and authenticated, and leaves it
-- to policies. Here columns matter too: of a profile its owner changes these two.
revoke all on profiles from anon, authenticated;
grant select, update (name, bio) on profiles to authenticated;

-- Who has a second factor has to have proven it in this session: a password alone
-- reads nothing. The hook puts the claim has_factor into the token.
create function proven() returns boolean language sql stable as $$
  select auth.uid() is not null
    and (auth.jwt() ->> 'aal' = 'aal2' or not coalesce((auth.jwt() ->> 'has_factor')::boolean, false))
$$;

create policy "one's own profile" on profiles for select to authenticated
  using (id = auth.uid() and proven());
create policy "changes of one's own profile" on profiles for update to authenticated
  using (id = auth.uid() and proven()) with check (id = auth.uid() and proven());
