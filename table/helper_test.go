// SPDX-License-Identifier: EUPL-1.2

package table_test

import (
	"bytes"
	"errors"

	"github.com/kupferfaden/kupferfaden/table"
)

// refusal returns the code of a file that was refused, or what else went wrong.
func refusal(err error) string {
	var r *table.Refusal
	switch {
	case err == nil:
		return ""
	case errors.As(err, &r):
		return r.Finding.Code
	}
	return "error: " + err.Error()
}

func open(data []byte, name string, o table.Options) (*table.Table, error) {
	return table.Open(bytes.NewReader(data), int64(len(data)), name, o)
}
