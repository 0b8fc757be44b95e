package regex

import (
	"slices"
	"sync"
)

type exprOp uint8

const (
	opSet exprOp = iota
	opCat
	opAlt
	opRepeat
	opAssert
	opLook
)

type assertion uint8

const (
	atStart assertion = iota
	atEnd
	atLineStart
	atLineEnd
	atWordStart
	atWordEnd
	atBoundary
	notAtBoundary
)

// expr is an expression without groups: a language.
type expr struct {
	op       exprOp
	set      *set
	subs     []*expr
	min, max int
	assert   assertion
	look     rune
}

// unconstrained is an expression without its constraints: what a back reference
// repeats need not stand where its group stood.
func unconstrained(e *expr) *expr {
	switch e.op {
	case opSet:
		return e
	case opAssert, opLook:
		return &expr{op: opCat}
	}
	c := *e
	c.subs = slices.Clone(e.subs)
	for i, sub := range c.subs {
		c.subs[i] = unconstrained(sub)
	}
	return &c
}

type instructionOp uint8

const (
	insSet instructionOp = iota
	insSplit
	insAssert
	insLook
	insMatch
	insJump
)

// instruction is a state of an automaton.
type instruction struct {
	op     instructionOp
	x, y   int32
	set    *set
	assert assertion
	look   *lookAround
}

type lookAround struct {
	kind rune
	*program
}

// program is an automaton that begins with instruction 0.
type program struct {
	code   []instruction
	looks  bool // it holds looks around
	lines  bool // its constraints see ends of lines
	bounds bool // its constraints see words
	pool   sync.Pool
}

// maxInstructions bounds all automata of an expression together.
const maxInstructions = 20_000

// assembler makes a program.
type assembler struct {
	code   []instruction
	budget *int
}

// assemble makes the automaton of a language.
func assemble(e *expr, budget *int) (*program, error) {
	a := &assembler{budget: budget}
	if err := a.expr(e); err != nil {
		return nil, err
	}
	if _, err := a.emit(instruction{op: insMatch}); err != nil {
		return nil, err
	}
	p := &program{code: a.code}
	for _, ins := range a.code {
		p.looks = p.looks || ins.op == insLook
		if ins.op == insAssert {
			p.lines = p.lines || ins.assert == atLineStart || ins.assert == atLineEnd
			p.bounds = p.bounds || ins.assert >= atWordStart
		}
	}
	return p, nil
}

func (a *assembler) emit(i instruction) (int32, error) {
	if *a.budget--; *a.budget < 0 {
		return 0, refused{"of this size"}
	}
	a.code = append(a.code, i)
	return int32(len(a.code) - 1), nil
}

func (a *assembler) here() int32 { return int32(len(a.code)) }

func (a *assembler) expr(e *expr) error {
	switch e.op {
	case opSet:
		_, err := a.emit(instruction{op: insSet, set: e.set, x: a.here() + 1})
		return err
	case opCat:
		for _, sub := range e.subs {
			if err := a.expr(sub); err != nil {
				return err
			}
		}
		return nil
	case opAlt:
		return a.alternatives(e.subs)
	case opRepeat:
		return a.repeat(e)
	case opAssert:
		_, err := a.emit(instruction{op: insAssert, assert: e.assert, x: a.here() + 1})
		return err
	}
	return a.look(e)
}

func (a *assembler) alternatives(list []*expr) error {
	if len(list) == 1 {
		return a.expr(list[0])
	}
	split, err := a.emit(instruction{op: insSplit, x: a.here() + 1})
	if err != nil {
		return err
	}
	if err := a.expr(list[0]); err != nil {
		return err
	}
	jump, err := a.emit(instruction{op: insJump})
	if err != nil {
		return err
	}
	a.code[split].y = a.here()
	err = a.alternatives(list[1:])
	a.code[jump].x = a.here()
	return err
}

func (a *assembler) repeat(e *expr) error {
	for range e.min {
		if err := a.expr(e.subs[0]); err != nil {
			return err
		}
	}
	if e.max == infinite {
		return a.star(e.subs[0])
	}
	var splits []int32
	for range e.max - e.min {
		split, err := a.emit(instruction{op: insSplit, x: a.here() + 1})
		if err != nil {
			return err
		}
		splits = append(splits, split)
		if err := a.expr(e.subs[0]); err != nil {
			return err
		}
	}
	for _, s := range splits {
		a.code[s].y = a.here()
	}
	return nil
}

func (a *assembler) star(e *expr) error {
	split, err := a.emit(instruction{op: insSplit, x: a.here() + 1})
	if err != nil {
		return err
	}
	if err := a.expr(e); err != nil {
		return err
	}
	if _, err := a.emit(instruction{op: insJump, x: split}); err != nil {
		return err
	}
	a.code[split].y = a.here()
	return nil
}

// look makes an automaton of its own; that of a look behind begins with any text.
func (a *assembler) look(e *expr) error {
	sub := e.subs[0]
	if e.look == lookBehind || e.look == lookNotBehind {
		anything := &expr{op: opRepeat, subs: []*expr{{op: opSet, set: &set{negated: true}}}, max: infinite}
		sub = &expr{op: opCat, subs: []*expr{anything, sub}}
	}
	p, err := assemble(sub, a.budget)
	if err != nil {
		return err
	}
	_, err = a.emit(instruction{op: insLook, look: &lookAround{kind: e.look, program: p}, x: a.here() + 1})
	return err
}
