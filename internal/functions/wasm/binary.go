package wasm

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// maxTable bounds the elements of a table, 8 bytes each, which no limit on memory
// counts.
const maxTable = 1 << 20

const (
	tableSection = 4
	headerLength = 8
	hasMaximum   = 1
)

var errBinary = errors.New("the file is no WebAssembly module")

// bounded gives every table of a module a maximum (WebAssembly specification, 5.5.7
// and 5.3.9), since table.grow would otherwise take memory without one. All else stays
// as it is.
func bounded(module []byte) ([]byte, error) {
	if len(module) < headerLength || !bytes.HasPrefix(module, []byte("\x00asm\x01\x00\x00\x00")) {
		return nil, errBinary
	}
	out := append(make([]byte, 0, len(module)+64), module[:headerLength]...)
	for rest := module[headerLength:]; len(rest) > 0; {
		r := reader{rest[1:]}
		size, ok := r.number()
		if !ok || uint64(len(r.rest)) < uint64(size) {
			return nil, errBinary
		}
		id, body := rest[0], r.rest[:size]
		rest = r.rest[size:]
		if id == tableSection {
			var err error
			if body, err = boundedTables(body); err != nil {
				return nil, err
			}
		}
		out = append(out, id)
		out = binary.AppendUvarint(out, uint64(len(body)))
		out = append(out, body...)
	}
	return out, nil
}

func boundedTables(section []byte) ([]byte, error) {
	r := reader{section}
	count, ok := r.number()
	if !ok || count > 100 {
		return nil, errors.New("the module has too many tables")
	}
	out := binary.AppendUvarint(nil, uint64(count))
	for range count {
		kind, flags, ok := r.two()
		if !ok || flags > hasMaximum { // another flag is a proposal that is not served
			return nil, errors.New("the module has a table of an unknown kind")
		}
		least, ok := r.number()
		most := uint32(maxTable)
		if ok && flags == hasMaximum {
			most, ok = r.number()
		}
		if !ok {
			return nil, errBinary
		}
		if least > maxTable {
			return nil, errors.New("the module has a table of too many elements")
		}
		out = append(out, kind, hasMaximum)
		out = binary.AppendUvarint(out, uint64(least))
		out = binary.AppendUvarint(out, uint64(max(min(most, maxTable), least)))
	}
	if len(r.rest) > 0 {
		return nil, errBinary
	}
	return out, nil
}

type reader struct{ rest []byte }

// number reads a u32 in LEB128.
func (r *reader) number() (uint32, bool) {
	n, size := binary.Uvarint(r.rest)
	if size <= 0 || size > 5 || n > 1<<32-1 {
		return 0, false
	}
	r.rest = r.rest[size:]
	return uint32(n), true
}

func (r *reader) two() (a, b byte, ok bool) {
	if len(r.rest) < 2 {
		return 0, 0, false
	}
	a, b, r.rest = r.rest[0], r.rest[1], r.rest[2:]
	return a, b, true
}
