package syntax

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/internal/fault"
)

// literals are string constants in all their forms, good and bad.
var literals = []string{
	`'a''b'`, `'a\b'`, `'a\nb'`, `E'a\nb\tc\rd\be\ff'`, `E'\\'`, `E'\''`, `E'a''b'`, `E'\x41\x4'`, `E'\x'`, `E'\101\7\18'`, `E'\u00e4\U0001F600'`,
	`E'\ud83d\ude00'`, `E'\ud83d'`, `E'\ude00'`, `E'\ud83dx'`, `E'\u00'`, `E'\U0000'`, `E'\U00110000'`, `E'\u0000'`, `E'\x00'`, `E'\000'`, `E'\xff'`, `E'\xc3\xa4'`,
	`E'\xc3'`, `E'\q\z\"'`, `U&'\0061\+01F600'`, `U&'\\'`, `U&'!0061' UESCAPE '!'`, `U&'\006'`, `U&'\0000'`, `U&'\d83d\de00'`, `U&'\d83d'`, `U&'a' UESCAPE 'a'`, `U&'a' UESCAPE '+'`,
	`$$a'b\n$$`, `$x$a$$b$x$`, `$x$$x$`, `$ä$x$ä$`, `N'abc'`, "'a'\n'b'", "'a'\n\n  'b' -- c\n 'd'", "E'a\\n'\n'b\\n'", "'a' -- x\n'b'", `'ä☃😀'`, "'a\r\nb'", "'tab\tx'", `''`, `E''`, `$$$$`,
	"$a$\n$a$", `'%'`, `E'\e'`, `E'\400'`, `E'\777'`, `E'\1'`, `E'\0'`,
}

func TestLiteralsMeanTheSame(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgconn.Connect(ctx, pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	for _, literal := range literals {
		sql := "select " + literal
		result := conn.ExecParams(ctx, sql, nil, nil, nil, nil).Read()
		want, isError := errors.AsType[*pgconn.PgError](result.Err)
		st, err := Parse(sql)
		switch {
		case isError && fault.Code(err) != want.Code:
			t.Errorf("%s: %v, want %s (%s)", literal, err, want.Message, want.Code)
		case isError:
		case err != nil:
			t.Errorf("%s: %v", literal, err)
		default:
			if got := constant(st.Node); got != string(result.Rows[0][0]) {
				t.Errorf("%s is %q, want %q", literal, got, result.Rows[0][0])
			}
		}
	}
}

func constant(n ast.Node) string {
	target := n.(*ast.SelectStmt).TargetList.Items[0].(*ast.ResTarget)
	if cast, ok := target.Val.(*ast.TypeCast); ok {
		target.Val = cast.Arg
	}
	if k, ok := target.Val.(*ast.A_Const); ok {
		if s, ok := k.Val.(*ast.String); ok {
			return s.SVal
		}
	}
	return "no string"
}
