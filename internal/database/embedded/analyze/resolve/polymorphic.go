package resolve

import (
	"slices"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// polymorphic tells whether a declared type stands for others (PostgreSQL
// documentation, section 38.2.5).
func polymorphic(oid types.OID) bool {
	switch oid {
	case types.Any, types.AnyElement, types.AnyNonArray, types.AnyArray, types.AnyEnum,
		types.AnyCompatible, types.AnyCompatibleArray, types.AnyCompatibleNonArray:
		return true
	}
	return false
}

// actual is what the polymorphic types of a call stand for; 0 is not known.
type actual struct{ elem, array, common, commonArray types.OID }

// of is the type that a declared one stands for; one that is not polymorphic, or
// "any", is itself.
func (a actual) of(declared types.OID) types.OID {
	switch declared {
	case types.AnyElement, types.AnyNonArray, types.AnyEnum:
		return a.elem
	case types.AnyArray:
		return a.array
	case types.AnyCompatible, types.AnyCompatibleNonArray:
		return a.common
	case types.AnyCompatibleArray:
		return a.commonArray
	}
	return declared
}

// elementOf is the type of the elements of an array type, 0 for any other.
func (rs *Resolver) elementOf(array types.OID) types.OID {
	if t := rs.types.Type(array); t != nil && t.Elem != nil {
		return t.Elem.OID
	}
	return 0
}

// arrayOf is the type of arrays of a type, 0 when there is none.
func (rs *Resolver) arrayOf(elem types.OID) types.OID {
	if t := rs.types.Type(elem); t != nil {
		return t.Array
	}
	return 0
}

// solve finds what polymorphic types stand for by the types of the arguments,
// false when these do not agree.
func (rs *Resolver) solve(inputs, declared []types.OID) (actual, bool) {
	var a actual
	var common []types.OID
	shared := false
	for i, want := range declared {
		in := inputs[i]
		ok := true
		switch want {
		case types.AnyElement, types.AnyNonArray, types.AnyEnum:
			ok = agree(&a.elem, in)
		case types.AnyArray:
			ok = in == types.Unknown || rs.elementOf(in) != 0 && agree(&a.array, in)
		case types.AnyCompatible, types.AnyCompatibleNonArray:
			common, shared = append(common, in), true
		case types.AnyCompatibleArray:
			if shared = true; in != types.Unknown {
				in = rs.elementOf(in)
				ok = in != 0
			}
			common = append(common, in)
		}
		if !ok {
			return a, false
		}
	}
	return a, rs.complement(&a) && rs.suits(a, declared) && (!shared || rs.share(&a, common))
}

// agree notes a type, which must be the one noted before.
func agree(known *types.OID, in types.OID) bool {
	if in != types.Unknown && *known == 0 {
		*known = in
	}
	return in == types.Unknown || *known == in
}

// complement finds the element type by the array type and the other way round.
func (rs *Resolver) complement(a *actual) bool {
	if a.array != 0 {
		return agree(&a.elem, rs.elementOf(a.array))
	}
	if a.elem != 0 {
		a.array = rs.arrayOf(a.elem)
	}
	return true
}

// suits tells whether the element type is one of those that the declaration
// takes.
func (rs *Resolver) suits(a actual, declared []types.OID) bool {
	for _, want := range declared {
		switch {
		case a.elem == 0:
		case want == types.AnyNonArray && rs.elementOf(a.elem) != 0:
			return false
		case want == types.AnyEnum && rs.category(a.elem) != 'E':
			return false
		}
	}
	return true
}

// share finds the common type of the arguments.
func (rs *Resolver) share(a *actual, list []types.OID) bool {
	probes := make([]tree.Expr, len(list))
	for i, oid := range list {
		probes[i] = &tree.Const{Ref: types.Of(oid), Value: sqlite.Null}
	}
	ref, err := rs.Common(probes, "arguments")
	if err != nil {
		return false
	}
	a.common, a.commonArray = ref.OID, rs.arrayOf(ref.OID)
	return true
}

// generic converts the arguments of a call to the declared types, or what these
// stand for, and returns the type that the result's stands for.
func (rs *Resolver) generic(args []tree.Expr, declared []types.OID, result types.OID) (types.OID, error) {
	var a actual
	ok := true
	if slices.ContainsFunc(declared, polymorphic) {
		a, ok = rs.solve(inputTypes(args), declared)
	}
	if !ok { // choose has seen to that
		return 0, fault.New(fault.DatatypeMismatch, "arguments of a polymorphic function are not all alike")
	}
	for i, want := range declared {
		var err error
		switch oid := a.of(want); {
		case want == types.Any:
			args[i], err = rs.Settle(args[i])
		case oid == 0 && polymorphic(want):
			err = rs.undetermined(a, want)
		default:
			args[i], err = rs.Coerce(args[i], types.Of(oid), implicit)
		}
		if err != nil {
			return 0, err
		}
	}
	oid := a.of(result)
	if oid == 0 {
		return 0, rs.undetermined(a, result)
	}
	return oid, nil
}

// undetermined is the error that a polymorphic type stands for nothing.
func (rs *Resolver) undetermined(a actual, want types.OID) error {
	switch {
	case want == types.AnyArray && a.elem != 0:
		if a.elem == types.Record {
			return Unsupported("an array of rows is")
		}
		return fault.New(fault.UndefinedObject, "could not find array type for data type %s", rs.TypeName(a.elem))
	case want == types.AnyCompatibleArray && a.common != 0:
		return fault.New(fault.UndefinedObject, "could not find array type for data type %s", rs.TypeName(a.common))
	}
	return fault.New(fault.DatatypeMismatch, "could not determine polymorphic type because input has type unknown")
}

func inputTypes(args []tree.Expr) []types.OID {
	out := make([]types.OID, len(args))
	for i, e := range args {
		out[i] = e.Type().OID
	}
	return out
}
