/*
 * utf8 - text from outside, made safe to show (UTF-8 is RFC 3629).
 */
#ifndef OTTERD_BASE_UTF8_H
#define OTTERD_BASE_UTF8_H

#include <stddef.h>

/*
 * Bytes of the character that `text` begins with; 0 when it begins with a
 * control character (C0, DEL or C1), with no UTF-8, or is at its end.
 */
size_t utf8_printable(const char *text);

/*
 * Put '?' for each byte that is in no such character.  What remains is one
 * line that a terminal shows as it is and that JSON can hold.
 */
void utf8_mend(char *text);

#endif
