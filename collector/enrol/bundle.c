/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/enrol/bundle.h"

#include "collector/enrol/broker.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int bundle_settings(const struct bundle_text *about, char **out_text)
{
    char operator_name[TOPIC_NAME_MAX + 1];
    char probe_name[TOPIC_NAME_MAX + 1];
    size_t size = 0;
    if (broker_user_parse(about->user, operator_name, probe_name) != 0)
        return -EINVAL;
    FILE *out = open_memstream(out_text, &size);
    if (!out)
        return -ENOMEM;
    (void)fprintf(out,
                  "// Who this probe is, made by lastmile enrol: these settings take the place of\n"
                  "// those of the same name in its probe.cfg. Files are relative to that file.\n"
                  "operator = \"%s\";\nprobe = \"%s\";\n\n"
                  "broker = {\n  host = \"%.*s\";\n  port = %d;\n  username = \"%s\";\n"
                  "  ca_file = \"ca.pem\";\n%s};\n",
                  operator_name, probe_name, (int)strcspn(about->hosts, ","), about->hosts,
                  about->by_password ? BUNDLE_PASSWORD_PORT : BUNDLE_CERTIFICATE_PORT, about->user,
                  about->by_password
                      ? "  password_file = \"broker.password\";\n"
                      : "  cert_file = \"probe.pem\";\n  key_file = \"probe.key\";\n");
    return fclose(out) == 0 ? 0 : -ENOMEM;
}

int bundle_readme(const struct bundle_text *about, char **out_text)
{
    const char *secret = about->by_password ? "broker.password" : "probe.key";
    size_t size = 0;
    FILE *out = open_memstream(out_text, &size);
    if (!out)
        return -ENOMEM;
    (void)fprintf(
        out,
        "The identity of the lastmile probe %s.\n\n"
        "%s is a secret: whoever has it can report under this probe's name, and under\n"
        "no other. Carry the folder over a channel that you trust, then delete it here and "
        "there:\n\n"
        "  scp -rp . root@PROBE:identity\n"
        "  ssh -t root@PROBE lastmile-probe setup --collector %.*s --bundle identity\n\n"
        "It writes /etc/lastmile/probe.cfg and, beside it, what that needs, and says what is "
        "next.\n\n"
        "%s"
        "A probe that was stolen: lastmile enrol --revoke with --operator and --probe.\n",
        about->user, secret, (int)strcspn(about->hosts, ","), about->hosts,
        about->by_password
            ? "A new password: lastmile enrol --renew, then restart the probe.\n"
            : "A new certificate: lastmile enrol --renew, copy probe.key and probe.pem over the\n"
              "old ones. A probe that is out notices them within a second, without a restart;\n"
              "both certificates are good until their own end.\n");
    return fclose(out) == 0 ? 0 : -ENOMEM;
}
