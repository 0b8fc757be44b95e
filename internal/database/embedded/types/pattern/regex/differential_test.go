package regex_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/galleyhq/galley/internal/database/embedded/types/pattern/regex"
	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/internal/fault"
)

var (
	seed  = flag.Uint64("seed", 1, "of random expressions")
	count = flag.Int("count", 6000, "of random expressions")
)

// probe is a search: for positions is asked of the whole match and of each of the
// first groups.
type probe struct{ text, pattern, flags string }

// askedGroups is how many groups are compared.
const askedGroups = 4

// locate answers probes with the positions of a match and its groups, "" for none,
// or with the error.
const locate = `
create function pg_temp.locate(texts text[], patterns text[], flags text[]) returns text[] language plpgsql as $$
declare
	out text[]; found text;
begin
	for n in 1 .. cardinality(texts) loop
		begin
			found := '';
			if regexp_instr(texts[n], patterns[n], 1, 1, 0, flags[n]) > 0 then
				for g in 0 .. 4 loop
					found := found || regexp_instr(texts[n], patterns[n], 1, 1, 0, flags[n], g) || '-' ||
						regexp_instr(texts[n], patterns[n], 1, 1, 1, flags[n], g) || ' ';
				end loop;
			end if;
		exception when others then
			found := sqlstate || ' ' || sqlerrm;
		end;
		out := out || found;
	end loop;
	return out;
end $$`

func ask(t *testing.T, probes []probe) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, pgtest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, locate); err != nil {
		t.Fatal(err)
	}
	var all []string
	for len(probes) > 0 {
		part := probes[:min(len(probes), 500)]
		probes = probes[len(part):]
		var texts, patterns, flags, answers []string
		for _, p := range part {
			texts, patterns, flags = append(texts, p.text), append(patterns, p.pattern), append(flags, p.flags)
		}
		if err := conn.QueryRow(ctx, "select pg_temp.locate($1, $2, $3)", texts, patterns, flags).Scan(&answers); err != nil {
			t.Fatal(err)
		}
		all = append(all, answers...)
	}
	return all
}

// answer is what the package says, in the form of the server's answers; ok is
// false when it refuses.
func answer(p probe) (string, bool) {
	var f regex.Flags
	for _, r := range p.flags {
		if known, err := f.Set(r); err != nil || !known {
			return "", false
		}
	}
	re, err := regex.Compile(p.pattern, f)
	if err != nil {
		return failure(err)
	}
	m, err := re.Find([]rune(p.text), 0)
	if err != nil {
		return failure(err)
	}
	if m == nil {
		return "", true
	}
	if re.Groups() == 0 { // the server then takes the whole match for the first group
		m = append(m, m...)
	}
	var b strings.Builder
	for g := range askedGroups + 1 {
		begin, end := 0, 0
		if 2*g < len(m) && m[2*g] >= 0 {
			begin, end = m[2*g]+1, m[2*g+1]+1
		}
		fmt.Fprintf(&b, "%d-%d ", begin, end)
	}
	return b.String(), true
}

func failure(err error) (string, bool) {
	var e *fault.Error
	if errors.As(err, &e) {
		return e.Code + " " + e.Message, true
	}
	return err.Error(), false
}

func compare(t *testing.T, probes []probe) {
	t.Helper()
	wrong, matches, refusals := 0, 0, 0
	for i, want := range ask(t, probes) {
		got, ok := answer(probes[i])
		switch {
		case !ok:
			refusals++
		case got == want && want != "":
			matches++
		case got != want:
			if wrong++; wrong <= 20 {
				t.Errorf("%q ~ %q (%s): %q, in PostgreSQL %q", probes[i].text, probes[i].pattern, probes[i].flags, got, want)
			}
		}
	}
	t.Logf("%d probes, %d with a match or an error, %d refused, %d wrong", len(probes), matches, refusals, wrong)
	if matches < len(probes)/10 || refusals > len(probes)/10 {
		t.Error("that compares too little")
	}
}

// TestRandomExpressions compares random expressions over random texts.
func TestRandomExpressions(t *testing.T) {
	r := rand.New(rand.NewPCG(*seed, 1))
	var probes []probe
	for range *count {
		g := generator{Rand: r}
		pattern := g.alternatives(3)
		flags := ""
		for _, f := range []string{"i", "n", "p", "w"} {
			if r.IntN(12) == 0 {
				flags += f
			}
		}
		for range 3 {
			probes = append(probes, probe{g.text(), pattern, flags})
		}
	}
	compare(t, probes)
}

// generator makes expressions of characters that texts are full of.
type generator struct {
	*rand.Rand
	groups int
}

func (g *generator) text() string {
	const letters = "aaaabbbbccA \n_1"
	b := make([]byte, g.IntN(14))
	for i := range b {
		b[i] = letters[g.IntN(len(letters))]
	}
	return string(b)
}

