package integer

import (
	"math"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/fault"
)

// operation computes over int64; ok is false when the result does not fit.
type operation func(a, b int64) (result int64, ok bool, err error)

func add(a, b int64) (int64, bool, error) {
	r := a + b
	return r, (r > a) == (b > 0), nil
}

func subtract(a, b int64) (int64, bool, error) {
	r := a - b
	return r, (r < a) == (b > 0), nil
}

func multiply(a, b int64) (int64, bool, error) {
	if a == 0 || b == 0 {
		return 0, true, nil
	}
	r := a * b
	overflows := (a == -1 && b == math.MinInt64) || (b == -1 && a == math.MinInt64) || r/b != a
	return r, !overflows, nil
}

// divide truncates toward zero, as Go does.
func divide(a, b int64) (int64, bool, error) {
	if b == 0 {
		return 0, true, errDivision()
	}
	return a / b, !(a == math.MinInt64 && b == -1), nil
}

func remainder(a, b int64) (int64, bool, error) {
	if b == 0 {
		return 0, true, errDivision()
	}
	return a % b, true, nil
}

func errDivision() error { return fault.New(fault.DivisionByZero, "division by zero") }

func binary(result width, op operation) entry.Call {
	return func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		v, ok, err := op(args[0].Int(), args[1].Int())
		if err != nil {
			return sqlite.Null, err
		}
		return result.check(v, ok)
	}
}

// binaries lists, for a pair of types, operator and function OIDs of + - * /.
var binaries = []struct {
	prefix              string
	left, right, result width
	add, sub, mul, div  [2]uint32
}{
	{"int2", small, small, small, [2]uint32{550, 176}, [2]uint32{554, 180}, [2]uint32{526, 152}, [2]uint32{527, 153}},
	{"int4", normal, normal, normal, [2]uint32{551, 177}, [2]uint32{555, 181}, [2]uint32{514, 141}, [2]uint32{528, 154}},
	{"int8", big, big, big, [2]uint32{684, 463}, [2]uint32{685, 464}, [2]uint32{686, 465}, [2]uint32{687, 466}},
	{"int24", small, normal, normal, [2]uint32{552, 178}, [2]uint32{556, 182}, [2]uint32{544, 170}, [2]uint32{546, 172}},
	{"int42", normal, small, normal, [2]uint32{553, 179}, [2]uint32{557, 183}, [2]uint32{545, 171}, [2]uint32{547, 173}},
	{"int28", small, big, big, [2]uint32{822, 841}, [2]uint32{823, 942}, [2]uint32{824, 943}, [2]uint32{825, 948}},
	{"int82", big, small, big, [2]uint32{818, 837}, [2]uint32{819, 838}, [2]uint32{820, 839}, [2]uint32{821, 840}},
	{"int48", normal, big, big, [2]uint32{692, 1278}, [2]uint32{693, 1279}, [2]uint32{694, 1280}, [2]uint32{695, 1281}},
	{"int84", big, normal, big, [2]uint32{688, 1274}, [2]uint32{689, 1275}, [2]uint32{690, 1276}, [2]uint32{691, 1277}},
}

func arithmetic() (fs []*types.Function, ops []*types.Operator) {
	for _, b := range binaries {
		args := entry.Args(b.left.oid, b.right.oid)
		for _, o := range []struct {
			sign, suffix string
			oids         [2]uint32
			op           operation
		}{
			{"+", "pl", b.add, add}, {"-", "mi", b.sub, subtract},
			{"*", "mul", b.mul, multiply}, {"/", "div", b.div, divide},
		} {
			f := entry.Raises(o.oids[1], b.prefix+o.suffix, b.result.oid, args, binary(b.result, o.op))
			fs, ops = append(fs, f), append(ops, entry.Operator(o.oids[0], o.sign, f))
		}
	}
	for _, m := range []struct {
		w                width
		op, fn, funcName uint32
	}{{small, 529, 155, 940}, {normal, 530, 156, 941}, {big, 439, 945, 947}} {
		f := entry.Raises(m.fn, m.w.name+"mod", m.w.oid, entry.Args(m.w.oid, m.w.oid), binary(m.w, remainder))
		fs = append(fs, f, entry.Alias(m.funcName, "mod", f))
		ops = append(ops, entry.Operator(m.op, "%", f))
	}
	return fs, ops
}

// unary gives -x, +x and @x.
func unary() (fs []*types.Function, ops []*types.Operator) {
	for _, u := range []struct {
		w                width
		minus, plus, abs [2]uint32
		absName          uint32
	}{
		{w: small, minus: [2]uint32{559, 213}, plus: [2]uint32{1917, 1911}, abs: [2]uint32{682, 1253}, absName: 1398},
		{w: normal, minus: [2]uint32{558, 212}, plus: [2]uint32{1918, 1912}, abs: [2]uint32{773, 1251}, absName: 1397},
		{w: big, minus: [2]uint32{484, 462}, plus: [2]uint32{1916, 1910}, abs: [2]uint32{473, 1230}, absName: 1396},
	} {
		args := entry.Args(u.w.oid)
		minus := entry.Raises(u.minus[1], u.w.name+"um", u.w.oid, args, negate(u.w, false))
		plus := entry.Native(u.plus[1], u.w.name+"up", u.w.oid, args, "(+$1)")
		abs := entry.Raises(u.abs[1], u.w.name+"abs", u.w.oid, args, negate(u.w, true))
		fs = append(fs, minus, plus, abs, entry.Alias(u.absName, "abs", abs))
		ops = append(ops, entry.Operator(u.minus[0], "-", minus),
			entry.Operator(u.plus[0], "+", plus), entry.Operator(u.abs[0], "@", abs))
	}
	return fs, ops
}

// negate returns -x, or |x| when only negative values change their sign.
func negate(w width, onlyNegative bool) entry.Call {
	return func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		v := args[0].Int()
		if onlyNegative && v >= 0 {
			return args[0], nil
		}
		return w.check(-v, v != math.MinInt64)
	}
}
