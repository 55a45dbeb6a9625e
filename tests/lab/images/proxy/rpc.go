package main

import (
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"
)

// Response answers a Request: what to print, and the error that makes the client exit with 1.
type Response struct {
	Output string
	Error  string
}

func socketPath() string {
	if path := os.Getenv("KAMAL_PROXY_SOCKET"); path != "" {
		return path
	}
	directory := os.Getenv("XDG_RUNTIME_DIR")
	if directory == "" {
		directory = os.TempDir()
	}
	return filepath.Join(directory, "kamal-proxy.sock")
}

func call(request Request) (string, error) {
	connection, err := net.Dial("unix", socketPath())
	if err != nil {
		return "", err
	}
	defer connection.Close()
	if err := json.NewEncoder(connection).Encode(request); err != nil {
		return "", err
	}
	response := Response{}
	if err := json.NewDecoder(connection).Decode(&response); err != nil {
		return "", err
	}
	if response.Error != "" {
		return response.Output, errors.New(response.Error)
	}
	return response.Output, nil
}

func listenForCommands(router *Router) error {
	os.Remove(socketPath())
	listener, err := net.Listen("unix", socketPath())
	if err != nil {
		return err
	}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go answer(router, connection)
		}
	}()
	return nil
}

// answer carries a command out to its end, whether its client is still there or not.
func answer(router *Router, connection net.Conn) {
	defer connection.Close()
	request := Request{}
	if err := json.NewDecoder(connection).Decode(&request); err != nil {
		return
	}
	output, err := router.Do(request)
	response := Response{Output: output}
	if err != nil {
		response.Error = err.Error()
	}
	_ = json.NewEncoder(connection).Encode(response)
}
