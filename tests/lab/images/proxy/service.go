package main

import (
	"net/http"
	"sync"
	"time"
)

type runState string

const (
	running runState = "running"
	paused  runState = "paused"
	stopped runState = "stopped"
)

// Service is a name with the target that answers for it. Claiming a target and swapping it share one lock, so a
// request is either counted on the old target before the swap or goes to the new one.
type Service struct {
	Name    string
	lock    sync.Mutex
	options Options
	active  *Target
	state   runState
	message string
	resumed chan struct{}
	maxWait time.Duration
}

func newService(name string) *Service {
	return &Service{Name: name, state: running, resumed: make(chan struct{})}
}

// swap makes a target the one that answers, and returns the one before.
func (s *Service) swap(target *Target) *Target {
	s.lock.Lock()
	defer s.lock.Unlock()
	old := s.active
	s.active, s.options = target, target.options
	return old
}

// claim returns the target, counted as busy, or what keeps the service from answering.
func (s *Service) claim() (*Target, runState) {
	s.lock.Lock()
	defer s.lock.Unlock()
	if s.state != running {
		return nil, s.state
	}
	s.active.busy.Add(1)
	return s.active, running
}

func (s *Service) halt(state runState, message string, maxWait time.Duration) *Target {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.state, s.message, s.maxWait = state, message, maxWait
	return s.active
}

func (s *Service) resume() {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.state, s.message = running, ""
	close(s.resumed)
	s.resumed = make(chan struct{})
}

func (s *Service) waiting() (<-chan struct{}, time.Duration) {
	s.lock.Lock()
	defer s.lock.Unlock()
	return s.resumed, s.maxWait
}

func (s *Service) snapshot() (Options, string, runState, string) {
	s.lock.Lock()
	defer s.lock.Unlock()
	return s.options, s.active.Address, s.state, s.message
}

func (s *Service) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	target, state := s.claim()
	options, _, _, message := s.snapshot()
	if state == paused {
		resumed, most := s.waiting()
		select {
		case <-resumed:
			target, _ = s.claim()
		case <-time.After(most):
			errorPage(w, options.ErrorPages, http.StatusGatewayTimeout, "")
			return
		case <-request.Context().Done():
			return
		}
	}
	if target == nil {
		errorPage(w, options.ErrorPages, http.StatusServiceUnavailable, message)
		return
	}
	target.serve(w, request)
}
