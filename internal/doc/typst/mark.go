// SPDX-License-Identifier: EUPL-1.2

package typst

import (
	"bytes"
	"fmt"
)

const uaDescription = `<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/"><pdfuaid:part>1</pdfuaid:part></rdf:Description>`

// markAccessible appends an incremental update (ISO 32000-1, 7.5.6) that makes viewers show the title and states PDF/UA-1. The original
// bytes stay as they were; the new catalogue and metadata follow them, with a table that leads to the old one.
func markAccessible(f *pdfFile) ([]byte, error) {
	rootRef, ok := f.trailer["Root"].(pdfRef)
	if !ok {
		return nil, fmt.Errorf("%w: no catalogue", errPDF)
	}
	root := f.objects[rootRef]
	catalogue := f.raw[root.from:root.to]
	metaRef, ok := root.value.(pdfDict)["Metadata"].(pdfRef)
	if !ok {
		return nil, fmt.Errorf("%w: no metadata", errPDF)
	}
	if prefs, ok := root.value.(pdfDict)["ViewerPreferences"].(pdfDict); !ok || prefs["DisplayDocTitle"] != nil {
		return nil, fmt.Errorf("%w: viewer preferences", errPDF)
	}
	xmp, err := streamData(f.objects[metaRef])
	if err != nil {
		return nil, fmt.Errorf("%w: metadata", errPDF)
	}
	newXMP, ok := replaceOnce(xmp, "</rdf:RDF>", uaDescription+"</rdf:RDF>")
	if !ok {
		return nil, fmt.Errorf("%w: metadata", errPDF)
	}
	key := bytes.Index(catalogue, []byte("/ViewerPreferences"))
	open := bytes.Index(catalogue[max(key, 0):], []byte("<<"))
	if key < 0 || open < 0 {
		return nil, fmt.Errorf("%w: viewer preferences", errPDF)
	}
	cut := key + open + len("<<")

	out := bytes.NewBuffer(bytes.Clone(f.raw))
	if !bytes.HasSuffix(f.raw, []byte("\n")) {
		out.WriteByte('\n')
	}
	metaAt := out.Len()
	fmt.Fprintf(out, "%d 0 obj\n<< /Type /Metadata /Subtype /XML /Length %d >>\nstream\n%s\nendstream\nendobj\n", metaRef, len(newXMP), newXMP)
	rootAt := out.Len()
	fmt.Fprintf(out, "%d 0 obj\n%s /DisplayDocTitle true%s\nendobj\n", rootRef, catalogue[:cut], catalogue[cut:])
	table := out.Len()
	fmt.Fprintf(out, "xref\n%d 1\n%010d 00000 n \n%d 1\n%010d 00000 n \n", metaRef, metaAt, rootRef, rootAt)
	trailer := bytes.TrimSuffix(f.raw[f.trailerFrom:f.trailerTo], []byte(">>"))
	fmt.Fprintf(out, "trailer\n%s /Prev %d\n>>\nstartxref\n%d\n%%%%EOF\n", bytes.TrimRight(trailer, "\r\n "), f.startxref, table)
	return out.Bytes(), nil
}

func replaceOnce(b []byte, old, with string) ([]byte, bool) {
	i := bytes.LastIndex(b, []byte(old))
	if i < 0 {
		return nil, false
	}
	return append(append(bytes.Clone(b[:i]), with...), b[i+len(old):]...), true
}
