package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// savedService is one entry of the state file.
type savedService struct {
	Name    string
	Target  string
	Options Options
	State   runState
	Message string
}

func stateFile() string {
	home, err := os.UserHomeDir()
	if err != nil {
		home = "/home/kamal-proxy"
	}
	return filepath.Join(home, ".config", "kamal-proxy", "kamal-proxy.state")
}

// save replaces the state file whole, so that a restart in between finds the old or the new one.
func (r *Router) save() error {
	r.lock.Lock()
	defer r.lock.Unlock()
	saved := []savedService{}
	for name, service := range r.services {
		options, address, state, message := service.snapshot()
		saved = append(saved, savedService{name, address, options, state, message})
	}
	text, err := json.Marshal(saved)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(stateFile()), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(stateFile()+".new", text, 0o644); err != nil {
		return err
	}
	return os.Rename(stateFile()+".new", stateFile())
}

func restore() (*Router, error) {
	router := &Router{services: map[string]*Service{}}
	text, err := os.ReadFile(stateFile())
	if errors.Is(err, fs.ErrNotExist) {
		return router, nil
	}
	if err != nil {
		return nil, err
	}
	saved := []savedService{}
	if err := json.Unmarshal(text, &saved); err != nil {
		return nil, err
	}
	for _, s := range saved {
		service := newService(s.Name)
		service.state, service.message = s.State, s.Message
		service.swap(newTarget(s.Target, s.Options))
		router.services[s.Name] = service
	}
	return router, nil
}
