package integer

import (
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
)

// comparisons are native over all pairs of the family.
func comparisons() ([]*types.Function, []*types.Operator) {
	type o = [2]uint32
	return entry.Comparisons("",
		entry.Comparison{Left: Int2, Right: Int2, Names: entry.CompareNames("int2"),
			EQ: o{94, 63}, NE: o{519, 145}, LT: o{95, 64}, GT: o{520, 146}, LE: o{522, 148}, GE: o{524, 151}},
		entry.Comparison{Left: Int4, Right: Int4, Names: entry.CompareNames("int4"),
			EQ: o{96, 65}, NE: o{518, 144}, LT: o{97, 66}, GT: o{521, 147}, LE: o{523, 149}, GE: o{525, 150}},
		entry.Comparison{Left: Int8, Right: Int8, Names: entry.CompareNames("int8"),
			EQ: o{410, 467}, NE: o{411, 468}, LT: o{412, 469}, GT: o{413, 470}, LE: o{414, 471}, GE: o{415, 472}},
		entry.Comparison{Left: Int2, Right: Int4, Names: entry.CompareNames("int24"),
			EQ: o{532, 158}, NE: o{538, 164}, LT: o{534, 160}, GT: o{536, 162}, LE: o{540, 166}, GE: o{542, 168}},
		entry.Comparison{Left: Int4, Right: Int2, Names: entry.CompareNames("int42"),
			EQ: o{533, 159}, NE: o{539, 165}, LT: o{535, 161}, GT: o{537, 163}, LE: o{541, 167}, GE: o{543, 169}},
		entry.Comparison{Left: Int8, Right: Int4, Names: entry.CompareNames("int84"),
			EQ: o{416, 474}, NE: o{417, 475}, LT: o{418, 476}, GT: o{419, 477}, LE: o{420, 478}, GE: o{430, 479}},
		entry.Comparison{Left: Int4, Right: Int8, Names: entry.CompareNames("int48"),
			EQ: o{15, 852}, NE: o{36, 853}, LT: o{37, 854}, GT: o{76, 855}, LE: o{80, 856}, GE: o{82, 857}},
		entry.Comparison{Left: Int2, Right: Int8, Names: entry.CompareNames("int28"),
			EQ: o{1862, 1850}, NE: o{1863, 1851}, LT: o{1864, 1852}, GT: o{1865, 1853}, LE: o{1866, 1854}, GE: o{1867, 1855}},
		entry.Comparison{Left: Int8, Right: Int2, Names: entry.CompareNames("int82"),
			EQ: o{1868, 1856}, NE: o{1869, 1857}, LT: o{1870, 1858}, GT: o{1871, 1859}, LE: o{1872, 1860}, GE: o{1873, 1861}},
	)
}
