// Command kamal-proxy stands in for basecamp/kamal-proxy 0.9.2 where its image is not to be had.
//
// Same command line, same log lines, same exit codes; it really proxies, checks health, swaps and drains.
// Not there: ACME certificates, rollouts, metrics, buffering to disk and read targets (their options are accepted).
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) < 2 {
		fail(fmt.Errorf("usage: kamal-proxy run|deploy|remove|list|stop|pause|resume"))
	}
	command, arguments := os.Args[1], os.Args[2:]
	if command == "run" {
		fail(runServer(arguments))
		return
	}
	request, err := parseCommand(command, arguments)
	if err != nil {
		fail(err)
	}
	output, err := call(request)
	fmt.Print(output)
	fail(err)
}

func fail(err error) {
	if err == nil {
		return
	}
	fmt.Fprintf(os.Stderr, "Error: %s\n", err)
	os.Exit(1)
}
