// SPDX-License-Identifier: EUPL-1.2

package app

// MailOptions say how mail leaves the installation.
type MailOptions struct {
	Mode     string // "send", or "capture": mail is kept and shown, never sent
	Host     string // mail server
	Port     int
	User     string // empty: the server asks for none
	Password string
	From     string // sender's address
	Security string // "starttls", "tls" from the first byte, "none"
}

// BackupOptions say what the nightly backup does.
type BackupOptions struct {
	Dir        string // empty: "backups" in the data directory
	At         string // "02:30", Europe/Berlin; empty: no nightly backup
	Keep       int    // how many are kept
	Recipients []string
}
