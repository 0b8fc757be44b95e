// Command probe is a function in WebAssembly that does what its path says.
package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

func main() {
	head := "Content-Type: text/plain; charset=utf-8\n\n"
	switch os.Getenv("PATH_INFO") {
	case "/env":
		env := os.Environ()
		slices.Sort(env)
		fmt.Print(head, strings.Join(env, "\n"), "\n", os.Args)
	case "/echo":
		fmt.Print(head)
		if _, err := io.Copy(os.Stdout, os.Stdin); err != nil {
			os.Exit(4)
		}
	case "/status":
		fmt.Print("Status: 418 I'm a teapot\r\nX-Two: a\r\nX-Two: b\r\nConnection: close\r\nContent-Length: 5\r\n\r\nteapot")
	case "/redirect":
		fmt.Print("Location: https://example.org/\n\n")
	case "/empty":
		fmt.Print("Status: 204\n")
	case "/nothing":
	case "/nohead":
		fmt.Print("hello")
	case "/inject":
		fmt.Print("Status: 200\nX: a\rX-Evil: b\n\n")
	case "/nostatus":
		fmt.Print("Status: 99\n\n")
	case "/longhead":
		fmt.Print("Status: 200\n", strings.Repeat("X: y\n", 1<<16), "\n")
	case "/exit":
		fmt.Print(head, "half")
		fmt.Fprintln(os.Stderr, "it broke")
		os.Exit(3)
	case "/panic":
		panic("at the disco")
	case "/sandbox":
		fmt.Print(head)
		sandbox()
	case "/spin":
		for i := 0; ; i++ {
			if i < 0 {
				fmt.Print(i)
			}
		}
	case "/sleep":
		time.Sleep(time.Hour)
	case "/nap":
		time.Sleep(20 * time.Millisecond)
		fmt.Print(head, "awake")
	case "/alloc":
		var all [][]byte
		for {
			b := make([]byte, 1<<20)
			for i := range b {
				b[i] = byte(i)
			}
			all = append(all, b)
			fmt.Fprintln(os.Stderr, len(all))
		}
	case "/recurse":
		fmt.Print(recurse(1))
	case "/flood":
		fmt.Print(head)
		for {
			fmt.Print(strings.Repeat("x", 1<<16))
		}
	case "/chatter":
		for range 10_000 {
			fmt.Fprintln(os.Stderr, strings.Repeat("x", 1<<14))
		}
		fmt.Print(head, "said")
	}
}

func recurse(n int) int {
	if n == 0 {
		return 0
	}
	return recurse(n+1) + n
}

// sandbox tells what of the machine can be reached: nothing must.
func sandbox() {
	for _, path := range []string{"/", ".", "/etc/passwd", "../../../../etc/passwd", "/proc/self/environ", "/dev/null"} {
		if _, err := os.ReadFile(path); err == nil {
			fmt.Println("read", path)
		}
		if _, err := os.ReadDir(path); err == nil {
			fmt.Println("listed", path)
		}
		if _, err := os.Stat(path); err == nil {
			fmt.Println("saw", path)
		}
	}
	for _, path := range []string{"/tmp/escaped", "escaped"} {
		if err := os.WriteFile(path, []byte("x"), 0o600); err == nil {
			fmt.Println("wrote", path)
		}
	}
	if err := exec.Command("/bin/true").Run(); err == nil {
		fmt.Println("ran a process")
	}
	for fd := uintptr(3); fd < 10; fd++ {
		if _, err := os.NewFile(fd, "").Stat(); err == nil {
			fmt.Println("has the file", fd)
		}
	}
	if time.Since(time.Unix(1_600_000_000, 0)) < 0 {
		fmt.Println("has no clock")
	}
	fmt.Println("done")
}
