// SPDX-License-Identifier: EUPL-1.2

// Package table reads the tables that German municipal and state offices deliver: CSV in any of the encodings in use, XLSX, ODS, and the
// exports of GENESIS and Regionalstatistik with their title lines, multi-row headers, statistical signs and footers.
//
// To a municipality it is the door through which every figure comes in. It keeps these promises:
//
//   - Nothing is guessed that a person must know: an encoding, a decimal sign or a period that can be read in two ways becomes a question
//     (outcome "ask"), and no value is invented for it.
//   - Nothing is repaired or left out in silence: every departure from a plain table is a [Finding] with file line, row, column and outcome.
//   - No file, however broken or hostile, makes it panic, run without end, write to disk or open a connection; memory does not grow with
//     the number of rows.
//
// [Open] finds the format and layout, [Table.Rows] streams rows, [Mapping.Apply] turns them into typed records. The package knows nothing
// of the rest of the program: flags and periods are its own neutral types.
package table
