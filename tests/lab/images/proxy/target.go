package main

import (
	"context"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Target is one container behind the proxy, with the requests that it is answering now.
type Target struct {
	Address   string
	options   Options
	transport *http.Transport
	proxy     *httputil.ReverseProxy
	lock      sync.Mutex
	busy      sync.WaitGroup
	cancel    context.CancelFunc
	cut       context.Context
}

func newTarget(address string, options Options) *Target {
	if !strings.Contains(address, ":") {
		address += ":80"
	}
	target := &Target{Address: address, options: options}
	target.cut, target.cancel = context.WithCancel(context.Background())
	target.transport = &http.Transport{
		MaxIdleConnsPerHost:   100,
		ResponseHeaderTimeout: options.TargetTimeout,
	}
	target.proxy = &httputil.ReverseProxy{
		Director:     target.direct,
		Transport:    target.transport,
		ErrorHandler: target.failed,
	}
	return target
}

func (t *Target) direct(request *http.Request) {
	request.URL = &url.URL{
		Scheme:   "http",
		Host:     t.Address,
		Path:     t.stripped(request.URL.Path),
		RawQuery: request.URL.RawQuery,
	}
	if !t.options.ForwardHeaders {
		request.Header.Del("X-Forwarded-For")
		request.Header.Del("X-Forwarded-Proto")
		request.Header.Del("X-Forwarded-Host")
	}
	setMissing(request.Header, "X-Forwarded-Host", request.Host)
	scheme := "http"
	if request.TLS != nil {
		scheme = "https"
	}
	setMissing(request.Header, "X-Forwarded-Proto", scheme)
}

func setMissing(header http.Header, name, value string) {
	if header.Get(name) == "" {
		header.Set(name, value)
	}
}

func (t *Target) stripped(path string) string {
	if !t.options.StripPathPrefix || t.options.PathPrefix == "" {
		return path
	}
	rest := strings.TrimPrefix(path, t.options.PathPrefix)
	if !strings.HasPrefix(rest, "/") {
		return "/" + rest
	}
	return rest
}

func (t *Target) failed(w http.ResponseWriter, request *http.Request, err error) {
	status := http.StatusBadGateway
	if strings.Contains(err.Error(), "timeout awaiting response headers") {
		status = http.StatusGatewayTimeout
	}
	logLine("Error while proxying", field{"target", t.Address}, field{"path", request.URL.Path}, field{"error", err.Error()})
	errorPage(w, t.options.ErrorPages, status, "")
}

// serve answers a request that was claimed with busy.Add before the swap could take place.
func (t *Target) serve(w http.ResponseWriter, request *http.Request) {
	defer t.busy.Done()
	ctx, cancel := context.WithCancel(request.Context())
	defer cancel()
	cut := t.cutSignal()
	go func() {
		select {
		case <-cut.Done():
			cancel()
		case <-ctx.Done():
		}
	}()
	t.proxy.ServeHTTP(w, request.WithContext(ctx))
}

// drain waits for the requests in flight; those that outlive the timeout are cut.
func (t *Target) drain(timeout time.Duration) {
	done := make(chan struct{})
	go func() {
		t.busy.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(timeout):
		t.cutRequests()
		<-done
	}
	t.transport.CloseIdleConnections()
}

func (t *Target) cutSignal() context.Context {
	t.lock.Lock()
	defer t.lock.Unlock()
	return t.cut
}

// cutRequests ends the requests in flight, and no later one: a stopped service may be resumed.
func (t *Target) cutRequests() {
	t.lock.Lock()
	defer t.lock.Unlock()
	t.cancel()
	t.cut, t.cancel = context.WithCancel(context.Background())
}
