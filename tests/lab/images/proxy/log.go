package main

import (
	"bytes"
	"encoding/json"
	"os"
	"sync"
	"time"
)

type field struct {
	name  string
	value any
}

var logLock sync.Mutex

// logLine prints one JSON object, keys in the order given, in the shape of Go's log/slog.
func logLine(message string, fields ...field) {
	head := []field{{"time", time.Now().UTC().Format(time.RFC3339Nano)}, {"level", "INFO"}, {"msg", message}}
	line := bytes.Buffer{}
	separator := byte('{')
	for _, f := range append(head, fields...) {
		line.WriteByte(separator)
		line.Write(encoded(f.name))
		line.WriteByte(':')
		line.Write(encoded(f.value))
		separator = ','
	}
	line.WriteString("}\n")
	logLock.Lock()
	defer logLock.Unlock()
	os.Stdout.Write(line.Bytes())
}

func encoded(value any) []byte {
	buffer := bytes.Buffer{}
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return []byte(`"?"`)
	}
	return bytes.TrimRight(buffer.Bytes(), "\n")
}
