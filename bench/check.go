package main

import (
	"fmt"

	"github.com/galleyhq/galley/bench/load"
)

// checkPolicy fails when user 0 sees a row of user 1: a server that leaves the
// check out would be measured doing less.
func (s *server) checkPolicy() error {
	a, err := s.do(s.dialect.foreign())
	if err != nil {
		return err
	}
	if a.Status >= 200 && a.Status <= 299 {
		if got, err := texts(a.Body, "title"); err != nil || len(got) > 0 {
			return fmt.Errorf("a user reads another's row: %q (%v)", a.Body, err)
		}
	} else if a.Status != 404 && a.Status != 406 {
		return fmt.Errorf("reading another's row answered %d: %.300q", a.Status, a.Body)
	}
	return nil
}

// check sends one request of an entry and fails unless the answer is right.
func (s *server) check(e entry, o options) error {
	a, err := s.do(s.dialect.request(e, 1, 3))
	if err != nil {
		return err
	}
	if a.Status < 200 || a.Status > 299 {
		return fmt.Errorf("status %d: %.300q", a.Status, a.Body)
	}
	switch e {
	case pointRead:
		return sameTitles(a, seedTitle(3*o.users+1))
	case list:
		want := make([]string, pageRows)
		for i := range want {
			want[i] = seedTitle(i*o.users + 1)
		}
		return sameTitles(a, want...)
	case count:
		return s.checkCount(a, o.rows/o.users)
	case levels:
		return sameComments(a, projectIndex(o.users, 1, 3))
	case insert:
		return sameTitles(a, newTodo.Title)
	case hello, helloOne:
		return sameTexts(a, "message", []string{helloText})
	case queries:
		var want []string // of first, then of one
		for i := range pageRows {
			want = append(want, seedTitle(i*o.users+1))
		}
		return sameTitles(a, append(want, seedTitle(3*o.users+1))...)
	case bulk:
		return s.checkBulk()
	}
	return nil
}

func sameTitles(a *load.Answer, want ...string) error { return sameTexts(a, "title", want) }

// sameComments looks for the comments of all tasks of one project.
func sameComments(a *load.Answer, project int) error {
	const comments = tasksOfProject * commentsOfTask
	var want []string
	for i := range comments {
		want = append(want, commentBody(project*comments+i))
	}
	return sameTexts(a, "body", want)
}

func sameTexts(a *load.Answer, key string, want []string) error {
	got, err := texts(a.Body, key)
	if err != nil {
		return err
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		return fmt.Errorf("answered rows %q, not %q", got, want)
	}
	return nil
}

func (s *server) checkCount(a *load.Answer, want int) error {
	got, err := s.dialect.counted(a)
	if err == nil && got != want {
		err = fmt.Errorf("counted %d, not %d", got, want)
	}
	return err
}

// checkBulk inserts once more and compares the counts around it.
func (s *server) checkBulk() error {
	var counts [2]int
	for i := range counts {
		a, err := s.do(s.dialect.request(count, 1, 0))
		if err != nil {
			return err
		}
		if counts[i], err = s.dialect.counted(a); err != nil {
			return err
		}
		if i == 0 {
			if _, err := s.do(s.dialect.request(bulk, 1, 0)); err != nil {
				return err
			}
		}
	}
	if counts[1] != counts[0]+bulkRows {
		return fmt.Errorf("%d rows before and %d after a bulk insert", counts[0], counts[1])
	}
	return nil
}