func (g *generator) alternatives(depth int) string {
	s := g.branch(depth)
	for g.IntN(4) == 0 {
		s += "|" + g.branch(depth)
	}
	return s
}

func (g *generator) branch(depth int) string {
	s := ""
	for range g.IntN(4) + g.IntN(2) {
		s += g.piece(depth)
	}
	return s
}

var quantifiers = []string{"*", "+", "?", "{2}", "{1,2}", "{0,3}", "{2,}", "{0}", "{1}", "{3}", "{0,1}"}

func (g *generator) piece(depth int) string {
	if g.IntN(14) == 0 {
		return []string{"^", "$", `\m`, `\M`, `\y`, `\Y`, `\A`, `\Z`, "(?=" + g.branch(min(depth, 1)) + ")", "(?!" + g.branch(min(depth, 1)) + ")",
			"(?<=" + g.branch(min(depth, 1)) + ")", "(?<!" + g.branch(min(depth, 1)) + ")"}[g.IntN(12)]
	}
	s := g.atom(depth)
	if g.IntN(3) == 0 {
		s += quantifiers[g.IntN(len(quantifiers))]
		if g.IntN(3) == 0 {
			s += "?"
		}
	}
	return s
}

func (g *generator) atom(depth int) string {
	n := g.IntN(16)
	switch {
	case n < 3 && depth > 0:
		g.groups++
		return "(" + g.alternatives(depth-1) + ")"
	case n < 5 && depth > 0:
		return "(?:" + g.alternatives(depth-1) + ")"
	case n == 5 && g.groups > 0:
		return fmt.Sprintf(`\%d`, 1+g.IntN(g.groups))
	case n == 6:
		return "."
	case n == 7:
		return []string{`\w`, `\s`, `\d`, `\W`, `\S`, `\D`}[g.IntN(6)]
	case n == 8:
		return []string{"[ab]", "[^a]", "[a-c]", "[[:alpha:]]", "[[:upper:]b]", "[^[:space:]]", "[b\\d]", "[^\\Wa]"}[g.IntN(8)]
	}
	return []string{"a", "b", "c", "a", "b"}[g.IntN(5)]
}

// TestRandomSyntax compares expressions that are mostly wrong: which error they
// get, or what they match all the same.
func TestRandomSyntax(t *testing.T) {
	tokens := strings.Fields(`( ) [ ] { } * + ? | ^ $ . \ - (? (?: (?= (?<! (?# (?i) (?xn) (?z) [^ [: [:alpha:] [:lower:] [:punct:] [.a.] [=b=] ` +
		`[[:<:]] , 1 2 9 0 a b c A - \d \W \1 \12 \x41 \u0061 \U00000062 \c \e \141 \08 \q ***= ***: *** {2 {1,2} a-c z-a # \b \B \n ı É [é-ö] 256}`)
	tokens = append(tokens, " ", "\n", "a", "b", "a", "b")
	r := rand.New(rand.NewPCG(*seed, 2))
	var probes []probe
	for range *count {
		var b strings.Builder
		for range 1 + r.IntN(6) {
			b.WriteString(tokens[r.IntN(len(tokens))])
		}
		flags := ""
		for _, f := range []string{"i", "x", "n", "q", "w"} {
			if r.IntN(8) == 0 {
				flags += f
			}
		}
		for _, text := range []string{"aAbB é1É\n2-]{[", "ab(a*b)\\ \x01", "IıIßſ" + b.String()} {
			probes = append(probes, probe{text, b.String(), flags})
		}
	}
	compare(t, probes)
}

// TestClasses compares every character with every class.
func TestClasses(t *testing.T) {
	var all strings.Builder
	for r := rune(1); r <= 0x10ffff; r++ {
		if r < 0xd800 || r > 0xdfff {
			all.WriteRune(r)
		}
	}
	runes := []rune(all.String())
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, pgtest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	for _, class := range []string{"alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "xdigit", "word"} {
		var theirs string
		if err := conn.QueryRow(ctx, "select regexp_replace($1, $2, '', 'g')", all.String(), "[^[:"+class+":]]+").Scan(&theirs); err != nil {
			t.Fatal(err)
		}
		re, err := regex.Compile("[[:"+class+":]]+", regex.Flags{})
		if err != nil {
			t.Fatal(err)
		}
		var ours strings.Builder
		for from := 0; ; {
			m, err := re.Find(runes, from)
			if err != nil {
				t.Fatal(err)
			}
			if m == nil {
				break
			}
			ours.WriteString(string(runes[m[0]:m[1]]))
			from = m[1]
		}
		if ours.String() != theirs {
			t.Errorf("class %s differs: %d characters, in PostgreSQL %d", class, len([]rune(ours.String())), len([]rune(theirs)))
		}
	}
}
