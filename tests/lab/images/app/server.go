package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// serve answers until a signal comes, then lets the requests in flight finish.
func serve(stop <-chan os.Signal, port string, upStatus int) int {
	server := &http.Server{Addr: ":" + port, Handler: logged(routes(upStatus))}
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServe() }()
	fmt.Printf("listening on %s\n", port)
	select {
	case err := <-failed:
		fmt.Fprintln(os.Stderr, err)
		return 1
	case <-stop:
	}
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println("stopped")
	return 0
}

func routes(upStatus int) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/up", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(upStatus)
		fmt.Fprintln(w, http.StatusText(upStatus))
	})
	mux.HandleFunc("/version", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "%s %s\n", os.Getenv("APP_VERSION"), os.Getenv("KAMAL_CONTAINER_NAME"))
	})
	mux.HandleFunc("/env/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, os.Getenv(strings.TrimPrefix(r.URL.Path, "/env/")))
	})
	mux.HandleFunc("/sleep", sleep)
	mux.Handle("/assets/", http.StripPrefix("/assets/", http.FileServer(http.Dir("/assets"))))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s\n", os.Getenv("APP_VERSION"), r.URL.Path)
	})
	return mux
}

// sleep answers after ?ms= milliseconds: a request in flight for the tests of draining.
func sleep(w http.ResponseWriter, r *http.Request) {
	ms, err := strconv.Atoi(r.URL.Query().Get("ms"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	time.Sleep(time.Duration(ms) * time.Millisecond)
	fmt.Fprintln(w, os.Getenv("APP_VERSION"))
}

type statusKeeper struct {
	http.ResponseWriter
	status int
}

func (s *statusKeeper) WriteHeader(status int) {
	s.status = status
	s.ResponseWriter.WriteHeader(status)
}

func logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kept := &statusKeeper{w, http.StatusOK}
		next.ServeHTTP(kept, r)
		fmt.Printf("%s %s %d\n", r.Method, r.URL.Path, kept.status)
	})
}
