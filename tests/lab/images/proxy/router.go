package main

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
)

var errServiceNotFound = errors.New("service not found")

// Router finds the service for a request, and carries out the commands that change services.
type Router struct {
	lock     sync.Mutex
	services map[string]*Service
}

func (r *Router) Do(request Request) (string, error) {
	switch request.Command {
	case "deploy":
		return "", r.deploy(request)
	case "list":
		return r.list(), nil
	}
	service := r.named(request.Service)
	if service == nil {
		return "", errServiceNotFound
	}
	switch request.Command {
	case "remove":
		r.remove(service)
	case "stop":
		service.halt(stopped, request.Message, 0).drain(request.Drain)
	case "pause":
		service.halt(paused, "", request.MaxWait).drain(request.Drain)
	case "resume":
		service.resume()
	}
	return "", r.save()
}

func (r *Router) named(name string) *Service {
	r.lock.Lock()
	defer r.lock.Unlock()
	return r.services[name]
}

func (r *Router) deploy(request Request) error {
	options := request.Options
	if err := validate(options); err != nil {
		return err
	}
	if r.conflict(request.Service, options) {
		return errors.New("host settings conflict with another service")
	}
	about := []field{
		{"service", request.Service}, {"target", request.Target},
		{"hosts", options.Hosts}, {"paths", []string{rootPath(options.PathPrefix)}}, {"tls", options.TLS},
	}
	logLine("Deploying", about...)
	target := newTarget(request.Target, options)
	if err := target.waitUntilHealthy(); err != nil {
		return err
	}
	old, err := r.install(request.Service, target)
	if err != nil {
		return err
	}
	if err := r.save(); err != nil {
		return err
	}
	logLine("Deployed", about...)
	if old != nil {
		old.drain(options.DrainTimeout)
	}
	return nil
}

func validate(o Options) error {
	if o.TLS && len(o.Hosts) == 0 {
		return errors.New("service options invalid: host must be set when using TLS")
	}
	if o.TLS && rootPath(o.PathPrefix) != "/" {
		return errors.New("service options invalid: TLS settings must be specified on the root path service")
	}
	if o.MaxRequestBody > 0 && !o.BufferRequests {
		return errors.New("max-request-body can only be set when request buffering is enabled")
	}
	if o.TLS && o.CertificatePath == "" && strings.Contains(strings.Join(o.Hosts, ","), "*") {
		return errors.New("automatic TLS does not support wildcards")
	}
	if o.CertificatePath != "" {
		if _, err := tls.LoadX509KeyPair(o.CertificatePath, o.PrivateKeyPath); err != nil {
			return err
		}
	}
	if o.ErrorPages != "" {
		if _, err := os.ReadDir(o.ErrorPages); err != nil {
			return errors.New("unable to load error pages")
		}
	}
	return nil
}

// install swaps in the target; hosts are looked at again, for another deploy may have ended meanwhile.
func (r *Router) install(name string, target *Target) (*Target, error) {
	if r.conflict(name, target.options) {
		return nil, errors.New("host settings conflict with another service")
	}
	r.lock.Lock()
	defer r.lock.Unlock()
	service := r.services[name]
	if service == nil {
		service = newService(name)
		r.services[name] = service
	}
	return service.swap(target), nil
}

func (r *Router) remove(service *Service) {
	r.lock.Lock()
	delete(r.services, service.Name)
	r.lock.Unlock()
	options, _, _, _ := service.snapshot()
	service.halt(stopped, "", 0).drain(options.DrainTimeout)
}

func (r *Router) conflict(name string, options Options) bool {
	r.lock.Lock()
	defer r.lock.Unlock()
	for _, other := range r.services {
		theirs, _, _, _ := other.snapshot()
		if other.Name != name && rootPath(theirs.PathPrefix) == rootPath(options.PathPrefix) &&
			shareHost(hostsOf(theirs), hostsOf(options)) {
			return true
		}
	}
	return false
}

func shareHost(some, others []string) bool {
	for _, a := range some {
		for _, b := range others {
			if a == b {
				return true
			}
		}
	}
	return false
}

// hostsOf names the wildcard host by the empty text.
func hostsOf(o Options) []string {
	if len(o.Hosts) == 0 {
		return []string{""}
	}
	return o.Hosts
}

func rootPath(prefix string) string { return "/" + strings.Trim(prefix, "/") }

// match prefers the exact host, then *.domain, then any host, and in each the longest path prefix.
func (r *Router) match(host, path string) *Service {
	r.lock.Lock()
	defer r.lock.Unlock()
	wildcard := "*"
	if _, domain, found := strings.Cut(host, "."); found {
		wildcard = "*." + domain
	}
	for _, wanted := range []string{host, wildcard, ""} {
		if found := r.longest(wanted, path); found != nil {
			return found
		}
	}
	return nil
}

func (r *Router) longest(host, path string) *Service {
	var best *Service
	length := -1
	for _, service := range r.services {
		options, _, _, _ := service.snapshot()
		prefix := rootPath(options.PathPrefix)
		if shareHost(hostsOf(options), []string{host}) && within(path, prefix) && len(prefix) > length {
			best, length = service, len(prefix)
		}
	}
	return best
}

func within(path, prefix string) bool {
	return prefix == "/" || path == prefix || strings.HasPrefix(path, prefix+"/")
}

func (r *Router) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	host := request.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	service := r.match(host, request.URL.Path)
	if service == nil {
		errorPage(w, "", http.StatusNotFound, "")
		return
	}
	options, _, _, _ := service.snapshot()
	if options.TLS && options.TLSRedirect && request.TLS == nil {
		http.Redirect(w, request, "https://"+host+request.URL.RequestURI(), http.StatusMovedPermanently)
		return
	}
	service.ServeHTTP(w, request)
}
