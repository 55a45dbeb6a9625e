package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// readyFile tells the HEALTHCHECK of a mode without a port that the program has started.
const readyFile = "/tmp/ready"

type mode struct {
	name  string
	after time.Duration
}

// parseMode reads "name" or "name:seconds"; no text at all means healthy.
func parseMode(text string) (mode, error) {
	name, seconds, found := strings.Cut(text, ":")
	if name == "" {
		name = "healthy"
	}
	m := mode{name: name}
	if !found {
		return m, nil
	}
	n, err := strconv.ParseFloat(seconds, 64)
	if err != nil {
		return m, fmt.Errorf("APP_MODE %q: want name:seconds", text)
	}
	m.after = time.Duration(n * float64(time.Second))
	return m, nil
}

func run(m mode) int {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	fmt.Printf("starting version %s mode %s\n", os.Getenv("APP_VERSION"), m.name)
	switch m.name {
	case "healthy":
		return serve(stop, port(), 200)
	case "slow":
		if !pause(stop, m.after) {
			return 0
		}
		return serve(stop, port(), 200)
	case "unhealthy":
		return serve(stop, port(), 500)
	case "missing":
		return serve(stop, port(), 404)
	case "wrong-port":
		return serve(stop, "8123", 200)
	case "ignore-term":
		return serve(ignoring(stop), port(), 200)
	case "crash":
		pause(stop, m.after)
		return crash()
	case "crash-later":
		go func() {
			time.Sleep(m.after)
			os.Exit(crash())
		}()
		return serve(stop, port(), 200)
	case "hang":
		return hang(stop)
	case "oom":
		return outOfMemory()
	case "oom-self":
		return grow()
	case "worker":
		return work(stop)
	}
	fmt.Fprintf(os.Stderr, "unknown mode %q\n", m.name)
	return 2
}

func port() string {
	if p := os.Getenv("PORT"); p != "" {
		return p
	}
	return "80"
}

// pause waits, and reports false when a signal to stop came first.
func pause(stop <-chan os.Signal, d time.Duration) bool {
	select {
	case <-stop:
		return false
	case <-time.After(d):
		return true
	}
}

func crash() int {
	fmt.Fprintln(os.Stderr, "could not connect to database at db:5432")
	return 1
}

// ignoring swallows the signals to stop, so that only SIGKILL ends the program.
func ignoring(stop <-chan os.Signal) <-chan os.Signal {
	go func() {
		for s := range stop {
			fmt.Printf("ignoring %s\n", s)
		}
	}()
	return make(chan os.Signal)
}

// hang accepts connections and never answers.
func hang(stop <-chan os.Signal) int {
	listener, err := net.Listen("tcp", ":"+port())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	held := []net.Conn{}
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			held = append(held, c)
		}
	}()
	<-stop
	return 0
}

// outOfMemory has a process of its own that the kernel ends, and then ends as that did, like a server that loses
// its only worker. Docker hears of the kernel's deed and of the container's end on two ways: where the end comes
// first, it never says what it was due to.
func outOfMemory() int {
	child := exec.Command("/proc/self/exe", "oom-self")
	child.Stdout, child.Stderr = os.Stdout, os.Stderr
	err := child.Run()
	var ended *exec.ExitError
	if !errors.As(err, &ended) {
		fmt.Fprintln(os.Stderr, "it was not killed:", err)
		return 1
	}
	status, _ := ended.Sys().(syscall.WaitStatus)
	if !status.Signaled() {
		return status.ExitStatus()
	}
	time.Sleep(500 * time.Millisecond)
	return 128 + int(status.Signal())
}

// grow takes memory until the kernel ends it; without a memory limit it gives up rather than starve the machine.
func grow() int {
	const most = 256
	grown := [][]byte{}
	for len(grown) < most {
		block := make([]byte, 1<<20)
		for i := 0; i < len(block); i += 4096 {
			block[i] = 1
		}
		grown = append(grown, block)
		time.Sleep(2 * time.Millisecond)
	}
	fmt.Fprintf(os.Stderr, "took %d MiB and met no memory limit\n", len(grown))
	return 1
}

// work prints a line every second until it is told to stop.
func work(stop <-chan os.Signal) int {
	if err := os.WriteFile(readyFile, nil, 0o644); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	for n := 1; ; n++ {
		fmt.Printf("tick %d version %s\n", n, os.Getenv("APP_VERSION"))
		if !pause(stop, time.Second) {
			fmt.Println("worker stopped")
			return 0
		}
	}
}
