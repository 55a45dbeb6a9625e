// Command app is the web application and the worker that the lab deploys.
//
// What it does is told by its first argument, else by APP_MODE. Every mode is listed in modes.go.
package main

import (
	"fmt"
	"os"
)

func main() {
	word := os.Getenv("APP_MODE")
	if len(os.Args) > 1 {
		word = os.Args[1]
	}
	if word == "healthcheck" {
		os.Exit(healthcheck(os.Getenv("APP_MODE")))
	}
	m, err := parseMode(word)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	os.Exit(run(m))
}
