package rows

// appendArray appends an array in PostgreSQL's text form (PostgreSQL documentation,
// 8.15.6) as JSON, whatever its bounds; ok is false for a text that is none.
func appendArray(to []byte, element, v string) (out []byte, ok bool) {
	if v != "" && v[0] == '[' { // bounds: [0:2]={…}
		for len(v) > 0 && v[0] != '=' {
			v = v[1:]
		}
		if v == "" {
			return to, false
		}
		v = v[1:]
	}
	p := arrayParser{text: v, element: element, out: to}
	if !p.array(0) || p.at != len(v) {
		return to, false
	}
	return p.out, true
}

// maxDimensions is PostgreSQL's.
const maxDimensions = 6

type arrayParser struct {
	text    string
	at      int
	element string
	out     []byte
}

func (p *arrayParser) next() byte {
	if p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

func (p *arrayParser) array(depth int) bool {
	if p.next() != '{' || depth == maxDimensions {
		return false
	}
	p.at++
	p.out = append(p.out, '[')
	for first := true; p.next() != '}' || !first; first = false {
		if !first {
			p.out = append(p.out, ',')
		}
		if !p.item(depth) {
			return false
		}
		switch p.next() {
		case ',':
			p.at++
		case '}':
			p.at++
			p.out = append(p.out, ']')
			return true
		default:
			return false
		}
	}
	p.at++
	p.out = append(p.out, ']')
	return true
}

func (p *arrayParser) item(depth int) bool {
	switch p.next() {
	case '{':
		return p.array(depth + 1)
	case '"':
		return p.quoted()
	}
	from := p.at
	for p.next() != ',' && p.next() != '}' {
		if p.at == len(p.text) {
			return false
		}
		p.at++
	}
	value := []byte(p.text[from:p.at])
	if len(value) == 0 {
		return false
	}
	if string(value) == "NULL" {
		value = nil
	}
	p.out = appendValue(p.out, p.element, value)
	return true
}

func (p *arrayParser) quoted() bool {
	value := []byte{}
	for p.at++; p.next() != '"'; p.at++ {
		if p.next() == '\\' {
			p.at++
		}
		if p.at >= len(p.text) {
			return false
		}
		value = append(value, p.text[p.at])
	}
	p.at++
	p.out = appendValue(p.out, p.element, value)
	return true
}
