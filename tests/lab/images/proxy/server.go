package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

func runServer(arguments []string) error {
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	httpPort := flags.Int("http-port", portFromEnv("HTTP_PORT", 80), "")
	httpsPort := flags.Int("https-port", portFromEnv("HTTPS_PORT", 443), "")
	flags.Int("metrics-port", 0, "")
	flags.Bool("debug", false, "")
	flags.Bool("http3", false, "")
	if _, err := parse(flags, arguments); err != nil {
		return err
	}
	router, err := restore()
	if err != nil {
		return err
	}
	if err := listenForCommands(router); err != nil {
		return err
	}
	handler := logged(router)
	plain := &http.Server{Addr: fmt.Sprintf(":%d", *httpPort), Handler: handler}
	secure := &http.Server{
		Addr: fmt.Sprintf(":%d", *httpsPort), Handler: handler,
		TLSConfig: &tls.Config{GetCertificate: router.certificate},
	}
	return serveUntilSignalled(plain, secure)
}

func serveUntilSignalled(plain, secure *http.Server) error {
	failed := make(chan error, 2)
	go func() { failed <- plain.ListenAndServe() }()
	go func() { failed <- secure.ListenAndServeTLS("", "") }()
	logLine("Server started", field{"http", plain.Addr}, field{"https", secure.Addr})
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	select {
	case err := <-failed:
		return err
	case <-stop:
	}
	logLine("Server stopping")
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_ = secure.Shutdown(ctx)
	return plain.Shutdown(ctx)
}

func portFromEnv(name string, otherwise int) int {
	for _, variable := range []string{"KAMAL_PROXY_" + name, name} {
		if port, err := strconv.Atoi(os.Getenv(variable)); err == nil {
			return port
		}
	}
	return otherwise
}

func (r *Router) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	service := r.match(hello.ServerName, "/")
	if service == nil {
		return nil, errors.New("no service for this host")
	}
	options, _, _, _ := service.snapshot()
	if options.CertificatePath == "" {
		return nil, errors.New("automatic certificates are not part of the stand-in")
	}
	pair, err := tls.LoadX509KeyPair(options.CertificatePath, options.PrivateKeyPath)
	return &pair, err
}

type statusKeeper struct {
	http.ResponseWriter
	status int
}

func (s *statusKeeper) WriteHeader(status int) {
	s.status = status
	s.ResponseWriter.WriteHeader(status)
}

// Unwrap and Flush keep streamed answers flowing through the wrapper.
func (s *statusKeeper) Unwrap() http.ResponseWriter { return s.ResponseWriter }
func (s *statusKeeper) Flush() {
	if flusher, ok := s.ResponseWriter.(http.Flusher); ok {
		flusher.Flush()
	}
}

func (s *statusKeeper) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	hijacker, ok := s.ResponseWriter.(http.Hijacker)
	if !ok {
		return nil, nil, errors.New("the connection cannot be taken over")
	}
	return hijacker.Hijack()
}

func logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		began := time.Now()
		kept := &statusKeeper{w, http.StatusOK}
		path := request.URL.Path
		next.ServeHTTP(kept, request)
		logLine("Request",
			field{"host", request.Host}, field{"path", path}, field{"status", kept.status},
			field{"duration", time.Since(began).Nanoseconds()}, field{"method", request.Method},
			field{"remote_addr", request.RemoteAddr}, field{"user_agent", request.UserAgent()})
	})
}
