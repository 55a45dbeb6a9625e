package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// errorPage answers with the service's own page for the status where there is one.
func errorPage(w http.ResponseWriter, directory string, status int, message string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	page, err := os.ReadFile(filepath.Join(directory, strconv.Itoa(status)+".html"))
	w.WriteHeader(status)
	if directory != "" && err == nil {
		fmt.Fprint(w, strings.ReplaceAll(string(page), "{{ .Message }}", message))
		return
	}
	fmt.Fprintf(w, "<h1>%d %s</h1>\n<p>%s</p>\n", status, http.StatusText(status), message)
}
