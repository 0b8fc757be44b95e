package document

// Contains tells whether a contains b as the operator @> says: an object all
// fields, an array all elements in whatever order, at the top also a scalar.
func Contains(a, b *Node) bool {
	if b.Scalar() && a.Kind == Array {
		return hasElement(a, b)
	}
	return within(a, b)
}

func within(a, b *Node) bool {
	if a.Kind != b.Kind {
		return false
	}
	switch a.Kind {
	case Object:
		for i, key := range b.Keys {
			v := a.Field(key)
			if v == nil || !within(v, &b.Items[i]) {
				return false
			}
		}
		return true
	case Array:
		for i := range b.Items {
			if !hasElement(a, &b.Items[i]) {
				return false
			}
		}
		return true
	}
	return compare(a, b) == 0
}

func hasElement(a, b *Node) bool {
	for i := range a.Items {
		if within(&a.Items[i], b) {
			return true
		}
	}
	return false
}

// TypeName returns what json_typeof says of a valid text.
func TypeName(text string) string {
	for i := range len(text) {
		switch c := text[i]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			continue
		case c == '{':
			return "object"
		case c == '[':
			return "array"
		case c == '"':
			return "string"
		case c == 't' || c == 'f':
			return "boolean"
		case c == 'n':
			return "null"
		}
		return "number"
	}
	return ""
}

// StripNulls takes the fields that are null out of all objects.
func (n *Node) StripNulls() {
	keep := 0
	for i := range n.Items {
		n.Items[i].StripNulls()
		if n.Kind == Object && n.Items[i].Kind == Null {
			continue
		}
		if n.Kind == Object {
			n.Keys[keep] = n.Keys[i]
		}
		n.Items[keep] = n.Items[i]
		keep++
	}
	n.Items = n.Items[:keep]
	if n.Kind == Object {
		n.Keys = n.Keys[:keep]
	}
}

// Remove takes out an item.
func (n *Node) Remove(i int) {
	n.Items = append(n.Items[:i:i], n.Items[i+1:]...)
	if n.Kind == Object {
		n.Keys = append(n.Keys[:i:i], n.Keys[i+1:]...)
	}
}

// Concat joins two documents as the operator || does: objects by their fields,
// anything else as arrays.
func Concat(a, b *Node) *Node {
	if a.Kind == Object && b.Kind == Object {
		n := &Node{Kind: Object, Keys: append(a.Keys, b.Keys...), Items: append(a.Items, b.Items...)}
		n.SortKeys()
		return n
	}
	n := &Node{Kind: Array}
	for _, side := range []*Node{a, b} {
		if side.Kind == Array {
			n.Items = append(n.Items, side.Items...)
		} else {
			n.Items = append(n.Items, *side)
		}
	}
	return n
}
