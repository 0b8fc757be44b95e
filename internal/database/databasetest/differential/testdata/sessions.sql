select auth.uid(), auth.role(), auth.email(), auth.jwt()

-- claims: {"sub": "11111111-1111-1111-1111-111111111111", "role": "x", "email": "e@x.org", "n": 1.50, "deep": {"b": 1, "a": [true, null]}}
select auth.uid(), auth.role(), auth.email(), auth.jwt()

-- claims: {"sub": "nope"}
select auth.uid()

-- claims: {"sub": null, "role": 5, "email": {"a": 1}}
select auth.uid(), auth.role(), auth.email()

-- claims: {"app_metadata": {"roles": ["admin"]}}
select auth.jwt() -> 'app_metadata' -> 'roles' ->> 0, auth.jwt() -> 'app_metadata' ->> 'roles'

-- claims: {"a": 1}
select current_setting('request.jwt.claims', true)

-- claims: {"a": 1}
select current_setting('request.jwt.claims', true)::jsonb ->> 'a'

select current_setting('galley.unknown', true)

select current_setting('galley.unknown')

-- role: anon
select current_user

-- role: authenticated
select current_user, current_role

select nope()

select auth.nope()

select lower(1)

select lower('a', 'b')
