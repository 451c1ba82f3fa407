/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Any bytes as a receipt: what decodes is within its bounds and can be encoded.
 */
#include "common/report.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct receipt receipt;
    uint8_t bytes[RECEIPT_BYTES_MAX];
    if (receipt_decode(data, size, &receipt) != 0)
        return 0;
    if (receipt.boot_count > RECEIPT_BOOTS_MAX ||
        receipt_encode(&receipt, bytes, sizeof bytes) <= 0)
        abort();
    return 0;
}
