package sqlite

import (
	"strings"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// SQLite's memory lies outside Go's heap: the garbage collector neither moves
// nor frees it. Go memory is never handed to SQLite, except pointers to
// functions, which the connection keeps alive.

// pointer turns an address of SQLite's memory into a Go pointer.
func pointer(address uintptr) unsafe.Pointer {
	return *(*unsafe.Pointer)(unsafe.Pointer(&address))
}

// viewString is n bytes at an address as a string, valid as long as SQLite keeps
// them.
func viewString(address uintptr, n int) string {
	if n == 0 || address == 0 {
		return ""
	}
	return unsafe.String((*byte)(pointer(address)), n)
}

// buffer is a piece of SQLite's memory that grows as needed.
type buffer struct {
	address uintptr
	size    int
}

// set fills the buffer with s and a final NUL, and tells whether there was
// memory for it.
func (b *buffer) set(tls *libc.TLS, s string) bool {
	if len(s) >= b.size {
		b.free(tls)
		size := max(64, len(s)+1+len(s)/4)
		b.address = lib.Xsqlite3_malloc64(tls, lib.Tsqlite3_uint64(size))
		if b.address == 0 {
			return false
		}
		b.size = size
	}
	room := unsafe.Slice((*byte)(pointer(b.address)), len(s)+1)
	copy(room, s)
	room[len(s)] = 0
	return true
}

func (b *buffer) free(tls *libc.TLS) {
	if b.address != 0 {
		lib.Xsqlite3_free(tls, b.address)
	}
	*b = buffer{}
}

// valueAt reads an sqlite3_value without a call into SQLite where its content
// is plain. Text and blobs are views. SQLite's own table of classes is aType in
// sqlite3_value_type.
func valueAt(tls *libc.TLS, address uintptr) Value {
	m := (*lib.Tsqlite3_value)(pointer(address))
	switch flags := m.Fflags; {
	case flags&lib.MEM_Null != 0:
		return Null
	case flags&lib.MEM_Int != 0:
		return Int(*(*int64)(unsafe.Pointer(&m.Fu)))
	case flags&lib.MEM_Real != 0:
		return Float(*(*float64)(unsafe.Pointer(&m.Fu)))
	case flags&lib.MEM_IntReal != 0:
		return Float(float64(*(*int64)(unsafe.Pointer(&m.Fu))))
	case flags&lib.MEM_Str != 0 && m.Fenc == lib.SQLITE_UTF8:
		return Value{kind: KindText, text: viewString(m.Fz, int(m.Fn))}
	case flags&lib.MEM_Str != 0:
		z := lib.Xsqlite3_value_text(tls, address)
		return Value{kind: KindText, text: viewString(z, int(lib.Xsqlite3_value_bytes(tls, address)))}
	case flags&lib.MEM_Zero != 0:
		z := lib.Xsqlite3_value_blob(tls, address)
		return Value{kind: KindBlob, text: viewString(z, int(lib.Xsqlite3_value_bytes(tls, address)))}
	default:
		return Value{kind: KindBlob, text: viewString(m.Fz, int(m.Fn))}
	}
}

// Owned returns v with bytes of its own, which outlive the call that v was an
// argument of.
func (v Value) Owned() Value { return v.owned() }

// owned returns v with bytes of its own.
func (v Value) owned() Value {
	v.text = strings.Clone(v.text)
	return v
}

const ptrSize = unsafe.Sizeof(uintptr(0))
