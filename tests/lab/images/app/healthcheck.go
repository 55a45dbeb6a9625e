package main

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"
)

// healthcheck is what the HEALTHCHECK of the image runs: GET /up, or for a worker the file it makes when it starts.
func healthcheck(appMode string) int {
	if strings.HasPrefix(appMode, "worker") {
		return workerHealthcheck()
	}
	client := http.Client{Timeout: time.Second}
	response, err := client.Get("http://127.0.0.1:" + port() + "/up")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer response.Body.Close()
	if response.StatusCode >= 300 {
		fmt.Printf("GET /up: unexpected status (%d)\n", response.StatusCode)
		return 1
	}
	return 0
}

func workerHealthcheck() int {
	if _, err := os.Stat(readyFile); err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}
