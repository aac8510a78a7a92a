// SPDX-License-Identifier: EUPL-1.2

package shapefile

import (
	"strings"
	"unicode/utf8"
)

// charset decodes the bytes of dBASE texts. high holds the characters of bytes 0x80 to 0xFF; it is empty for UTF-8.
type charset struct {
	name string
	high []rune
}

var (
	utf8Set = charset{name: "UTF-8"}
	cp1252  = charset{"CP1252", []rune("€\ufffd‚ƒ„…†‡ˆ‰Š‹Œ\ufffdŽ\ufffd\ufffd‘’“”•–—˜™š›œ\ufffdžŸ\u00a0¡¢£¤¥¦§¨©ª«¬\u00ad®¯°±²³´µ¶·¸¹º»¼½¾¿ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõö÷øùúûüýþÿ")}
	cp850   = charset{"CP850", []rune("ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00ad±‗¾¶§÷¸°¨·¹³²■\u00a0")}
	cp437   = charset{"CP437", []rune("ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0")}
	latin1  = charset{"ISO-8859-1", []rune("\u0080\u0081\u0082\u0083\u0084\u0085\u0086\u0087\u0088\u0089\u008a\u008b\u008c\u008d\u008e\u008f\u0090\u0091\u0092\u0093\u0094\u0095\u0096\u0097\u0098\u0099\u009a\u009b\u009c\u009d\u009e\u009f\u00a0¡¢£¤¥¦§¨©ª«¬\u00ad®¯°±²³´µ¶·¸¹º»¼½¾¿ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõö÷øùúûüýþÿ")}
	latin9  = charset{"ISO-8859-15", []rune("\u0080\u0081\u0082\u0083\u0084\u0085\u0086\u0087\u0088\u0089\u008a\u008b\u008c\u008d\u008e\u008f\u0090\u0091\u0092\u0093\u0094\u0095\u0096\u0097\u0098\u0099\u009a\u009b\u009c\u009d\u009e\u009f\u00a0¡¢£€¥Š§š©ª«¬\u00ad®¯°±²³Žµ¶·ž¹º»ŒœŸ¿ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõö÷øùúûüýþÿ")}
)

// Encodings lists the names that ReadOptions.Encoding understands.
func Encodings() []string {
	return []string{"UTF-8", "CP1252", "ISO-8859-1", "ISO-8859-15", "CP850", "CP437"}
}

// charsetNamed understands what .cpg files and people write.
func charsetNamed(s string) (charset, bool) {
	s = strings.ToUpper(strings.TrimSpace(strings.TrimPrefix(s, "\uFEFF")))
	s = strings.NewReplacer(" ", "", "-", "", "_", "").Replace(s)
	switch s {
	case "UTF8", "65001", "CP65001":
		return utf8Set, true
	case "1252", "CP1252", "WINDOWS1252", "ANSI1252", "ANSI":
		return cp1252, true
	case "850", "CP850", "IBM850", "OEM850", "DOS850":
		return cp850, true
	case "437", "CP437", "IBM437", "OEM437", "DOS437":
		return cp437, true
	case "88591", "ISO88591", "LATIN1", "ISO885919878", "28591":
		return latin1, true
	case "885915", "ISO885915", "LATIN9", "28605":
		return latin9, true
	}
	return charset{}, false
}

// charsetOfLDID understands the language driver of the dBASE header (dBASE IV and Visual FoxPro tables).
func charsetOfLDID(id byte) (charset, bool) {
	switch id {
	case 0x03, 0x57, 0x58, 0x59:
		return cp1252, true
	case 0x02, 0x0F, 0x10, 0x25, 0x37:
		return cp850, true
	case 0x01, 0x1B:
		return cp437, true
	}
	return charset{}, false
}

// decode never fails: bytes without a character become U+FFFD.
func (c charset) decode(s string) string {
	if c.high == nil {
		return strings.ToValidUTF8(s, "\uFFFD")
	}
	var b strings.Builder
	for i := range len(s) {
		if s[i] < utf8.RuneSelf {
			b.WriteByte(s[i])
		} else {
			b.WriteRune(c.high[s[i]-0x80])
		}
	}
	return b.String()
}

// plausible scores how German a text reads: letters with umlauts count for, box drawings and signs inside words against.
func (c charset) plausible(s string) int {
	score := 0
	for _, r := range c.decode(s) {
		switch {
		case r < 0x80:
		case strings.ContainsRune("äöüÄÖÜß", r):
			score += 3
		case strings.ContainsRune("éèêáàâçñøåæłśžščć", r):
			score++
		case r >= 0x80 && r < 0xA0, r >= 0x2500 && r < 0x2600, r == utf8.RuneError:
			score -= 5
		default:
			score -= 2
		}
	}
	return score
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
