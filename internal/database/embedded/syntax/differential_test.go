package syntax

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/internal/fault"
)

// broken are statements that PostgreSQL's parser refuses.
var broken = []string{
	"selec 1", "select 1 +", "select 1 +  ", "select 1 + -- end\n", "select 'abc", "select (1; select 2",
	"select 1; selec 2", "select 1;\n\nselect from where", "select 1; select 2", "select 1; ; select 'a",
	"select a from t where", "select 1a", "select 1.5e", "select 1.5e+", "select 1.2.3", "select 0x1F", "select 1_000",
	"select * from from", "select * frm t", "create table t (id int,)", "create table (id int)", "create table t",
	"create tabel t (id int)", "select a b c", "/* x", "select /* /* */ 1", `select ""`,
	`select "abc`, "select $1a", "select x'12", "select b'12", "select $$abc", "select $a$abc$$", "select U&'abc", "select E'abc\\'",
	"insert into t valus (1)", "insert into t (a values (1)", "insert into t () values (1)", "insert t values (1)",
	"update t set a = 1 where", "update t set a == 1 where", "update set a = 1", "delete t", "delete from",
	"select 'ä', 'ö' frm t", "selekt 'ä'", "select ä ö ü", "select { 1 }", "select \\ 1", "select a from t group",
	"select a from t order", "select a from t order by", "select a from t limit", "select case when 1 then 2", "select (1",
	"select 1)", "select ()", "select a,", "select ,a", "create index on", "create index i on t", "drop", "drop table",
	"alter table t", "alter table t add", "grant select on t", "grant select t to a", "create policy p on", "create policy on t",
	"revoke", "create policy p on t for all from a using (true)", "select 1 from", "select 1 from t t t", "with a select 1",
	"with a as select 1", "select not", "select a not b", "select a in 1", "select a between 1", "select 1::",
	"select ::int", "select a[1", "select array[1,2", "select 1 union", "select 1 union union select 2",
	"values", "values (1),", "begin begin", "commit foo", "foo", ";foo", "(select 1", "select 1 select 2", "create",
	"create schema", "create role", "select + from t", "select * from t where a = = b", "select * from (select 1", "select a.",
	"select a..b", "select a.1", "select ?", "select @", "select 1 where group by", "select distinct on a", "select all from t where",
	"select count(*", "select count(distinct)", "select f(a b)", "select f(,)", "select row(", "select cast(a as)",
	"select cast(a int)", "table", "select * from t join u", "select * from t join u on", "select * from t natural", "select * from t, ",
	"explain", "truncate", "comment on table", "comment on table t", "select 1 as", "select 1 as 1", "select 1 as select x",
	"create table t (a)", "create table t (a int primary)", "create table t (a int references)", "create table t (a int default)",
	"create table t (a int check)", "create table t (a int, primary key)", "create table t (a int, foreign key (a))",
	"alter table t drop", "alter table t rename", "alter table t add column", "alter table t alter", "alter table t alter a",
	"select 1 from t where a > any", "select * from t for", "select a from t offset", "select a from t fetch", "select over (partition by a)",
	"select sum(a) over", "select sum(a) over (order", "insert into t default", "insert into t values (1) on conflict",
	"insert into t values (1) on conflict do", "insert into t values (1) returning", "select * from t where a is", "select * from t where a is not",
	"select user from user user", "select 99999999999999999999 9", "select 'a' 'b'", "select 'a'\n'b' 'c'", "select e'\\x41' f g",
	"comment on table t is N'x'", "select N'ä', n'b', from t", "select N'a' N'b' frm t", "select N'a', N'b' frm t t", "select 'a' N'b'",
}

func TestErrorsAreThoseOfPostgreSQL(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgconn.Connect(ctx, pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	for _, sql := range broken {
		_, err := conn.Prepare(ctx, "", sql, nil)
		want, ok := errors.AsType[*pgconn.PgError](err)
		if !ok {
			t.Errorf("PostgreSQL accepts %q (%v)", sql, err)
			continue
		}
		_, err = Parse(sql)
		if err == nil {
			t.Errorf("%q is accepted; PostgreSQL says %s (%s) at %d", sql, want.Message, want.Code, want.Position)
			continue
		}
		got := fault.From(err)
		if got.Code != want.Code || got.Message != want.Message || got.Position != int(want.Position) {
			t.Errorf("%q:\n got %s (%s) at %d\nwant %s (%s) at %d", sql,
				got.Message, got.Code, got.Position, want.Message, want.Code, want.Position)
		}
	}
}
