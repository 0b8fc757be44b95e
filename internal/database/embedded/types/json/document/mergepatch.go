package document

import "slices"

// MergePatch returns what a merge patch makes of a document, which may be nil
// for none: the members of an object replace those of the same key, objects are
// merged into objects, null takes a member away, and anything but an object
// replaces the whole. Both must be canonical, the result is.
//
// Source: RFC 7396, 2 "Processing Merge Patch Documents".
func MergePatch(target, patch *Node) *Node {
	if patch.Kind != Object {
		return patch
	}
	merged := &Node{Kind: Object}
	if target != nil && target.Kind == Object {
		for i, key := range target.Keys {
			if patch.member(key) == nil {
				merged.Keys, merged.Items = append(merged.Keys, key), append(merged.Items, target.Items[i])
			}
		}
	}
	for i, key := range patch.Keys {
		if patch.Items[i].Kind == Null {
			continue
		}
		merged.Keys = append(merged.Keys, key)
		merged.Items = append(merged.Items, *MergePatch(target.member(key), &patch.Items[i]))
	}
	merged.SortKeys()
	return merged
}

// member is Field of a canonical document, whose keys are in order, or of none.
func (n *Node) member(key string) *Node {
	if n == nil || n.Kind != Object {
		return nil
	}
	if i, found := slices.BinarySearchFunc(n.Keys, key, CompareKeys); found {
		return &n.Items[i]
	}
	return nil
}
