package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"
)

// waitUntilHealthy checks at once and then every interval, until the first 2xx or the end of the deploy timeout.
func (t *Target) waitUntilHealthy() error {
	ctx, cancel := context.WithTimeout(context.Background(), t.options.DeployTimeout)
	defer cancel()
	ticker := time.NewTicker(t.options.HealthCheckInterval)
	defer ticker.Stop()
	for {
		err := t.check(ctx)
		if err == nil {
			logLine("Target health updated",
				field{"target", t.Address}, field{"state", "healthy"}, field{"was", "adding"})
			return nil
		}
		if ctx.Err() == nil {
			logLine("Healthcheck failed", field{"url", t.healthURL()}, field{"error", err.Error()})
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("target failed to become healthy within configured timeout (%s)", t.options.DeployTimeout)
		case <-ticker.C:
		}
	}
}

func (t *Target) healthURL() string {
	host, port, err := net.SplitHostPort(t.Address)
	if err != nil {
		host, port = t.Address, "80"
	}
	if t.options.HealthCheckPort != 0 {
		port = strconv.Itoa(t.options.HealthCheckPort)
	}
	return "http://" + net.JoinHostPort(host, port) + t.options.HealthCheckPath
}

func (t *Target) check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, t.options.HealthCheckTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, t.healthURL(), nil)
	if err != nil {
		return err
	}
	request.Header.Set("User-Agent", "kamal-proxy")
	request.Host = t.options.HealthCheckHost
	client := http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := client.Do(request)
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		return errors.New("request timed out")
	}
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return fmt.Errorf("unexpected status (%d)", response.StatusCode)
	}
	return nil
}
