package datetime

import (
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
)

type o = [2]uint32

// Templates that turn a stored value into one of another type. What is put
// behind an infinity is taken off again.
const (
	dateToTimestamp        = "replace($1 || 'T00:00:00', 'infinityT00:00:00', 'infinity')"
	dateToTimestamptz      = "replace($1 || 'T00:00:00+00:00', 'infinityT00:00:00+00:00', 'infinity')"
	timestampToTimestamptz = "replace($1 || '+00:00', 'infinity+00:00', 'infinity')"
	timestamptzToTimestamp = "replace($1, '+00:00', '')"
)

// comparisons are native over storage forms; of two types the poorer is turned
// into the richer.
func comparisons() (fs []*types.Function, ops []*types.Operator) {
	for _, c := range []struct {
		collation string
		entry.Comparison
	}{
		{"", entry.Comparison{Left: types.Timestamptz, Right: types.Timestamptz, Names: entry.CompareNames("timestamptz_"),
			EQ: o{1320, 1152}, NE: o{1321, 1153}, LT: o{1322, 1154}, GT: o{1324, 1157}, LE: o{1323, 1155}, GE: o{1325, 1156}}},
		{"", entry.Comparison{Left: Timestamp, Right: Timestamp, Names: entry.CompareNames("timestamp_"),
			EQ: o{2060, 2052}, NE: o{2061, 2053}, LT: o{2062, 2054}, GT: o{2064, 2057}, LE: o{2063, 2055}, GE: o{2065, 2056}}},
		{"", entry.Comparison{Left: Date, Right: Date, Names: entry.CompareNames("date_"),
			EQ: o{1093, 1086}, NE: o{1094, 1091}, LT: o{1095, 1087}, GT: o{1097, 1089}, LE: o{1096, 1088}, GE: o{1098, 1090}}},
		{"", entry.Comparison{Left: Time, Right: Time, Names: entry.CompareNames("time_"),
			EQ: o{1108, 1145}, NE: o{1109, 1106}, LT: o{1110, 1102}, GT: o{1112, 1104}, LE: o{1111, 1103}, GE: o{1113, 1105}}},
		{timetzCollation, entry.Comparison{Left: TimeTZ, Right: TimeTZ, Names: entry.CompareNames("timetz_"),
			EQ: o{1550, 1352}, NE: o{1551, 1353}, LT: o{1552, 1354}, GT: o{1554, 1357}, LE: o{1553, 1355}, GE: o{1555, 1356}}},
		{intervalCollation, entry.Comparison{Left: Interval, Right: Interval, Names: entry.CompareNames("interval_"),
			EQ: o{1330, 1162}, NE: o{1331, 1163}, LT: o{1332, 1164}, GT: o{1334, 1167}, LE: o{1333, 1165}, GE: o{1335, 1166}}},
	} {
		f, op := entry.Comparisons(c.collation, c.Comparison)
		fs, ops = append(fs, f...), append(ops, op...)
	}
	for _, c := range mixed {
		f, op := c.entries()
		fs, ops = append(fs, f...), append(ops, op...)
	}
	return fs, ops
}

// mixture is a comparison of two types: templates that bring each side to a
// common form, and OIDs of operator and function in the order of signs.
type mixture struct {
	left, right         types.OID
	leftForm, rightForm string
	before, after       string // around the operation in the functions' names
	stable              bool
	oids                [6]o // = <> < > <= >=
}

var mixed = []mixture{
	{Date, Timestamp, dateToTimestamp, "$1", "date_", "_timestamp", false,
		[6]o{{2347, 2340}, {2350, 2343}, {2345, 2338}, {2349, 2341}, {2346, 2339}, {2348, 2342}}},
	{Date, types.Timestamptz, dateToTimestamptz, "$1", "date_", "_timestamptz", true,
		[6]o{{2360, 2353}, {2363, 2356}, {2358, 2351}, {2362, 2354}, {2359, 2352}, {2361, 2355}}},
	{Timestamp, Date, "$1", dateToTimestamp, "timestamp_", "_date", false,
		[6]o{{2373, 2366}, {2376, 2369}, {2371, 2364}, {2375, 2367}, {2372, 2365}, {2374, 2368}}},
	{types.Timestamptz, Date, "$1", dateToTimestamptz, "timestamptz_", "_date", true,
		[6]o{{2386, 2379}, {2389, 2382}, {2384, 2377}, {2388, 2380}, {2385, 2378}, {2387, 2381}}},
	{Timestamp, types.Timestamptz, timestampToTimestamptz, "$1", "timestamp_", "_timestamptz", true,
		[6]o{{2536, 2522}, {2539, 2525}, {2534, 2520}, {2538, 2523}, {2535, 2521}, {2537, 2524}}},
	{types.Timestamptz, Timestamp, "$1", timestampToTimestamptz, "timestamptz_", "_timestamp", true,
		[6]o{{2542, 2529}, {2545, 2532}, {2540, 2527}, {2544, 2530}, {2541, 2528}, {2543, 2531}}},
}

func (m mixture) entries() (fs []*types.Function, ops []*types.Operator) {
	right := strings.ReplaceAll(m.rightForm, "$1", "$2")
	names := [6]string{"eq", "ne", "lt", "gt", "le", "ge"}
	for i, sign := range [6]string{"=", "<>", "<", ">", "<=", ">="} {
		f := entry.Native(m.oids[i][1], m.before+names[i]+m.after, types.Bool, entry.Args(m.left, m.right),
			"("+m.leftForm+" "+sign+" "+right+")")
		if m.stable {
			stable(f)
		}
		fs, ops = append(fs, f), append(ops, entry.Operator(m.oids[i][0], sign, f))
	}
	return fs, ops
}
