package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"
)

// Request is one command, as it goes from the client to the server over the unix socket.
type Request struct {
	Command string
	Service string
	Target  string
	Options Options
	Drain   time.Duration
	MaxWait time.Duration
	Message string
}

// Options is what a service keeps from its last deploy; it is saved in the state file.
type Options struct {
	Hosts               []string
	PathPrefix          string
	StripPathPrefix     bool
	TLS                 bool
	TLSRedirect         bool
	CertificatePath     string
	PrivateKeyPath      string
	DeployTimeout       time.Duration
	DrainTimeout        time.Duration
	HealthCheckInterval time.Duration
	HealthCheckTimeout  time.Duration
	HealthCheckPath     string
	HealthCheckPort     int
	HealthCheckHost     string
	TargetTimeout       time.Duration
	BufferRequests      bool
	MaxRequestBody      int64
	ErrorPages          string
	ForwardHeaders      bool
}

type listFlag []string

func (l *listFlag) String() string { return strings.Join(*l, ",") }
func (l *listFlag) Set(text string) error {
	*l = append(*l, strings.Split(text, ",")...)
	return nil
}

func parseCommand(command string, arguments []string) (Request, error) {
	request := Request{Command: command, Options: Options{Hosts: []string{}}}
	flags := flag.NewFlagSet(command, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	switch command {
	case "deploy":
		return parseDeploy(flags, request, arguments)
	case "list", "ls":
		request.Command = "list"
		_, err := parse(flags, arguments)
		return request, err
	case "rm":
		request.Command = "remove"
	case "stop":
		flags.DurationVar(&request.Drain, "drain-timeout", 30*time.Second, "")
		flags.StringVar(&request.Message, "message", "", "")
	case "pause":
		flags.DurationVar(&request.Drain, "drain-timeout", 30*time.Second, "")
		flags.DurationVar(&request.MaxWait, "max-pause", 30*time.Second, "")
	case "remove", "resume":
	default:
		return request, fmt.Errorf("unknown command %q for \"kamal-proxy\"", command)
	}
	err := withService(flags, &request, arguments)
	return request, err
}

func parseDeploy(flags *flag.FlagSet, request Request, arguments []string) (Request, error) {
	o := &request.Options
	targets := listFlag{}
	flags.Var(&targets, "target", "")
	flags.Var((*listFlag)(&o.Hosts), "host", "")
	flags.StringVar(&o.PathPrefix, "path-prefix", "", "")
	flags.BoolVar(&o.StripPathPrefix, "strip-path-prefix", true, "")
	flags.BoolVar(&o.TLS, "tls", false, "")
	flags.BoolVar(&o.TLSRedirect, "tls-redirect", true, "")
	flags.StringVar(&o.CertificatePath, "tls-certificate-path", "", "")
	flags.StringVar(&o.PrivateKeyPath, "tls-private-key-path", "", "")
	flags.DurationVar(&o.DeployTimeout, "deploy-timeout", 30*time.Second, "")
	flags.DurationVar(&o.DrainTimeout, "drain-timeout", 30*time.Second, "")
	flags.DurationVar(&o.HealthCheckInterval, "health-check-interval", time.Second, "")
	flags.DurationVar(&o.HealthCheckTimeout, "health-check-timeout", 5*time.Second, "")
	flags.StringVar(&o.HealthCheckPath, "health-check-path", "/up", "")
	flags.IntVar(&o.HealthCheckPort, "health-check-port", 0, "")
	flags.StringVar(&o.HealthCheckHost, "health-check-host", "", "")
	flags.DurationVar(&o.TargetTimeout, "target-timeout", 30*time.Second, "")
	flags.BoolVar(&o.BufferRequests, "buffer-requests", false, "")
	flags.Int64Var(&o.MaxRequestBody, "max-request-body", 0, "")
	flags.StringVar(&o.ErrorPages, "error-pages", "", "")
	flags.BoolVar(&o.ForwardHeaders, "forward-headers", false, "")
	acceptUnused(flags)
	if err := withService(flags, &request, arguments); err != nil {
		return request, err
	}
	if len(targets) == 0 {
		return request, errors.New(`required flag(s) "target" not set`)
	}
	request.Target = targets[0]
	forwardSet := false
	flags.Visit(func(f *flag.Flag) { forwardSet = forwardSet || f.Name == "forward-headers" })
	if !forwardSet {
		request.Options.ForwardHeaders = !request.Options.TLS
	}
	return request, nil
}

// acceptUnused declares the options that the stand-in takes and leaves without effect.
func acceptUnused(flags *flag.FlagSet) {
	for _, name := range []string{"tls-staging", "force", "buffer-responses", "read-target-websockets", "scope-cookie-paths"} {
		flags.Bool(name, false, "")
	}
	for _, name := range []string{"tls-on-demand-url", "tls-acme-cache-path", "canonical-host", "client-ip-header"} {
		flags.String(name, "", "")
	}
	for _, name := range []string{"buffer-memory", "max-response-body"} {
		flags.Int64(name, 0, "")
	}
	for _, name := range []string{"read-target", "log-request-header", "log-response-header", "exclude-metrics-path"} {
		flags.Var(&listFlag{}, name, "")
	}
	flags.Duration("writer-affinity-timeout", time.Second, "")
}

// withService parses into the request, whose fields the flags point at.
func withService(flags *flag.FlagSet, request *Request, arguments []string) error {
	names, err := parse(flags, arguments)
	if err != nil {
		return err
	}
	if len(names) != 1 {
		return fmt.Errorf("accepts 1 arg(s), received %d", len(names))
	}
	request.Service = names[0]
	return nil
}

// parse lets options and plain arguments come in any order, as the real program does.
func parse(flags *flag.FlagSet, arguments []string) ([]string, error) {
	plain := []string{}
	for {
		if err := flags.Parse(arguments); err != nil {
			return nil, err
		}
		arguments = flags.Args()
		if len(arguments) == 0 {
			return plain, nil
		}
		plain = append(plain, arguments[0])
		arguments = arguments[1:]
	}
}
