package grammar

import "encoding/json"

// FirstOnly returns the payload as an array of its first object alone.
func (p *Payload) FirstOnly() []byte {
	if p.Rows == 0 {
		return []byte("[]")
	}
	b := []byte("[{")
	for i, m := range p.First {
		if i > 0 {
			b = append(b, ',')
		}
		key, _ := json.Marshal(m.Key) // a string always has a JSON form
		b = append(append(append(b, key...), ':'), m.Value...)
	}
	return append(b, "}]"...)
}
