/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Serves the fake site on a free port of loopback, prints its address, and ends with its input. For
 * the browser check, and for looking at the pages while they are written.
 *   serve_page [ordinary | empty | hostile [FOLDER OF ROUND-ROBIN DATABASES]]
 */
#include "tests/support/fake_site.h"

#include "collector/http/http_server.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    struct fake_site fake;
    if (!fake_site_open(&fake, 2000))
        return 1;
    fake.empty = argc > 1 && strcmp(argv[1], "empty") == 0;
    if (argc > 1 && strcmp(argv[1], "hostile") == 0)
        fake.hostile = "\"><img src=x onerror=fail()><script>fail()</script>";
    struct site_tools tools = *site_tools(fake.site);
    if (argc > 2)
        tools.series_folder = argv[2];
    site_set_tools(fake.site, &tools);
    const struct http_options options = {"127.0.0.1", 0, 64, 64, 10, fake.gate, NULL, NULL};
    struct http_server *server = http_server_new(&options, fake.site);
    if (!server) {
        perror("serve_page");
        return 1;
    }
    (void)printf("%s\n", http_server_url(server));
    (void)fflush(stdout);
    while (getchar() != EOF)
        continue;
    http_server_free(server);
    fake.site = NULL;
    fake_site_close(&fake);
    return 0;
}
