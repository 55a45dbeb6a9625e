package main

import (
	"fmt"
	"sort"
	"strings"
)

// list draws the table of services; it is coloured whether a terminal reads it or not, as with the real program.
func (r *Router) list() string {
	rows := r.rows()
	widths := []int{}
	for _, title := range titles {
		widths = append(widths, len(title))
	}
	for _, row := range rows {
		for i, cell := range row {
			if len(cell) > widths[i] {
				widths[i] = len(cell)
			}
		}
	}
	table := strings.Builder{}
	writeRow(&table, titles, widths, []string{"3", "3", "3", "3", "3", "3"})
	for _, row := range rows {
		writeRow(&table, row, widths, []string{"1;34", "0", "0", "0", "32", "0"})
	}
	return table.String()
}

var titles = []string{"Service", "Host", "Path", "Target", "State", "TLS"}

func writeRow(table *strings.Builder, cells []string, widths []int, colours []string) {
	for i, cell := range cells {
		fmt.Fprintf(table, "\x1b[%sm%-*s\x1b[0m  ", colours[i], widths[i], cell)
	}
	table.WriteString("\n")
}

func (r *Router) rows() [][]string {
	r.lock.Lock()
	defer r.lock.Unlock()
	rows := [][]string{}
	for name, service := range r.services {
		options, address, state, _ := service.snapshot()
		host, secured := strings.Join(options.Hosts, ","), "no"
		if host == "" {
			host = "*"
		}
		if options.TLS {
			secured = "yes"
		}
		rows = append(rows, []string{name, host, rootPath(options.PathPrefix), address, string(state), secured})
	}
	sort.Slice(rows, func(i, j int) bool { return rows[i][0] < rows[j][0] })
	return rows
}
