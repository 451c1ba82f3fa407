/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/source.h"

const char *source_status_text(enum source_status status)
{
    static const char *const texts[SOURCE_STATUSES] = {
        [SOURCE_OK] = "answered",
        [SOURCE_TIMEOUT] = "no answer",
        [SOURCE_TOO_BIG] = "the agent's answers do not fit",
        [SOURCE_NO_SUCH_NAME] = "no such object",
        [SOURCE_ERROR] = "the agent answers with an error",
        [SOURCE_REFUSED] = "the request could not be sent (address, route or port)",
        [SOURCE_UNAUTHORIZED] = "access refused (user, passphrase or protocol)",
        [SOURCE_UNKNOWN_USER] = "access refused: the agent does not know the user",
        [SOURCE_WRONG_DIGEST] = "access refused: wrong authentication passphrase or protocol",
        [SOURCE_UNSUPPORTED_LEVEL] = "access refused: the agent does not offer this user "
                                     "authentication or privacy as asked for",
        [SOURCE_NOT_DECRYPTED] = "access refused: wrong privacy passphrase or protocol",
        [SOURCE_NOT_IN_TIME] = "access refused: not in the agent's time window, even after "
                               "its clock was taken over",
    };
    return (unsigned)status < SOURCE_STATUSES ? texts[status] : "?";
}
