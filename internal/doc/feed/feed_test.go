// SPDX-License-Identifier: EUPL-1.2

package feed_test

import (
	"bytes"
	"encoding/xml"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/doc/feed"
)

func TestAFeedIsWellFormedWhateverPeopleWrite(t *testing.T) {
	at := time.Date(2027, 3, 28, 1, 30, 0, 0, time.UTC)
	f := feed.Feed{
		ID: "https://stadt.example/pinnwand", Title: "Pinnwand <b>&", Lang: "de", Self: "https://stadt.example/pinnwand.atom", Page: "https://stadt.example/pinnwand", Author: "Stadt",
		Entries: []feed.Entry{
			{ID: "urn:uuid:1", Title: "]]></title><script>\x00\u202e", Summary: "a & b", Page: "https://stadt.example/pinnwand/1?a=1&b=2", Updated: at, Published: at.Add(-time.Hour), Categories: []string{`"x"`}},
			{ID: "urn:uuid:2", Title: "zwei", Page: "https://stadt.example/pinnwand/2", Updated: at.Add(-48 * time.Hour)},
		},
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	d := xml.NewDecoder(bytes.NewReader(b.Bytes()))
	elements := map[string]int{}
	for {
		tok, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, b.String())
		}
		if s, ok := tok.(xml.StartElement); ok {
			elements[s.Name.Local]++
		}
	}
	if elements["entry"] != 2 || elements["script"] != 0 || elements["link"] != 4 || elements["updated"] != 3 || elements["published"] != 1 {
		t.Errorf("%v", elements)
	}
	if !strings.Contains(b.String(), "<updated>2027-03-28T01:30:00Z</updated><author>") {
		t.Errorf("the feed is not as young as its youngest entry: %s", b.String())
	}
}
