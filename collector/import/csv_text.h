/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The bytes of a file as UTF-8 text: UTF-8 with or without a byte order mark as it is, GB18030
 * (with it GBK and GB 2312, what Chinese spreadsheets write) converted by iconv(3), UTF-16 refused
 * with the remedy. Strangers' bytes: bounded, and a fault names its line. One thread.
 */
#ifndef LASTMILE_COLLECTOR_IMPORT_CSV_TEXT_H
#define LASTMILE_COLLECTOR_IMPORT_CSV_TEXT_H

#include "common/conf.h"

#include <stddef.h>

#define CSV_TEXT_BYTES_MAX (64 << 20) /* of the file */

/* ANY: UTF-8 where the bytes are, else GB18030; damaged UTF-8 is refused, not taken for it. */
enum csv_encoding { CSV_ENCODING_ANY, CSV_ENCODING_UTF_8, CSV_ENCODING_GB18030 };
extern const struct conf_name csv_encoding_names[]; /* without ANY */

struct csv_text {
    char *bytes; /* without a byte order mark; not ended by a NUL */
    size_t length;
    enum csv_encoding encoding; /* what it was */
};

/* The file's bytes, which the caller frees. 0, or -EINVAL with out_error set ("file: ..."). */
int csv_text_load(const char *path, char **out_bytes, size_t *out_length,
                  struct conf_error *out_error);

/* 0, or -EINVAL with out_error set ("name: ..." or "name:line: ..."). */
int csv_text_decode(const char *name, enum csv_encoding encoding, const char *bytes, size_t length,
                    struct csv_text *out_text, struct conf_error *out_error);
void csv_text_fini(struct csv_text *text);

#endif
