/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reads and writes recordings of SNMP agents in the .snmprec text form of snmpsim: a line
 * `OID|type|value` per varbind, with types 2, 4, 5, 6, 64 to 68 and 70, x for hexadecimal, e for
 * backslash escapes. Files come by mail from strangers: any order, repeated names, blank lines, CR
 * LF and lines that are no varbinds are borne, and the last are counted. Bounded; one thread.
 */
#ifndef LASTMILE_PROBE_SNMP_SNMPREC_H
#define LASTMILE_PROBE_SNMP_SNMPREC_H

#include "probe/snmp/varbind_set.h"

#define SNMPREC_BYTES_MAX ((size_t)64 << 20)
#define SNMPREC_ROWS_MAX  ((size_t)1 << 20)

struct snmprec_counts {
    size_t lines;   /* that are not blank */
    size_t skipped; /* of them, no varbinds */
    size_t first_skipped_line;
};

/* Adds a text's varbinds to a set. 0, or -ENOSPC, -ENOMEM. A line with a variation module
 * (`65:numeric|initial=5,rate=2`) gives its initial or fixed value. */
int snmprec_parse(const char *text, size_t length, struct varbind_set *set,
                  struct snmprec_counts *out_counts);

/* Reads a file, sorted. NULL with errno (-EFBIG above SNMPREC_BYTES_MAX). */
struct varbind_set *snmprec_load(const char *path, struct snmprec_counts *out_counts);

/* Writes a set as a recording of mode 0600, in one step: the file is whole or as it was before.
 * Text that is not plain ASCII is written in hexadecimal. 0, or a negated errno. */
int snmprec_save(const char *path, struct varbind_set *set);

#endif
