-- setup
drop role if exists dr_app;
create role dr_app

CREATE SCHEMA app

ALTER SCHEMA app OWNER TO postgres

CREATE TABLE app.profiles (id bigint NOT NULL, user_id uuid NOT NULL, name text, created_at timestamp with time zone DEFAULT now() NOT NULL)

ALTER TABLE app.profiles OWNER TO postgres

CREATE SEQUENCE app.profiles_id_seq START WITH 1 INCREMENT BY 1 NO MINVALUE NO MAXVALUE CACHE 1

ALTER TABLE app.profiles_id_seq OWNER TO postgres

ALTER SEQUENCE app.profiles_id_seq OWNED BY app.profiles.id

ALTER TABLE ONLY app.profiles ALTER COLUMN id SET DEFAULT nextval('app.profiles_id_seq'::regclass)

ALTER TABLE ONLY app.profiles ADD CONSTRAINT profiles_pkey PRIMARY KEY (id)

CREATE VIEW app.names WITH (security_invoker='true', security_barrier='false') AS SELECT profiles.id, profiles.name FROM app.profiles WHERE (profiles.name IS NOT NULL)

ALTER TABLE app.names OWNER TO postgres

COMMENT ON VIEW app.names IS 'Names only'

COMMENT ON COLUMN app.names.name IS 'The name'

CREATE POLICY "Users see their own" ON app.profiles FOR SELECT TO authenticated USING ((( SELECT auth.uid() AS uid) = user_id))

CREATE POLICY "Anyone may insert" ON app.profiles FOR INSERT WITH CHECK ((user_id IS NOT NULL))

ALTER TABLE app.profiles ENABLE ROW LEVEL SECURITY

GRANT USAGE ON SCHEMA app TO anon

GRANT ALL ON SCHEMA app TO dr_app WITH GRANT OPTION

REVOKE ALL ON SCHEMA app FROM PUBLIC

GRANT ALL ON TABLE app.profiles TO anon

GRANT SELECT,INSERT,UPDATE ON TABLE app.profiles TO authenticated

GRANT SELECT ON TABLE app.names TO anon

GRANT ALL ON SEQUENCE app.profiles_id_seq TO anon

GRANT USAGE,SELECT ON SEQUENCE app.profiles_id_seq TO authenticated

ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA app GRANT ALL ON SEQUENCES TO anon

ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA app GRANT ALL ON FUNCTIONS TO anon

ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA app GRANT ALL ON TABLES TO anon

ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA app GRANT SELECT,INSERT ON TABLES TO authenticated

GRANT USAGE ON SCHEMA app TO authenticated

-- role: anon
INSERT INTO app.profiles (user_id, name) VALUES ('11111111-1111-1111-1111-111111111111', 'one')

-- role: anon
SELECT * FROM app.names

-- role: authenticated
-- claims: {"sub": "11111111-1111-1111-1111-111111111111"}
SELECT id, name FROM app.profiles

-- role: authenticated
-- claims: {"sub": "22222222-2222-2222-2222-222222222222"}
SELECT id, name FROM app.profiles

-- role: authenticated
-- claims: {"sub": "11111111-1111-1111-1111-111111111111"}
SELECT id, name FROM app.names

-- role: authenticated
UPDATE app.profiles SET name = 'x'

GRANT SELECT ON app.names TO authenticated

-- role: authenticated
-- claims: {"sub": "11111111-1111-1111-1111-111111111111"}
SELECT id, name FROM app.names

ALTER SEQUENCE app.profiles_id_seq OWNER TO dr_app

ALTER TABLE app.profiles OWNER TO dr_app

-- role: dr_app
SELECT count(*) FROM app.profiles

ALTER TABLE app.profiles FORCE ROW LEVEL SECURITY

-- role: dr_app
SELECT count(*) FROM app.profiles

DROP OWNED BY dr_app

DROP OWNED BY dr_app CASCADE

DROP ROLE dr_app

DROP SCHEMA app CASCADE
