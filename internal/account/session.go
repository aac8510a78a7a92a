// SPDX-License-Identifier: EUPL-1.2

package account

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// How long a session lasts (ASVS 7.3.1, 7.3.2): without activity, and at all. A working day fits in.
const (
	SessionIdle = 2 * time.Hour
	SessionMost = 12 * time.Hour
)

// SessionKey is the one value a session holds: the id of the account.
const SessionKey = "account"

// SessionCodec writes sessions as JSON with sorted keys, so that an unchanged session has unchanged bytes.
type SessionCodec struct{}

type sessionData struct {
	Deadline time.Time      `json:"deadline"`
	Values   map[string]any `json:"values"`
}

// Encode writes a session.
func (SessionCodec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	return json.Marshal(sessionData{deadline.UTC(), values})
}

// Decode reads a session.
func (SessionCodec) Decode(b []byte) (time.Time, map[string]any, error) {
	var d sessionData
	if err := json.Unmarshal(b, &d); err != nil {
		return time.Time{}, nil, fmt.Errorf("session: %w", err)
	}
	if d.Values == nil {
		d.Values = map[string]any{}
	}
	return d.Deadline, d.Values, nil
}

// SessionAccount gives the account a written session belongs to, empty where it belongs to nobody.
func SessionAccount(b []byte) (kernel.ID, error) {
	_, values, err := SessionCodec{}.Decode(b)
	if err != nil {
		return "", err
	}
	id, _ := values[SessionKey].(string)
	return kernel.ID(id), nil
}
