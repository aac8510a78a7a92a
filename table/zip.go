// SPDX-License-Identifier: EUPL-1.2

package table

import "io"

func sniffZip(io.ReaderAt, int64, Limits) (Kind, error)   { return "", refuse("zip.no_workbook") }
func (t *Table) openXLSX(r io.ReaderAt, size int64) error { return refuse("zip.no_workbook") }
func (t *Table) openODS(r io.ReaderAt, size int64) error  { return refuse("zip.no_workbook") }
